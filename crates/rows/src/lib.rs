//! How the domain keeps what it knows: the keys of all rows (`keys.rs` is the data model on one page), their encoding, the
//! memory of decoded ones, and reads and commits that are repeated where that is safe. It knows the port of the store and
//! nothing of what the rows mean.

pub mod attempts;
pub mod channel;
pub mod clock;
pub mod db;
pub mod encoding;
pub mod keys;
pub mod memo;
pub mod slot;
pub mod turns;

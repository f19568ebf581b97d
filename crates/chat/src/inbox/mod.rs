//! Everything of one user: their head, `sync`, and the list of their conversations.

mod answer;
mod awake;
pub(crate) mod cursor;
mod follow;
pub(crate) mod head;
pub(crate) mod list;
pub(crate) mod move_range;
mod moves;
pub(crate) mod read_head;
pub(crate) mod sync;
mod traverse;

//! The log of a conversation: appending to it, and reading it.
//!
//! Start with `read.rs` (from a cursor on), `history.rs` (without a cursor) and `append.rs`.

pub(crate) mod append;
pub(crate) mod change;
pub(crate) mod cursor;
pub(crate) mod history;
pub(crate) mod last_change;
pub(crate) mod locate;
pub(crate) mod merge;
pub(crate) mod position;
pub(crate) mod read;
pub(crate) mod view;

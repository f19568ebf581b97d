//! The log of a conversation: its change rows, and reading it.

pub(crate) mod change;
pub(crate) mod history;
pub(crate) mod read;

//! Everything of one user: the head, `sync`, and the list of conversations.

pub(crate) mod head;
pub(crate) mod list;
pub(crate) mod sync;

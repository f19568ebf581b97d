//! Messages: sending them, listing them, and how they are stored and answered.

pub(crate) mod as_left;
pub(crate) mod calls;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod host_line;
mod idempotency;
pub(crate) mod kind;
pub(crate) mod list;
pub(crate) mod quote;
pub(crate) mod react;
pub(crate) mod render;
pub(crate) mod request;
pub(crate) mod row;
pub(crate) mod send;
pub(crate) mod touch;
mod version_row;
pub(crate) mod versions;
mod viewpoint;

//! Messages: sending them, listing them, and how they are stored and answered.

pub(crate) mod idempotency;
pub(crate) mod list;
pub(crate) mod rate;
pub(crate) mod render;
pub(crate) mod request;
pub(crate) mod row;
pub(crate) mod send;

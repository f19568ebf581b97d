//! Messages: sending them, listing them, and how they are stored and shown.

pub(crate) mod list;
pub(crate) mod rate;
pub(crate) mod row;
pub(crate) mod send;

//! Online status, typing, live connections that have rows, and what users prefer to show of themselves.

pub(crate) mod connections;
pub(crate) mod preferences;
pub(crate) mod seen;
pub(crate) mod status;
pub(crate) mod typing;

//! Online status, typing, and what users prefer to show of themselves.

pub(crate) mod preferences;
pub(crate) mod seen;
pub(crate) mod status;
pub(crate) mod typing;

//! Online status, and what users prefer to show of themselves.

pub(crate) mod preferences;
pub(crate) mod seen;
pub(crate) mod status;

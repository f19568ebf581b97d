//! The functions behind the table: each takes the caller and the input, and calls the domain.

pub mod calls;
pub mod host;
pub mod import;
pub mod messages;
pub mod operations;
pub mod presence;

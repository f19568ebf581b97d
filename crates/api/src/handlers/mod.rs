//! The handlers behind the table: each takes who calls and what for, calls the domain and answers.

pub mod host;
pub mod messages;
pub mod operations;

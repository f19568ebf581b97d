//! The server on a table of DynamoDB: messages to operators about the table, and answers to clients in an outage.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod command;
mod outages;
mod program;
#[path = "../running/mod.rs"]
mod running;

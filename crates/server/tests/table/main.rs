//! The server on a table of DynamoDB: what operators are told about the table, and what clients are told in an outage.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod command;
mod outages;
mod program;
#[path = "../running/mod.rs"]
mod running;

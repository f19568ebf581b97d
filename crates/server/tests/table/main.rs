//! The server on a table of DynamoDB: what the operator is told about it, and what everybody is when it is unwell.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod command;
mod outages;
mod program;
#[path = "../running/mod.rs"]
mod running;

//! The whole suite of the domain, on DynamoDB.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod engine;
mod head;

#[path = "../../../chat/tests/domain/conversation.rs"]
mod conversation;
#[path = "../../../chat/tests/domain/faults.rs"]
mod faults;
#[path = "../../../chat/tests/domain/properties.rs"]
mod properties;
#[path = "../../../chat/tests/domain/round_trips.rs"]
mod round_trips;
#[path = "../../../chat/tests/domain/support/mod.rs"]
mod support;

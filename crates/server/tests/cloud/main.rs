//! The server over doubles of the cloud's services: a DynamoDB and an S3 on this machine, the Lambda runtime, a
//! browser.
#![allow(clippy::unwrap_used, reason = "a test fails where something is not as it should be")]

mod account;
mod browser;
mod bus;
mod connections;
mod faults;
mod front;
mod function;
mod gateway;
mod lambda;
mod moving;
mod outbox;
mod peer;

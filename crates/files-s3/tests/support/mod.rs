//! What the tests run against.

pub mod link;
mod server;

pub use server::{KEY, account, bucket, client, endpoint};

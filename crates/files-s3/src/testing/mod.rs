//! For the tests of the engine and of everything above it (feature `testing`): an S3 server on this machine, and a link to
//! it that can be cut.

mod link;
mod server;

pub use link::{Link, LinkState};
pub use server::{REGION, account, account_of, bucket, client, endpoint, key, secret};

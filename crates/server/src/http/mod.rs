//! HTTP for all procedures alike: reading input, answering problems, and what happens around every request.

mod cors;
mod input;
mod percent;
mod problem;
mod service;

pub use cors::Origins;
pub use input::{BODY_BYTES, Nothing, from_json, from_query, not_json, read_body};
pub use percent::decode;
pub use problem::{Failure, Reported};
pub use service::{FILE_TIMEOUT, REQUEST_TIMEOUT, Served, Service};

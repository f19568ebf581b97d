//! HTTP for all procedures alike: reading input, answering problems, and what happens around every request.

mod address;
mod coding;
mod cors;
mod input;
mod percent;
mod problem;
mod readiness;
mod representation;
mod service;

pub use address::{Address, base_url};
pub use coding::{COMPRESSED_FROM, Coding, compress};
pub use cors::Origins;
pub use input::{BODY_BYTES, Nothing, from_json, from_query, not_json, read_body};
pub use percent::decode;
pub use problem::{Failure, Reported};
pub use readiness::Readiness;
pub use representation::Representation;
pub use service::{FILE_TIMEOUT, REQUEST_TIMEOUT, Served, Service};

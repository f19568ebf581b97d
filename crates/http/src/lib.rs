//! Shared by everything that responds to HTTP requests: strict input, problems, links, compression, and causes for the
//! log.

mod address;
mod coding;
mod input;
mod lines;
mod payload;
mod percent;
mod problem;
mod representation;
mod served;

pub use address::{Address, Inside, RequestAddress, base_url};
pub use coding::{Coding, compress};
pub use input::{DRAINED_BYTES, Nothing, from_json, from_query, is_ndjson, not_json, read_body, refuse_encoded};
pub use lines::{Lines, Next};
pub use payload::Payload;
pub use percent::decode;
pub use problem::{Failure, FailureRecord};
pub use representation::Representation;
pub use served::Served;

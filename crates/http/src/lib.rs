//! What everything that responds to HTTP requests has in common: strict input, problems, and what the log is told.

mod input;
mod percent;
mod problem;
mod served;

pub use input::{BODY_BYTES, Nothing, from_json, from_query, not_json, read_body};
pub use percent::decode;
pub use problem::{Failure, Reported};
pub use served::Served;

//! Why a file is not accepted.

use jobline_wire::Code;
use std::fmt;

/// The result of fallible functions of this crate.
pub type Result<T> = std::result::Result<T, Refusal>;

/// A file that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The kind of error.
    pub code: Code,
    /// What is wrong with the file and what to do about it, for its sender.
    pub detail: String,
    /// The input field that is wrong.
    pub field: &'static str,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Refusal {}

//! What a path names: the user or the job that a procedure of the host API is about.

use jobline_chat::{JobId, UserId};
use jobline_http::{Failure, decode};

/// The parameter in a path.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Whether it is a number.
    pub number: bool,
    /// What is accepted.
    pub description: &'static str,
}

/// What a path names.
pub trait Target: Sized + Send {
    /// The path's parameter, if it has one.
    const PARAMETER: Option<Parameter>;

    /// The target in a path segment, as it stands in the URL.
    ///
    /// # Errors
    /// `invalid_request`.
    fn parse(segment: &str) -> Result<Self, Failure>;
}

impl Target for () {
    const PARAMETER: Option<Parameter> = None;

    fn parse(_segment: &str) -> Result<Self, Failure> {
        Ok(())
    }
}

impl Target for UserId {
    const PARAMETER: Option<Parameter> =
        Some(Parameter {
            name: "userId", number: false, description: "1–128 of `A–Z a–z 0–9 . _ | @ : + = ~ -`."
        });

    fn parse(segment: &str) -> Result<Self, Failure> {
        let text = decode(segment, false).unwrap_or_default();
        Ok(Self::parse("userId", &text)?)
    }
}

impl Target for JobId {
    const PARAMETER: Option<Parameter> =
        Some(Parameter { name: "jobId", number: true, description: "A whole number from 1 to 9007199254740991." });

    fn parse(segment: &str) -> Result<Self, Failure> {
        let canonical = segment.bytes().all(|byte| byte.is_ascii_digit()) && !segment.starts_with('0');
        let number = if canonical { segment.parse().unwrap_or(0) } else { 0 };
        Ok(Self::parse(number)?)
    }
}

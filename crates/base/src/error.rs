//! Errors, with the codes of the contract.

use jobline_wire::{Code, Problem};
use std::fmt;

/// A refusal or failure, ready to be answered: `detail` says what to do, and contains nothing that the caller may not see.
/// What only the operator should see goes into `cause`, which is logged and never sent.
#[derive(Debug, Clone)]
pub struct Error {
    /// The kind of error.
    pub code: Code,
    /// What went wrong and what to do about it.
    pub detail: String,
    /// The input field that is wrong.
    pub field: Option<&'static str>,
    /// In how many milliseconds it may be tried again.
    pub retry_after_ms: Option<u64>,
    /// For the operator's log.
    pub cause: Option<String>,
}

/// What fallible functions of this crate return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of `code`.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), field: None, retry_after_ms: None, cause: None }
    }

    /// `invalid_request` because of `field`.
    pub fn invalid(field: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Code::InvalidRequest, detail).at(field)
    }

    /// `not_found`: the same text for what does not exist and for what is not the caller's.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("You have no {what} with this id. Check the id."))
    }

    /// `unavailable`: nothing was changed, and the caller may try again.
    pub fn unavailable(cause: impl Into<String>) -> Self {
        let mut error =
            Self::new(Code::Unavailable, "The server cannot do this right now. Nothing was changed; try again.");
        error.retry_after_ms = Some(1_000);
        error.cause = Some(cause.into());
        error
    }

    /// `unavailable` for a commit of unknown outcome: either all of it happened or nothing.
    pub fn undecided(cause: impl Into<String>) -> Self {
        let detail = "The server cannot say whether this was done. Repeat it, with the same clientId if it is a send.";
        Self { detail: detail.to_owned(), ..Self::unavailable(cause) }
    }

    /// Names the input field that is wrong.
    #[must_use]
    pub fn at(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// The error as it is answered.
    #[must_use]
    pub fn problem(&self) -> Problem {
        Problem {
            kind: format!("urn:jobline:problem:{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status(),
            detail: self.detail.clone(),
            code: self.code,
            field: self.field.map(str::to_owned),
            retry_after_ms: self.retry_after_ms,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)?;
        match &self.cause {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<jobline_media::Refusal> for Error {
    fn from(refusal: jobline_media::Refusal) -> Self {
        Self::new(refusal.code, refusal.detail).at(refusal.field)
    }
}

impl From<jobline_store::Error> for Error {
    fn from(error: jobline_store::Error) -> Self {
        Self::unavailable(error.to_string())
    }
}

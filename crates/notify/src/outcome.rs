//! The outcome of an attempt to deliver.

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};

/// The outcome of an attempt to deliver. `why` is one line for a log; it contains no secret and no content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The other side has accepted it.
    Delivered,
    /// It may succeed later.
    Failed {
        /// What happened.
        why: String,
        /// The earliest moment that the other side asked for, in milliseconds from now.
        retry_after_ms: Option<u64>,
    },
    /// It will never succeed, so it must not be tried again.
    Refused {
        /// What happened.
        why: String,
    },
}

impl Outcome {
    pub(crate) fn failed(why: impl Into<String>) -> Self {
        Self::Failed { why: why.into(), retry_after_ms: None }
    }

    pub(crate) fn refused(why: impl Into<String>) -> Self {
        Self::Refused { why: why.into() }
    }

    /// A failure that was answered with `status`, and perhaps says when to try again.
    pub(crate) fn answered(status: StatusCode, headers: &HeaderMap) -> Self {
        Self::Failed { why: format!("it answered {}", status.as_u16()), retry_after_ms: retry_after_ms(headers) }
    }
}

/// The seconds of `Retry-After`, in milliseconds. The form with a date is not read: this crate has no clock.
fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    seconds.checked_mul(1_000)
}

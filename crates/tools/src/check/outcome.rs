//! The outcome of a step.

use std::fmt::Debug;

/// Why a step failed or was skipped.
pub(crate) enum StepError {
    /// An unexpected result: what was expected, and what came.
    Failed(String),
    /// This step needs the result of an earlier one, which failed.
    Missing(&'static str),
    /// No reply came in time.
    NoAnswer(String),
}

pub(crate) type StepResult<T = ()> = Result<T, StepError>;

pub(crate) fn failed<T>(expected: impl AsRef<str>, came: impl AsRef<str>) -> StepResult<T> {
    Err(StepError::Failed(format!("expected {}, got {}", expected.as_ref(), printable(came.as_ref()))))
}

/// Fails unless both are the same.
pub(crate) fn expect_equal<T: PartialEq + Debug>(what: &str, expected: T, came: T) -> StepResult {
    if expected == came {
        return Ok(());
    }
    failed(format!("{what} to be {expected:?}"), format!("{came:?}"))
}

/// The beginning of `text` on one line without control characters: a server must not control the terminal.
pub(crate) fn printable(text: &str) -> String {
    let plain: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).take(400).collect();
    if plain.len() < text.len() { format!("{plain}…") } else { plain }
}

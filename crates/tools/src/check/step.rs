//! How a step ends.

use std::fmt::Debug;

/// Why a step did not succeed.
pub(super) enum Stop {
    /// What was expected, and what came.
    Failed(String),
    /// An earlier step did not bring what this one needs.
    Missing(&'static str),
    /// No answer came, or not in time.
    NoAnswer(String),
}

pub(super) type Done<T = ()> = Result<T, Stop>;

pub(super) fn failed<T>(expected: impl AsRef<str>, came: impl AsRef<str>) -> Done<T> {
    Err(Stop::Failed(format!("expected {}, got {}", expected.as_ref(), printable(came.as_ref()))))
}

/// Fails unless both are the same.
pub(super) fn same<T: PartialEq + Debug>(what: &str, expected: T, came: T) -> Done {
    if expected == came {
        return Ok(());
    }
    failed(format!("{what} to be {expected:?}"), format!("{came:?}"))
}

/// One line, and not an endless one: what a server sends is not to be trusted with a terminal.
pub(super) fn printable(text: &str) -> String {
    let plain: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).take(240).collect();
    if plain.len() < text.len() { format!("{plain}…") } else { plain }
}

//! The text of an unread message, for mail and push. A message without text is described in the user's language by the
//! sender of the notification.

use crate::messages::{kind::MessageKind, row::MessageRow};
use jobline_wire::CallState;

/// The beginning of an unread message, on one line, or what it is where it has no words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnreadLine {
    /// Its text; empty of a message of a later version that has none.
    Text(String),
    /// A photo without words.
    Photo,
    /// A voice message.
    Voice,
    /// Another file without words: its name.
    File(String),
    /// A call.
    Call {
        /// Whether it began with pictures.
        video: bool,
        /// Whether it ended before the reader accepted it.
        missed: bool,
    },
}

impl UnreadLine {
    /// That of `row` at the instant `now`, in milliseconds.
    pub(super) fn of(row: &MessageRow, now: u64) -> Self {
        if let Some(call) = &row.call {
            let missed = matches!(call.state(row.at, now), CallState::Missed | CallState::Cancelled);
            return Self::Call { video: call.video, missed };
        }
        match &row.kind {
            MessageKind::Voice => Self::Voice,
            MessageKind::Image if row.is_wordless() => Self::Photo,
            MessageKind::File if row.is_wordless() => Self::File(row.preview()),
            _ => Self::Text(row.preview()),
        }
    }
}

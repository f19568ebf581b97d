//! A position in the log of a conversation.

use crate::conversation::watermarks::Watermark;
use serde::{Deserialize, Serialize};

/// A position in the log of a conversation: after one change, before the next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The number of the last change up to here.
    pub change: u64,
    /// The number of the last message up to here.
    pub number: u64,
    /// The `createdAt` of that message.
    pub at: u64,
}

/// A change of the log. When it happened tells it from one with the same number in a store that was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub(crate) struct ChangeAt {
    /// Its number in the log.
    pub change: u64,
    pub at: u64,
}

impl From<(u64, u64)> for ChangeAt {
    fn from((change, at): (u64, u64)) -> Self {
        Self { change, at }
    }
}

impl From<ChangeAt> for (u64, u64) {
    fn from(change: ChangeAt) -> Self {
        (change.change, change.at)
    }
}

impl Position {
    /// The last message up to here.
    pub fn last_message(self) -> Watermark {
        Watermark { number: self.number, at: self.at }
    }
}

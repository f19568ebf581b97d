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

impl Position {
    /// The last message up to here.
    pub fn last_message(self) -> Watermark {
        Watermark { number: self.number, at: self.at }
    }
}

//! How far each of the two has received and read, and what that makes of a message.

use jobline_wire::Status;
use serde::{Deserialize, Serialize};

/// A message, by its number and its `createdAt`: enough to find it and to compare it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub(crate) struct Mark {
    pub number: u64,
    pub at: u64,
}

impl From<(u64, u64)> for Mark {
    fn from((number, at): (u64, u64)) -> Self {
        Self { number, at }
    }
}

impl From<Mark> for (u64, u64) {
    fn from(mark: Mark) -> Self {
        (mark.number, mark.at)
    }
}

/// For each side of the conversation, the numbers up to which it has `[received, read]`.
///
/// They only rise, and read never passes received: the status of a message is derived from them and never goes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marks(pub [[u64; 2]; 2]);

impl Marks {
    pub fn delivered(self, side: usize) -> u64 {
        self.0[side][0]
    }

    pub fn read(self, side: usize) -> u64 {
        self.0[side][1]
    }

    /// The status of message `number` from the side `sender`, as the side `viewer` sees it.
    ///
    /// To the one it is for, a message is never merely `sent`: that they hold it is its delivery. So what changes for a
    /// recipient is only that they have read it, and their own polls are not echoed back to them.
    pub fn status(self, number: u64, sender: usize, viewer: usize) -> Status {
        let receiver = 1 - sender;
        if number <= self.read(receiver) {
            Status::Read
        } else if number <= self.delivered(receiver) || viewer == receiver {
            Status::Delivered
        } else {
            Status::Sent
        }
    }
}

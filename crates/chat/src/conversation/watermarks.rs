//! How far each member of a conversation has received and read, and the status of a message that follows from it.

use crate::base::author::Author;
use jobline_wire::Status;
use serde::{Deserialize, Serialize};

/// A message that a member has reached, by its number and its `createdAt`: enough to find and to compare it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub(crate) struct Watermark {
    pub number: u64,
    pub at: u64,
}

impl From<(u64, u64)> for Watermark {
    fn from((number, at): (u64, u64)) -> Self {
        Self { number, at }
    }
}

impl From<Watermark> for (u64, u64) {
    fn from(watermark: Watermark) -> Self {
        (watermark.number, watermark.at)
    }
}

/// For each member, the numbers of the messages up to which they have `[received, read]`.
///
/// They only rise, and a member never has read more than they received. The status of a message is derived from them, so
/// it never goes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Watermarks(pub [[u64; 2]; 2]);

impl Watermarks {
    pub fn delivered(self, member: usize) -> u64 {
        self.0[member][0]
    }

    pub fn read(self, member: usize) -> u64 {
        self.0[member][1]
    }

    /// The status of the message `number` of `author`, as the member `viewer` sees it.
    ///
    /// A recipient never sees `sent`: that they see the message is its delivery. So the only change of status that a
    /// recipient sees is that they have read it, and their own polls cause no change for themselves. Of a line from the
    /// host each member sees their own status.
    pub fn status(self, number: u64, author: Author, viewer: usize) -> Status {
        let receiver = receiver(author, viewer);
        if number <= self.read(receiver) {
            Status::Read
        } else if number <= self.delivered(receiver) || viewer == receiver {
            Status::Delivered
        } else {
            Status::Sent
        }
    }
}

/// The member whose receipts make the status of a message of `author` as `viewer` sees it.
pub(crate) fn receiver(author: Author, viewer: usize) -> usize {
    match author {
        Author::Member(member) => 1 - member,
        Author::Host => viewer,
    }
}

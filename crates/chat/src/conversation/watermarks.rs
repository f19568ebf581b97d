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

/// How far the members are. The status of a message is derived from it.
///
/// Watermarks only rise, and a member never has read more than they received, so a status never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[[u64; 2]; 2]", into = "[[u64; 2]; 2]")]
pub(crate) enum Watermarks {
    /// For each member of a pair, the numbers of the messages up to which they have `[received, read]`.
    Pair([[u64; 2]; 2]),
    /// Of a crew, current. Its receipts are not in the log, so change rows and cursors hold zeros instead.
    Crew(AllRead),
}

/// Up to which message the members of a crew have read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AllRead {
    /// The message up to which all have.
    #[serde(rename = "all")]
    pub by_all: u64,
    /// The member who has read least.
    #[serde(rename = "last")]
    pub slowest: usize,
    /// The message up to which all others than the slowest have.
    #[serde(rename = "others")]
    pub by_others: u64,
}

impl AllRead {
    /// Of members with these watermarks.
    pub fn of(read: impl Iterator<Item = (usize, u64)>) -> Self {
        let mut all_read = Self { by_all: u64::MAX, slowest: usize::MAX, by_others: u64::MAX };
        for (member, number) in read {
            if number < all_read.by_all {
                all_read = Self { by_all: number, slowest: member, by_others: all_read.by_all };
            } else {
                all_read.by_others = all_read.by_others.min(number);
            }
        }
        all_read
    }

    /// A message that `member` has read for certain, if they are one of these members.
    pub fn at_least(self, member: usize) -> u64 {
        if member == self.slowest { self.by_all } else { self.by_others }
    }

    /// Whether everybody but its author has read a message.
    fn includes(self, number: u64, author: Author) -> bool {
        number <= if author.is(self.slowest) { self.by_others } else { self.by_all }
    }
}

impl From<[[u64; 2]; 2]> for Watermarks {
    fn from(pair: [[u64; 2]; 2]) -> Self {
        Self::Pair(pair)
    }
}

impl From<Watermarks> for [[u64; 2]; 2] {
    fn from(watermarks: Watermarks) -> Self {
        match watermarks {
            Watermarks::Pair(pair) => pair,
            Watermarks::Crew(_) => [[0; 2]; 2],
        }
    }
}

impl Default for Watermarks {
    fn default() -> Self {
        Self::Pair([[0; 2]; 2])
    }
}

impl Watermarks {
    /// Up to where a member of a pair has received.
    pub fn delivered(self, member: usize) -> u64 {
        <[[u64; 2]; 2]>::from(self)[member][0]
    }

    /// Up to where a member of a pair has read.
    pub fn read(self, member: usize) -> u64 {
        <[[u64; 2]; 2]>::from(self)[member][1]
    }

    /// The status of the message `number` of `author`, as the member `viewer` sees it.
    ///
    /// A recipient never sees `sent`: that they see the message is its delivery. So the only status change that a
    /// recipient sees is their own reading, and their own polls cause no change for themselves. For a message from the
    /// host each member sees their own status.
    ///
    /// In a crew nothing is delivered, and a message is read when everybody but its author has read it.
    pub fn status(self, number: u64, author: Author, viewer: usize) -> Status {
        if let Self::Crew(read) = self {
            return if read.includes(number, author) { Status::Read } else { Status::Sent };
        }
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

/// The member of a pair whose receipts make the status of a message of `author` as `viewer` sees it.
pub(crate) fn receiver(author: Author, viewer: usize) -> usize {
    match author {
        Author::Member(member) => usize::from(member == 0),
        Author::Host => viewer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_positions_of_a_crew_keep_the_field_names_of_older_rows() {
        let read = AllRead::of([(0, 7), (1, 3), (2, 5)].into_iter());
        let stored = r#"{"all":3,"last":1,"others":5}"#;
        assert_eq!(serde_json::to_string(&read).unwrap(), stored);
        assert_eq!(serde_json::from_str::<AllRead>(stored).unwrap(), read);
        assert_eq!([0, 1, 2].map(|member| read.at_least(member)), [5, 3, 5]);
    }
}

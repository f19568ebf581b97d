//! One stretch of moves of a conversation: an entry of the window in a user's head, and of the rows of what left it.

use crate::{
    base::rows::{Extra, LAYOUT},
    log::position::Position,
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, IgnoredAny, SeqAccess, Visitor},
};
use std::fmt;

/// A conversation that moved, from the move with which it entered the window to its last one so far, or to the last one
/// before it left. Stored as an array of numbers, to be short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    pub conversation: String,
    /// The version of the head with which it entered the window.
    pub since: u64,
    /// Where its log stood before that.
    pub from: Position,
    /// The version of its last move.
    pub version: u64,
    /// When its last message was accepted, in Unix milliseconds. `None` in entries of older servers.
    pub last: Option<u64>,
}

impl Moved {
    /// How many bytes it takes in its row.
    pub fn bytes(&self) -> usize {
        // Brackets, quotes and commas.
        let punctuation = 11;
        self.conversation.len() + punctuation + self.numbers().into_iter().map(digits).sum::<usize>()
    }

    fn numbers(&self) -> [u64; 6] {
        let Position { change, number, at } = self.from;
        [self.since, change, number, at, self.version, self.last.map_or(0, |last| last.saturating_sub(at))]
    }
}

pub(super) fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// `[conversation, since, from's change, number and at, version, last as the milliseconds after from's at]`.
impl Serialize for Moved {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [since, change, number, at, version, last] = self.numbers();
        let last = self.last.map(|_| last);
        match last {
            Some(last) => (&self.conversation, since, change, number, at, version, last).serialize(serializer),
            None => (&self.conversation, since, change, number, at, version).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Moved {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(MovedVisitor)
    }
}

struct MovedVisitor;

impl<'de> Visitor<'de> for MovedVisitor {
    type Value = Moved;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a conversation id and at least five numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Moved, A::Error> {
        let conversation = from.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
        let mut numbers = [0_u64; 5];
        for (at, number) in numbers.iter_mut().enumerate() {
            *number = from.next_element()?.ok_or_else(|| A::Error::invalid_length(at + 1, &self))?;
        }
        let [since, change, number, at, version] = numbers;
        let last = from.next_element::<u64>()?.map(|later| at.saturating_add(later));
        // A later version of the program may say more.
        while from.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Moved { conversation, since, from: Position { change, number, at }, version, last })
    }
}

/// `USER#<id>` / `MOVED#<version>`: what left the window of a user's head at once. Never changed once it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EvictedRow {
    pub v: u8,
    /// The highest version of its entries.
    pub version: u64,
    /// The version of the row before it; 0 for the first one. So a missing row is noticed.
    pub before: u64,
    /// No message of what left the window up to here was accepted later than this: Unix milliseconds.
    pub at: u64,
    /// In the order of their versions.
    pub moved: Vec<Moved>,
    #[serde(flatten)]
    pub extra: Extra,
}

impl EvictedRow {
    /// The row of `moved`, which is not empty.
    pub fn new(moved: Vec<Moved>, before: u64, at: u64) -> Self {
        let version = moved.last().map_or(before, |last| last.version);
        Self { v: LAYOUT, version, before, at, moved, extra: Extra::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_takes_as_many_bytes_as_it_says() {
        let from = Position { change: 1_000_000, number: 999, at: 1_763_116_200_007 };
        let moved =
            Moved { conversation: "conv_a_b".into(), since: 7, from, version: 10, last: Some(from.at + 12_000) };
        let text = serde_json::to_string(&moved).unwrap();
        assert_eq!(text, r#"["conv_a_b",7,1000000,999,1763116200007,10,12000]"#);
        assert_eq!(moved.bytes(), text.len() + 1, "with the comma that follows");
        assert_eq!(serde_json::from_str::<Moved>(&text).unwrap(), moved);
    }

    #[test]
    fn entries_of_older_and_of_later_versions_are_read() {
        let old: Moved = serde_json::from_str(r#"["conv_a_b",7,3,2,1000,10]"#).unwrap();
        assert_eq!((old.last, old.version), (None, 10));
        assert_eq!(serde_json::to_string(&old).unwrap(), r#"["conv_a_b",7,3,2,1000,10]"#);
        let later: Moved = serde_json::from_str(r#"["conv_a_b",7,3,2,1000,10,5,"new",[1]]"#).unwrap();
        assert_eq!(later.last, Some(1_005));
        assert!(serde_json::from_str::<Moved>(r#"["conv_a_b",7,3,2,1000]"#).is_err());
    }
}

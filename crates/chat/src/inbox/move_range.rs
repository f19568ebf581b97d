//! The moves of a conversation while it stays in the window of a user's head: an entry of the window, and of the rows of what left it.

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
pub(crate) struct MoveRange {
    pub conversation: String,
    /// The version of the head with which it entered the window.
    pub since: u64,
    /// Where its log stood before that.
    pub from: Position,
    /// The version of its last move.
    pub version: u64,
    /// When its last message was accepted, in Unix milliseconds. `None` in entries of older servers.
    pub last: Option<u64>,
    /// When its last move was, if that was later than `last`; 0 if not, or not known.
    pub at: u64,
}

impl MoveRange {
    /// How many bytes it takes in its row.
    pub fn bytes(&self) -> usize {
        // Brackets, quotes and commas.
        let punctuation = 11;
        let later = self.later().map_or(0, |later| digits(later) + 1);
        self.conversation.len() + punctuation + self.numbers().into_iter().map(digits).sum::<usize>() + later
    }

    fn numbers(&self) -> [u64; 6] {
        let Position { change, number, at } = self.from;
        [self.since, change, number, at, self.version, self.last.map_or(0, |last| last.saturating_sub(at))]
    }

    /// How much later than its last message its last move was, in milliseconds. A message from before `from` counts as of `from`,
    /// as it is stored. `None` where it was not later, or that is not known.
    fn later(&self) -> Option<u64> {
        self.at.checked_sub(self.last?.max(self.from.at)).filter(|later| *later > 0)
    }

    /// When its last move was, or an instant before it.
    pub fn moved_at(&self) -> u64 {
        self.at.max(self.last.unwrap_or(0))
    }

    /// See [`VersionStamp::agrees`].
    pub fn agrees(&self, stamp: VersionStamp) -> bool {
        VersionStamp { version: self.version, at: self.moved_at() }.agrees(stamp)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) fn is_zero(number: &u64) -> bool {
    *number == 0
}

pub(super) fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// A version of a head, and when it was made. After a restore to an earlier state the store comes to the same version again, at a
/// later time: so the two together name one history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct VersionStamp {
    pub version: u64,
    pub at: u64,
}

impl VersionStamp {
    /// Whether this move and `seen` can be of one history: if its version is not above `seen`'s, its time is not, either.
    pub fn agrees(self, seen: Self) -> bool {
        self.version > seen.version || self.at <= seen.at
    }
}

/// `[conversation, since, from's change, number and at, version, last as the milliseconds after from's at, at as the milliseconds
/// after last]`, without the numbers at the end that are not known.
impl Serialize for MoveRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [since, change, number, at, version, last] = self.numbers();
        match (self.last, self.later()) {
            (Some(_), Some(later)) => {
                (&self.conversation, since, change, number, at, version, last, later).serialize(serializer)
            }
            (Some(_), None) => (&self.conversation, since, change, number, at, version, last).serialize(serializer),
            (None, _) => (&self.conversation, since, change, number, at, version).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for MoveRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(MoveRangeVisitor)
    }
}

struct MoveRangeVisitor;

impl<'de> Visitor<'de> for MoveRangeVisitor {
    type Value = MoveRange;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a conversation id and at least five numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<MoveRange, A::Error> {
        let conversation = from.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
        let mut numbers = [0_u64; 5];
        for (at, number) in numbers.iter_mut().enumerate() {
            *number = from.next_element()?.ok_or_else(|| A::Error::invalid_length(at + 1, &self))?;
        }
        let [since, change, number, at, version] = numbers;
        let last = from.next_element::<u64>()?.map(|later| at.saturating_add(later));
        let later = if last.is_some() { from.next_element::<u64>()? } else { None };
        let moved_at = last.zip(later).map_or(0, |(last, later)| last.saturating_add(later));
        // A later version of the program may say more.
        while from.next_element::<IgnoredAny>()?.is_some() {}
        Ok(MoveRange { conversation, since, from: Position { change, number, at }, version, last, at: moved_at })
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
    /// When the last move in the row before it was; 0 where that is not known.
    #[serde(default, rename = "beforeAt", skip_serializing_if = "is_zero")]
    pub before_at: u64,
    /// No message of what left the window up to here was accepted later than this: Unix milliseconds.
    pub at: u64,
    /// In the order of their versions.
    pub moved: Vec<MoveRange>,
    #[serde(flatten)]
    pub extra: Extra,
}

impl EvictedRow {
    /// The row of `moved`, which is not empty.
    pub fn new(moved: Vec<MoveRange>, before: VersionStamp, at: u64) -> Self {
        let version = moved.last().map_or(before.version, |last| last.version);
        let (before, before_at) = (before.version, before.at);
        Self { v: LAYOUT, version, before, before_at, at, moved, extra: Extra::default() }
    }

    /// Its last move.
    pub fn stamp(&self) -> VersionStamp {
        VersionStamp { version: self.version, at: self.moved.last().map_or(0, MoveRange::moved_at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stated_size_of_an_entry_is_its_encoded_size() {
        let from = Position { change: 1_000_000, number: 999, at: 1_763_116_200_007 };
        let last = from.at + 12_000;
        let conversation = "conv_a_b".to_owned();
        let moved = MoveRange { conversation, since: 7, from, version: 10, last: Some(last), at: 0 };
        let text = serde_json::to_string(&moved).unwrap();
        assert_eq!(text, r#"["conv_a_b",7,1000000,999,1763116200007,10,12000]"#);
        assert_eq!(moved.bytes(), text.len() + 1, "with the comma that follows");
        assert_eq!(serde_json::from_str::<MoveRange>(&text).unwrap(), moved);
        let read = MoveRange { at: last + 345, ..moved };
        let text = serde_json::to_string(&read).unwrap();
        assert_eq!(text, r#"["conv_a_b",7,1000000,999,1763116200007,10,12000,345]"#);
        assert_eq!((read.bytes(), read.moved_at()), (text.len() + 1, last + 345));
        assert_eq!(serde_json::from_str::<MoveRange>(&text).unwrap(), read);
    }

    #[test]
    fn entries_of_older_and_of_later_versions_are_read() {
        let old: MoveRange = serde_json::from_str(r#"["conv_a_b",7,3,2,1000,10]"#).unwrap();
        assert_eq!((old.last, old.version), (None, 10));
        assert_eq!(serde_json::to_string(&old).unwrap(), r#"["conv_a_b",7,3,2,1000,10]"#);
        let later: MoveRange = serde_json::from_str(r#"["conv_a_b",7,3,2,1000,10,5,6,"new",[1]]"#).unwrap();
        assert_eq!((later.last, later.moved_at()), (Some(1_005), 1_011));
        assert!(serde_json::from_str::<MoveRange>(r#"["conv_a_b",7,3,2,1000]"#).is_err());
    }
}

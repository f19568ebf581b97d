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
    /// When its last move was, if that was later than `last`; 0 if not, or not known.
    pub at: u64,
}

impl Moved {
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

    /// How much later its last move was than its last message as it is stored, which is not before `from`; `None` where that is not
    /// known.
    fn later(&self) -> Option<u64> {
        self.at.checked_sub(self.last?.max(self.from.at)).filter(|later| *later > 0)
    }

    /// When its last move was, or an instant before it.
    pub fn moved_at(&self) -> u64 {
        self.at.max(self.last.unwrap_or(0))
    }

    /// See [`Mark::agrees`].
    pub fn agrees(&self, mark: Mark) -> bool {
        Mark { version: self.version, at: self.moved_at() }.agrees(mark)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) fn is_zero(number: &u64) -> bool {
    *number == 0
}

pub(super) fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// A version of a head, and when it was made. A store that was restored to an earlier state comes to the same version at a later
/// time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub version: u64,
    pub at: u64,
}

impl Mark {
    /// Whether this move and `seen` can be of one history: a move of up to that version was not later.
    pub fn agrees(self, seen: Self) -> bool {
        self.version > seen.version || self.at <= seen.at
    }
}

/// `[conversation, since, from's change, number and at, version, last as the milliseconds after from's at, at as the milliseconds
/// after last]`, without the numbers at the end that are not known.
impl Serialize for Moved {
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
        let later = if last.is_some() { from.next_element::<u64>()? } else { None };
        let moved_at = last.zip(later).map_or(0, |(last, later)| last.saturating_add(later));
        // A later version of the program may say more.
        while from.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Moved { conversation, since, from: Position { change, number, at }, version, last, at: moved_at })
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
    pub moved: Vec<Moved>,
    #[serde(flatten)]
    pub extra: Extra,
}

impl EvictedRow {
    /// The row of `moved`, which is not empty.
    pub fn new(moved: Vec<Moved>, before: Mark, at: u64) -> Self {
        let version = moved.last().map_or(before.version, |last| last.version);
        let (before, before_at) = (before.version, before.at);
        Self { v: LAYOUT, version, before, before_at, at, moved, extra: Extra::default() }
    }

    /// Its last move.
    pub fn mark(&self) -> Mark {
        Mark { version: self.version, at: self.moved.last().map_or(0, Moved::moved_at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_takes_as_many_bytes_as_it_says() {
        let from = Position { change: 1_000_000, number: 999, at: 1_763_116_200_007 };
        let last = from.at + 12_000;
        let conversation = "conv_a_b".to_owned();
        let moved = Moved { conversation, since: 7, from, version: 10, last: Some(last), at: 0 };
        let text = serde_json::to_string(&moved).unwrap();
        assert_eq!(text, r#"["conv_a_b",7,1000000,999,1763116200007,10,12000]"#);
        assert_eq!(moved.bytes(), text.len() + 1, "with the comma that follows");
        assert_eq!(serde_json::from_str::<Moved>(&text).unwrap(), moved);
        let read = Moved { at: last + 345, ..moved };
        let text = serde_json::to_string(&read).unwrap();
        assert_eq!(text, r#"["conv_a_b",7,1000000,999,1763116200007,10,12000,345]"#);
        assert_eq!((read.bytes(), read.moved_at()), (text.len() + 1, last + 345));
        assert_eq!(serde_json::from_str::<Moved>(&text).unwrap(), read);
    }

    #[test]
    fn entries_of_older_and_of_later_versions_are_read() {
        let old: Moved = serde_json::from_str(r#"["conv_a_b",7,3,2,1000,10]"#).unwrap();
        assert_eq!((old.last, old.version), (None, 10));
        assert_eq!(serde_json::to_string(&old).unwrap(), r#"["conv_a_b",7,3,2,1000,10]"#);
        let later: Moved = serde_json::from_str(r#"["conv_a_b",7,3,2,1000,10,5,6,"new",[1]]"#).unwrap();
        assert_eq!((later.last, later.moved_at()), (Some(1_005), 1_011));
        assert!(serde_json::from_str::<Moved>(r#"["conv_a_b",7,3,2,1000]"#).is_err());
    }
}

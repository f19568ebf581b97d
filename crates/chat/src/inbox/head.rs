//! A user's head: the one small row that an idle poll of everything reads.
//!
//! It counts the moves of the user's conversations (`version`) and keeps a window of those that moved lately, each with
//! the position in its log from which a reader continues who last looked at an older version. A cursor that is older than
//! the window is answered with a reset. How long the window may be is a setting: where bytes are billed it keeps the row
//! within one write unit (1 KB on DynamoDB), elsewhere there is room for more.

use super::cursor::fingerprint;
use crate::{
    base::{
        id::ConversationId,
        rows::{Extra, LAYOUT},
    },
    log::position::Position,
    messages::rate::Bucket,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How many conversations are kept in the window, however long their ids are.
const WINDOW_MIN: usize = 3;

/// A conversation in the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, u64, u64, u64, u64, u64)", into = "(String, u64, u64, u64, u64, u64)")]
pub(crate) struct Moved {
    pub conversation: String,
    /// The version with which it entered the window.
    pub since: u64,
    /// Where its log stood before that.
    pub from: Position,
    /// The version of its last move.
    pub version: u64,
}

impl From<(String, u64, u64, u64, u64, u64)> for Moved {
    fn from((conversation, since, change, number, at, version): (String, u64, u64, u64, u64, u64)) -> Self {
        Self { conversation, since, from: Position { change, number, at }, version }
    }
}

impl From<Moved> for (String, u64, u64, u64, u64, u64) {
    fn from(moved: Moved) -> Self {
        let Position { change, number, at } = moved.from;
        (moved.conversation, moved.since, change, number, at, moved.version)
    }
}

/// `USER#<id>` / `HEAD`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeadRow {
    pub v: u8,
    /// How many moves there were so far.
    pub version: u64,
    /// When the last one was.
    pub at: u64,
    /// Every conversation that moved after this version is in the window.
    pub floor: u64,
    /// What moved lately, the last move last.
    pub window: Vec<Moved>,
    /// How much the user may still send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<Bucket>,
    /// How many more edits and reactions the user may make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Bucket>,
    #[serde(flatten)]
    pub extra: Extra,
}

impl Default for HeadRow {
    fn default() -> Self {
        Self {
            v: LAYOUT,
            version: 0,
            at: 0,
            floor: 0,
            window: Vec::new(),
            bucket: None,
            changes: None,
            extra: Extra::default(),
        }
    }
}

impl HeadRow {
    /// Whether it can tell what moved after `version`: not if that is older than the window, or from before the store was
    /// restored to an earlier state.
    pub fn covers(&self, version: u64) -> bool {
        (self.floor..=self.version).contains(&version)
    }

    /// Records that `conversation` moved on from `before`.
    pub fn bump(&mut self, conversation: &ConversationId, before: Position, now: u64, window_bytes: usize) {
        self.version += 1;
        self.at = self.at.max(now);
        let index = self.window.iter().position(|moved| moved.conversation == conversation.as_str());
        let mut moved = match index {
            Some(index) => self.window.remove(index),
            None => Moved {
                conversation: conversation.as_str().to_owned(),
                since: self.version,
                from: before,
                version: self.version,
            },
        };
        moved.version = self.version;
        self.window.push(moved);
        self.shorten(window_bytes);
    }

    /// What moved after `version`, the first move first.
    pub fn after(&self, version: u64) -> impl Iterator<Item = &Moved> {
        self.window.iter().filter(move |moved| moved.version > version)
    }

    /// The conversations of the window by [`fingerprint`].
    pub fn window_by_fingerprint(&self) -> HashMap<u64, ConversationId> {
        let ids = self.window.iter().filter_map(|moved| ConversationId::new(&moved.conversation));
        ids.map(|id| (fingerprint(id.as_str()), id)).collect()
    }

    fn shorten(&mut self, window_bytes: usize) {
        let bytes = |moved: &Moved| moved.conversation.len() + 45;
        let mut total: usize = self.window.iter().map(bytes).sum();
        while total > window_bytes && self.window.len() > WINDOW_MIN {
            let oldest = self.window.remove(0);
            total -= bytes(&oldest);
            self.floor = self.floor.max(oldest.version);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::UserId;

    fn id(other: usize) -> ConversationId {
        ConversationId::of(&UserId::new("me").unwrap(), &UserId::new(&format!("user{other}")).unwrap()).unwrap()
    }

    #[test]
    fn the_window_tells_where_a_reader_of_an_older_version_continues() {
        let mut head = HeadRow::default();
        head.bump(&id(1), Position { change: 4, number: 4, at: 40 }, 50, 850);
        head.bump(&id(2), Position::default(), 60, 850);
        head.bump(&id(1), Position { change: 5, number: 5, at: 50 }, 70, 850);
        let moved: Vec<_> =
            head.after(1).map(|moved| (moved.conversation.as_str(), moved.since, moved.from.change)).collect();
        assert_eq!(moved, [("conv_me_user2", 2, 0), ("conv_me_user1", 1, 4)]);
        assert_eq!(head.floor, 0);
        assert_eq!(head.after(3).count(), 0);
    }

    #[test]
    fn the_row_can_stay_within_one_write_unit_and_its_floor_tells_what_was_dropped() {
        let mut head = HeadRow::default();
        for other in 0..100 {
            head.bump(
                &id(other),
                Position { change: 1_000_000, number: 1_000_000, at: 1_763_116_200_007 },
                1_763_116_200_007,
                850,
            );
        }
        head.bucket = Some(Bucket::full(10, 1_763_116_200_007));
        assert!(crate::base::rows::encode(&head).len() <= 1_000, "{}", crate::base::rows::encode(&head).len());
        let oldest = head.window.first().unwrap();
        assert_eq!(oldest.version, head.floor + 1, "everything after the floor is in the window");
    }
}

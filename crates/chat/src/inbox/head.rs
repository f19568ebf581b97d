//! A user's head: the one small row that an idle poll of everything reads.
//!
//! It counts the moves of the user's conversations (`version`) and keeps a window of those that moved lately, each with
//! the position in its log from which a reader continues who last looked at an older version. How long the window may
//! be is a setting: where bytes are billed it keeps the row within one write unit (1 KB on DynamoDB), elsewhere there
//! is room for more. When the window is full, its older half goes into a row of its own in the same commit
//! (`move_range.rs`), so that a reader of any age finds it (`moves.rs`).

use super::{
    cursor::fingerprint,
    move_range::{EvictedRow, MoveRange, VersionStamp, digits, is_zero},
};
use crate::{
    base::{
        id::{ConversationId, JobId},
        rate::Bucket,
        rows::{Extra, LAYOUT},
    },
    log::position::Position,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How many conversations are kept in the window, however long their ids are.
const WINDOW_MIN: usize = 3;

/// `USER#<id>` / `HEAD`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeadRow {
    pub v: u8,
    /// How many moves there were so far.
    pub version: u64,
    /// When the last one was.
    pub at: u64,
    /// What moved up to this version may be forgotten: older servers did not keep what left the window.
    pub floor: u64,
    /// The highest version of what left the window into rows of its own; 0 when nothing did.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub evicted: u64,
    /// When that move was; 0 where it is not known.
    #[serde(default, rename = "evictedAt", skip_serializing_if = "is_zero")]
    pub evicted_at: u64,
    /// What moved lately, the last move last.
    pub window: Vec<MoveRange>,
    /// The jobs whose crews are awake. Changes in an awake crew do not update this row: polls read the crew's own row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub awake: Vec<u64>,
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
            evicted: 0,
            evicted_at: 0,
            window: Vec::new(),
            awake: Vec::new(),
            bucket: None,
            changes: None,
            extra: Extra::default(),
        }
    }
}

impl HeadRow {
    /// Whether what moved after `version` is known: not if older servers forgot it, or if `version` is from before the
    /// store was restored to an earlier state.
    pub fn covers(&self, version: u64) -> bool {
        (self.floor..=self.version).contains(&version)
    }

    /// Its version, and when that was made.
    pub fn stamp(&self) -> VersionStamp {
        VersionStamp { version: self.version, at: self.at }
    }

    /// The last move among those that left the window.
    fn evicted(&self) -> VersionStamp {
        VersionStamp { version: self.evicted, at: self.evicted_at }
    }

    /// Whether this head was once in the state `stamp`, as far as its contents show. It was not if a move with a version up to
    /// `stamp.version` has a later time than `stamp.at`: then the store was restored. `None`, from a cursor of former servers, has
    /// no time to compare.
    pub fn has_been_at(&self, stamp: Option<VersionStamp>) -> bool {
        let Some(stamp) = stamp else { return true };
        (self.version != stamp.version || self.at == stamp.at)
            && self.evicted().agrees(stamp)
            && self.window.iter().all(|moved| moved.agrees(stamp))
    }

    /// Whether a conversation whose last message was accepted at `at` may have left the window. If not, and it is not in the window,
    /// the message was lost when the store was restored.
    pub fn may_have_evicted(&self, at: u64) -> bool {
        let is_unknown = self.floor > 0 || self.evicted > 0 && self.evicted_at == 0;
        is_unknown || at <= self.evicted_at
    }

    /// Records that `conversation` moved on from `before`, and that its last message was accepted at `last`. Returns
    /// what left the window, which must be stored in the same commit.
    pub fn bump(
        &mut self,
        conversation: &ConversationId,
        before: Position,
        last: u64,
        now: u64,
        window_bytes: usize,
    ) -> Option<EvictedRow> {
        self.version += 1;
        // `at` never decreases. For a former member a crew's log ends earlier than it really does, so `last` may be old.
        self.at = self.at.max(now).max(last).max(before.at);
        let index = self.window.iter().position(|moved| moved.conversation == conversation.as_str());
        let mut moved = match index {
            Some(index) => self.window.remove(index),
            None => MoveRange {
                conversation: conversation.as_str().to_owned(),
                since: self.version,
                from: before,
                version: self.version,
                last: None,
                at: 0,
            },
        };
        moved.version = self.version;
        moved.last = Some(last);
        moved.at = self.at;
        self.window.push(moved);
        self.shorten(window_bytes)
    }

    /// Records that the crew of `job` woke, or sleeps again.
    pub fn set_awake(&mut self, job: JobId, is_awake: bool) {
        self.awake.retain(|one| *one != job.get());
        if is_awake {
            self.awake.push(job.get());
        }
    }

    /// The crews that are awake.
    pub fn awake_crews(&self) -> impl Iterator<Item = ConversationId> {
        self.awake.iter().filter_map(|job| Some(ConversationId::crew(JobId::parse(*job).ok()?)))
    }

    /// What moved after `version`, the first move first.
    pub fn after(&self, version: u64) -> impl Iterator<Item = &MoveRange> {
        self.window.iter().filter(move |moved| moved.version > version)
    }

    /// The conversations of the window by [`fingerprint`].
    pub fn window_by_fingerprint(&self) -> HashMap<u64, ConversationId> {
        let ids = self.window.iter().filter_map(|moved| ConversationId::new(&moved.conversation));
        ids.map(|id| (fingerprint(id.as_str()), id)).collect()
    }

    /// Takes the older half out of a window that is too long: half, so that not every move afterwards writes a row
    /// more.
    fn shorten(&mut self, window_bytes: usize) -> Option<EvictedRow> {
        // Each job with a comma.
        let window_bytes = window_bytes.saturating_sub(self.awake.iter().map(|job| digits(*job) + 1).sum());
        let mut total: usize = self.window.iter().map(MoveRange::bytes).sum();
        if total <= window_bytes || self.window.len() <= WINDOW_MIN {
            return None;
        }
        let most = self.window.len() - WINDOW_MIN;
        let mut leaving = 0;
        while leaving < most && total > window_bytes / 2 {
            total -= self.window[leaving].bytes();
            leaving += 1;
        }
        let row = EvictedRow::new(self.window.drain(..leaving).collect(), self.evicted(), self.at);
        let VersionStamp { version, at } = row.stamp();
        (self.evicted, self.evicted_at) = (version, at);
        Some(row)
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
    fn a_move_is_never_later_than_the_head_that_made_it() {
        let mut head = HeadRow::default();
        // Of one who has left: what they see ends before where the conversation stands.
        head.bump(&id(1), Position { change: 9, number: 9, at: 90 }, 40, 80, 850);
        let stamp = head.stamp();
        let stored = crate::base::rows::encode(&head);
        let read: HeadRow = serde_json::from_slice(&stored).unwrap();
        assert!(read.has_been_at(Some(stamp)) && head.has_been_at(Some(stamp)));
        head.bump(&id(2), Position::default(), 95, 95, 850);
        let read: HeadRow = serde_json::from_slice(&crate::base::rows::encode(&head)).unwrap();
        assert!(read.has_been_at(Some(stamp)) && read.has_been_at(Some(head.stamp())));
    }

    #[test]
    fn the_window_tells_where_a_reader_of_an_older_version_continues() {
        let mut head = HeadRow::default();
        head.bump(&id(1), Position { change: 4, number: 4, at: 40 }, 50, 50, 850);
        head.bump(&id(2), Position::default(), 60, 60, 850);
        head.bump(&id(1), Position { change: 5, number: 5, at: 50 }, 70, 70, 850);
        let moved: Vec<_> =
            head.after(1).map(|moved| (moved.conversation.as_str(), moved.since, moved.from.change)).collect();
        assert_eq!(moved, [("conv_me_user2", 2, 0), ("conv_me_user1", 1, 4)]);
        assert_eq!((head.floor, head.evicted), (0, 0));
        assert_eq!(head.after(3).count(), 0);
    }

    #[test]
    fn the_row_can_stay_within_one_write_unit_and_evicted_entries_are_returned() {
        let (mut head, mut evicted) = (HeadRow::default(), Vec::new());
        let now = 1_763_116_200_007;
        for other in 0..100 {
            let before = Position { change: 1_000_000, number: 1_000_000, at: now - 86_400_000 };
            evicted.extend(head.bump(&id(other), before, now, now, 850));
            head.bucket = Some(Bucket::full(10, now));
            let bytes = crate::base::rows::encode(&head).len();
            assert!(bytes <= 1_000, "{bytes}");
        }
        assert_eq!(head.floor, 0, "nothing is forgotten");
        let mut before = 0;
        for row in &evicted {
            assert_eq!(row.before, before, "each row names the one before it");
            before = row.version;
        }
        assert_eq!(before, head.evicted);
        let versions = evicted.iter().flat_map(|row| &row.moved).chain(&head.window).map(|moved| moved.version);
        assert!(versions.eq(1..=100), "each move is in one row or in the window");
        assert!(evicted.len() <= 30, "several leave at once: {}", evicted.len());
    }

    #[test]
    fn the_newest_conversations_stay_however_long_their_ids_are() {
        let mut head = HeadRow::default();
        for other in 0..10 {
            head.bump(&id(other), Position::default(), 1, 1, 10);
            assert!(head.window.len() <= WINDOW_MIN);
        }
        assert_eq!(head.window.len(), WINDOW_MIN);
    }

    #[test]
    fn the_row_of_an_older_server_is_read() {
        let old = r#"{"v":1,"version":9,"at":5,"floor":4,"window":[["conv_a_b",5,3,2,1000,9]]}"#;
        let head: HeadRow = serde_json::from_str(old).unwrap();
        assert_eq!((head.floor, head.evicted, head.window[0].last), (4, 0, None));
        assert_eq!(serde_json::to_string(&head).unwrap(), old);
    }
}

//! What moved for a user after a version of their head, by conversation: the window, and what left it before.

use super::{
    cursor::{Answered, fingerprint},
    head::HeadRow,
    move_range::{EvictedRow, MoveRange, VersionStamp},
};
use crate::{
    base::{
        error::Result,
        id::{ConversationId, UserId},
    },
    context::Context,
    keys,
};
use std::{cmp::Reverse, collections::HashMap};

/// How many rows of what left the window are read at first; each further page is twice as long, up to [`LONGEST_PAGE`].
const FIRST_PAGE: usize = 4;
const LONGEST_PAGE: usize = 64;

/// The moves of one conversation.
pub(super) struct ConversationMoves {
    pub id: ConversationId,
    /// The [`fingerprint`] of the id.
    pub fingerprint: u64,
    /// When its last message was accepted; `None` where an older server did not say so.
    pub last: Option<u64>,
    /// Its entries in the window and in the rows of what left it, the newest first. Never empty.
    ranges: Vec<MoveRange>,
}

impl ConversationMoves {
    /// The version of its last move.
    pub fn latest(&self) -> u64 {
        self.ranges[0].version
    }

    /// When its last move was, or an instant before it; never later than that of a conversation with a later move.
    pub fn moved_at(&self) -> u64 {
        self.ranges[0].moved_at()
    }

    /// The oldest entry that was read.
    pub fn oldest(&self) -> &MoveRange {
        &self.ranges[self.ranges.len() - 1]
    }

    /// The entry that follows the last answered one. `None` when none was answered.
    pub fn after(&self, answered: &Answered) -> Option<&MoveRange> {
        let last = self.ranges.iter().position(|range| answered.contains(range.version))?;
        self.ranges.get(last.checked_sub(1)?)
    }

    /// Its place in the list of conversations, of which the one written in last comes first.
    pub fn order(&self) -> Option<(Reverse<u64>, &str)> {
        Some((Reverse(self.last?), self.id.as_str()))
    }
}

/// How far back reading came.
#[derive(Clone, Copy)]
pub(super) struct OldestRead {
    /// Everything that moved after this version was read.
    pub version: u64,
    /// In what was not read, no message was accepted later than this.
    pub at: u64,
}

/// What moved, the last move first.
#[derive(Default)]
pub(super) struct Moves {
    pub conversations: Vec<ConversationMoves>,
    /// There is more that was not read, since enough was found.
    pub is_partial: bool,
    /// Something in between has expired: only what moved after this version is known.
    pub lost: Option<u64>,
    /// Earlier moves that were read, or are known from the rows after them.
    before: Vec<VersionStamp>,
    by_fingerprint: HashMap<u64, usize>,
}

impl Moves {
    /// Nothing is known.
    pub fn unknown() -> Self {
        Self { lost: Some(u64::MAX), ..Self::default() }
    }

    /// What moved after the version `after` up to that of `head`.
    pub async fn after(cx: &Context, me: &UserId, head: &HeadRow, after: u64) -> Result<Self> {
        Self::after_until(cx, me, head, after, |_, _| false).await
    }

    /// The same, read back only until it is `enough`.
    pub async fn after_until(
        cx: &Context,
        me: &UserId,
        head: &HeadRow,
        after: u64,
        enough: impl Fn(&Self, OldestRead) -> bool,
    ) -> Result<Self> {
        let mut moves = Self::default();
        head.after(after).collect::<Vec<_>>().into_iter().rev().for_each(|moved| moves.add(moved.clone()));
        let (mut reached, mut page) = (OldestRead { version: head.evicted, at: head.at }, FIRST_PAGE);
        while reached.version > after {
            if enough(&moves, reached) {
                moves.is_partial = true;
                break;
            }
            let found = cx.db.decode_range(keys::all_evicted(me, after, reached.version, page)).await?;
            let more = found.len() == page;
            let unbroken = found.into_iter().all(|row| moves.add_evicted(row, after, &mut reached));
            if !unbroken || (!more && reached.version > after) {
                moves.lost = Some(reached.version);
                break;
            }
            page = LONGEST_PAGE.min(page * 2);
        }
        Ok(moves)
    }

    /// Whether all this can have happened in a head that has been at `stamp`: see [`HeadRow::has_been_at`].
    pub fn have_been_at(&self, stamp: Option<VersionStamp>) -> bool {
        let Some(stamp) = stamp else { return true };
        let mut ranges = self.conversations.iter().flat_map(|moved| &moved.ranges);
        ranges.all(|moved| moved.agrees(stamp)) && self.before.iter().all(|move_before| move_before.agrees(stamp))
    }

    /// The conversation with this [`fingerprint`].
    pub fn of(&self, fingerprint: u64) -> Option<&ConversationMoves> {
        self.by_fingerprint.get(&fingerprint).map(|at| &self.conversations[*at])
    }

    /// Whether the conversation with this [`fingerprint`] moved, as far as is known.
    pub fn may_have(&self, fingerprint: u64) -> bool {
        self.lost.is_some() || self.by_fingerprint.contains_key(&fingerprint)
    }

    /// Adds the row that comes before what was `reached`. `false` when it is another one.
    fn add_evicted(&mut self, row: EvictedRow, after: u64, reached: &mut OldestRead) -> bool {
        if row.version != reached.version {
            return false;
        }
        for moved in row.moved.into_iter().rev() {
            if moved.version > after {
                self.add(moved);
            } else {
                self.before.push(VersionStamp { version: moved.version, at: moved.moved_at() });
            }
        }
        self.before.push(VersionStamp { version: row.before, at: row.before_at });
        *reached = OldestRead { version: row.before, at: row.at };
        true
    }

    fn add(&mut self, moved: MoveRange) {
        let Some(id) = ConversationId::new(&moved.conversation) else { return };
        let fingerprint = fingerprint(id.as_str());
        if let Some(at) = self.by_fingerprint.get(&fingerprint) {
            self.conversations[*at].ranges.push(moved);
            return;
        }
        self.by_fingerprint.insert(fingerprint, self.conversations.len());
        self.conversations.push(ConversationMoves { id, fingerprint, last: moved.last, ranges: vec![moved] });
    }
}

/// The conversations of a user that `moves` does not have, in the order of their ids, from the one after `after` on. Reads at
/// most `limit` rows. Returns the ids, and the last id that was read, if there may be more.
pub(super) async fn conversations_without_moves(
    cx: &Context,
    me: &UserId,
    moves: &Moves,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<ConversationId>, Option<ConversationId>)> {
    let page = cx.db.range(keys::memberships(me, after, limit)).await?;
    let names = keys::named_conversations(&page);
    let last = names.last().filter(|_| page.len() == limit).cloned();
    let unmoved = names.into_iter().filter(|id| moves.of(fingerprint(id.as_str())).is_none()).collect();
    Ok((unmoved, last))
}

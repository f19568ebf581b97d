//! The crews of a user that are awake. Changes in them do not update the user's head, so polls read their rows with it, and
//! compare them with how far the client has read.

use super::{cursor::fingerprint, head::HeadRow};
use crate::{
    base::{error::Result, id::ConversationId},
    context::Context,
    conversation::row::ConversationRow,
    keys,
    log::cursor::LogCursor,
};
use jobline_store::{Consistency, Key};
use std::cmp::Reverse;

/// An awake crew, from its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AwakeCrew {
    pub id: ConversationId,
    /// The [`fingerprint`] of the id.
    pub fingerprint: u64,
    /// The number of the last change in its log.
    pub change: u64,
    /// When its last message was accepted.
    pub at: u64,
    row: ConversationRow,
}

/// How many bits of [`AwakeCrew::progress`] are of the time.
const TIME_BITS: u32 = 24;

impl AwakeCrew {
    /// When anything in it last happened.
    pub fn moved_at(&self) -> u64 {
        self.row.updated
    }

    /// How far its log has come, as cursors of the list of chats say it: the number of the last change, and below it the last
    /// bits of the milliseconds at which that happened. A store that was restored comes to a number again at another time; both
    /// times have the same bits once in 16 million.
    pub fn progress(&self) -> u64 {
        self.change << TIME_BITS | self.row.updated & TIME_MASK
    }

    /// Whether its log has come as far as `progress` says.
    fn is_at(&self, progress: u64) -> bool {
        progress == self.progress() || is_number(progress) && progress == self.change
    }
}

const TIME_MASK: u64 = (1 << TIME_BITS) - 1;

/// Whether `progress` is from a cursor of a former server, which wrote the number of the change alone.
fn is_number(progress: u64) -> bool {
    progress <= TIME_MASK
}

/// The number of the change in an [`AwakeCrew::progress`].
pub(super) fn change_of(progress: u64) -> u64 {
    if is_number(progress) { progress } else { progress >> TIME_BITS }
}

/// The crews that are awake according to a head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AwakeCrews(Vec<AwakeCrew>);

impl AwakeCrews {
    /// Reads the rows of those that `head` names; none where it names none. `known` is how far the client has come in the log of
    /// one, by fingerprint: an eventual read that is behind it is followed by a strong one.
    pub async fn read(
        cx: &Context,
        head: &HeadRow,
        consistency: Consistency,
        known: impl Fn(u64) -> Option<u64>,
    ) -> Result<Self> {
        if head.awake.is_empty() {
            return Ok(Self::default());
        }
        let crews = Box::pin(Self::read_rows(cx, head, consistency)).await?;
        // A crew that has just begun may be missing in an eventual read. The client would get all of it again by the next poll.
        let are_late = || crews.are_behind(&known) || crews.0.len() < head.awake.len();
        if consistency == Consistency::Eventual && are_late() {
            return Box::pin(Self::read_rows(cx, head, Consistency::Strong)).await;
        }
        Ok(crews)
    }

    async fn read_rows(cx: &Context, head: &HeadRow, consistency: Consistency) -> Result<Self> {
        let ids: Vec<ConversationId> = head.awake_crews().collect();
        let keys: Vec<Key> = ids.iter().map(keys::conversation).collect();
        let found = cx.db.get_many(&keys, consistency).await?;
        let mut crews = Vec::with_capacity(ids.len());
        for ((id, key), row) in ids.into_iter().zip(&keys).zip(found) {
            let Some(row) = row else { continue };
            let row = cx.memos.conversations.decode(key, &row)?;
            let fingerprint = fingerprint(id.as_str());
            crews.push(AwakeCrew { id, fingerprint, change: row.log.change, at: row.log.at, row });
        }
        // The one in which something happened last comes first.
        crews.sort_by_key(|crew| (Reverse(crew.moved_at()), crew.fingerprint));
        Ok(Self(crews))
    }

    pub fn iter(&self) -> impl Iterator<Item = &AwakeCrew> {
        self.0.iter()
    }

    pub fn contains(&self, fingerprint: u64) -> bool {
        self.0.iter().any(|crew| crew.fingerprint == fingerprint)
    }

    /// Whether the client has more of a crew than its row: the read was stale, or the store was restored to an earlier state.
    pub fn are_behind(&self, known: impl Fn(u64) -> Option<u64>) -> bool {
        self.0.iter().any(|crew| known(crew.fingerprint).is_some_and(|known| known > crew.change))
    }

    /// Whether each `place` that the client has is in the log of its crew: if not, the store was restored to an earlier state.
    /// They were read as late as what the client was told, which a series of answers may still lead up to.
    pub fn are_of<'a>(&self, place: impl Fn(u64) -> Option<&'a LogCursor>) -> bool {
        self.0.iter().all(|crew| place(crew.fingerprint).is_none_or(|place| place.is_of(&crew.row)))
    }

    /// Those in which something changed after what the client has, the one in which something happened last first.
    pub fn news(&self, known: impl Fn(u64) -> Option<u64>) -> impl Iterator<Item = &AwakeCrew> {
        self.0.iter().filter(move |crew| known(crew.fingerprint) != Some(crew.change))
    }

    /// Those whose logs have not come as far, or came there another way, than a cursor of the list of chats says; the one in
    /// which something happened last comes first.
    pub fn not_at(&self, known: impl Fn(u64) -> Option<u64>) -> impl Iterator<Item = &AwakeCrew> {
        self.0.iter().filter(move |crew| !known(crew.fingerprint).is_some_and(|progress| crew.is_at(progress)))
    }

    /// When anything of the user last moved, of which `head` knows only the rest.
    pub fn moved_at(&self, head: &HeadRow) -> u64 {
        self.0.iter().map(|crew| crew.row.updated).fold(head.at, u64::max)
    }
}

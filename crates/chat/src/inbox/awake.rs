//! The crews of a user that are awake. They move without a word in the user's head, so polls read their rows with it, and tell
//! by how far the client has come whether there is news.

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

/// A crew as its row says that it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AwakeCrew {
    pub id: ConversationId,
    /// The [`fingerprint`] of the id.
    pub print: u64,
    /// The number of the last change in its log.
    pub change: u64,
    /// When its last message was accepted.
    pub at: u64,
    row: ConversationRow,
}

impl AwakeCrew {
    /// When anything in it last happened.
    pub fn moved_at(&self) -> u64 {
        self.row.updated
    }
}

/// The crews that are awake as far as a head knows.
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
        let crews = Self::read_rows(cx, head, consistency).await?;
        // One that has just begun may be missing, of which the client would be answered everything once more.
        let are_late = || crews.are_behind(&known) || crews.0.len() < head.awake.len();
        if consistency == Consistency::Eventual && are_late() {
            return Self::read_rows(cx, head, Consistency::Strong).await;
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
            let print = fingerprint(id.as_str());
            crews.push(AwakeCrew { id, print, change: row.log.change, at: row.log.at, row });
        }
        // The one in which something happened last comes first.
        crews.sort_by_key(|crew| (Reverse(crew.moved_at()), crew.print));
        Ok(Self(crews))
    }

    pub fn iter(&self) -> impl Iterator<Item = &AwakeCrew> {
        self.0.iter()
    }

    pub fn contains(&self, print: u64) -> bool {
        self.0.iter().any(|crew| crew.print == print)
    }

    /// Whether the client has more of one than there is: the read was late, or the store was restored to an earlier state.
    pub fn are_behind(&self, known: impl Fn(u64) -> Option<u64>) -> bool {
        self.0.iter().any(|crew| known(crew.print).is_some_and(|known| known > crew.change))
    }

    /// Whether each `place` that the client has is in the log of its crew: if not, the store was restored to an earlier state. A
    /// series of answers may lead up to more than a late read has.
    pub fn are_of<'a>(&self, place: impl Fn(u64) -> Option<&'a LogCursor>) -> bool {
        let is_of = |place: &LogCursor, row: &ConversationRow| {
            let is_late = (place.position.change..place.told()).contains(&row.log.change);
            is_late || place.is_of(row)
        };
        self.0.iter().all(|crew| place(crew.print).is_none_or(|place| is_of(place, &crew.row)))
    }

    /// Those in which something changed after what the client has, the one in which something happened last first.
    pub fn news(&self, known: impl Fn(u64) -> Option<u64>) -> impl Iterator<Item = &AwakeCrew> {
        self.0.iter().filter(move |crew| known(crew.print) != Some(crew.change))
    }

    /// When anything of the user last moved, of which `head` knows only the rest.
    pub fn moved_at(&self, head: &HeadRow) -> u64 {
        self.0.iter().map(|crew| crew.row.updated).fold(head.at, u64::max)
    }
}

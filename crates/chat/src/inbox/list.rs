//! `getConversations`: a user's conversations, the one written in last first, or those that moved since a cursor.

use crate::{
    base::cursor::{ConversationsCursor, Since, Walk},
    base::error::Result,
    base::id::{ConversationId, UserId},
    base::text,
    chat::Chat,
    conversation::row::ConversationRow,
    inbox::head::HeadRow,
    keys,
};
use jobline_store::{Consistency, Key, Row};
use jobline_wire::{Conversations, ListConversations};
use std::cmp::Reverse;

/// In the seal of cursors: this list, not a conversation.
const SCOPE: &str = "conversations";

type Loaded = Vec<(ConversationId, ConversationRow)>;

impl Chat {
    /// A user's conversations. One read when none moved since the cursor.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_cursor`, `unavailable`.
    pub async fn conversations(&self, me: &UserId, input: ListConversations) -> Result<Conversations> {
        let limit = text::limit(input.limit)?;
        let now = self.now();
        match self.sealer().open::<ConversationsCursor>(input.since.as_deref(), me, SCOPE)? {
            Since::Start => self.walk_by_time(me, None, 0, limit, now, false).await,
            Since::Instant(since) => self.walk_by_time(me, None, since, limit, now, false).await,
            Since::Cursor(ConversationsCursor { version, walk: Some(walk) }) => {
                let since = walk.since;
                self.walk_by_time(me, Some((version, walk)), since, limit, now, false).await
            }
            Since::Cursor(ConversationsCursor { version, walk: None }) => {
                let head = self.head(me, version, version).await?;
                if forgotten(&head, version) {
                    return self.walk_by_time(me, None, 0, limit, now, true).await;
                }
                self.moved(me, head, version, limit, now).await
            }
        }
    }

    /// A user's head as a poll needs it that goes on from `version` and whose client was answered from `seen`: an
    /// eventual read, and a strong one only when that cannot be the whole truth.
    pub(crate) async fn head(&self, me: &UserId, version: u64, seen: u64) -> Result<HeadRow> {
        let head = self.read_head(me, Consistency::Eventual).await?;
        if head.version < seen || forgotten(&head, version) {
            return self.read_head(me, Consistency::Strong).await;
        }
        Ok(head)
    }

    pub(crate) async fn read_head(&self, me: &UserId, consistency: Consistency) -> Result<HeadRow> {
        let key = keys::head(me);
        let row = self.get(&key, consistency).await?;
        row.map_or_else(|| Ok(HeadRow::default()), |row| self.memos().heads.decode(&key, &row))
    }

    /// The conversations that moved after `version`.
    async fn moved(&self, me: &UserId, head: HeadRow, version: u64, limit: usize, now: u64) -> Result<Conversations> {
        let moved: Vec<(ConversationId, u64)> = head
            .after(version)
            .filter_map(|one| Some((ConversationId::new(&one.conversation)?, one.version)))
            .collect();
        let has_more = moved.len() > limit;
        let reached = if has_more { moved[limit - 1].1 } else { head.version };
        let ids = moved.into_iter().take(limit).map(|(id, _)| id).collect();
        let mut found = self.load_conversations(ids).await?;
        found.sort_by_key(newest_first);
        let cursor = ConversationsCursor { version: reached, walk: None };
        self.conversations_answer(me, &found, cursor, has_more, head.at, now, false).await
    }

    /// All conversations that changed after `since`, page by page, the one written in last first.
    async fn walk_by_time(
        &self,
        me: &UserId,
        from: Option<(u64, Walk)>,
        since: u64,
        limit: usize,
        now: u64,
        reset: bool,
    ) -> Result<Conversations> {
        // The head comes first: what moves while the rest is read has a later version, and is answered by the next poll.
        let head = self.read_head(me, Consistency::Strong).await?;
        let (version, after) = match from {
            Some((version, walk)) => (version, Some((Reverse(walk.at), walk.after))),
            None => (head.version, None),
        };
        let memberships = self.range_all(keys::memberships(me, None, 100)).await?;
        let mut found = self.load_conversations(named(&memberships)).await?;
        found.retain(|one| one.1.updated > since && after.as_ref().is_none_or(|after| newest_first(one) > *after));
        found.sort_by_key(newest_first);
        let has_more = found.len() > limit;
        found.truncate(limit);
        let walk = found.last().filter(|_| has_more).map(|(id, row)| Walk {
            after: id.as_str().to_owned(),
            at: row.log.at,
            since,
        });
        let cursor = ConversationsCursor { version, walk };
        self.conversations_answer(me, &found, cursor, has_more, head.at, now, reset).await
    }

    /// The rows of conversations; those that are not there are left out.
    pub(crate) async fn load_conversations(&self, ids: Vec<ConversationId>) -> Result<Loaded> {
        let wanted: Vec<Key> = ids.iter().map(keys::conversation).collect();
        let found = self.get_many(&wanted, Consistency::Strong).await?;
        let rows = ids.into_iter().zip(&wanted).zip(found).filter_map(|(name, row)| Some((name, row?)));
        rows.map(|((id, key), row)| Ok((id, self.memos().conversations.decode(key, &row)?))).collect()
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one answer")]
    async fn conversations_answer(
        &self,
        me: &UserId,
        found: &Loaded,
        cursor: ConversationsCursor,
        has_more: bool,
        moved_at: u64,
        now: u64,
        reset: bool,
    ) -> Result<Conversations> {
        Ok(Conversations {
            conversations: if found.is_empty() { Vec::new() } else { self.show_conversations(found, now).await? },
            has_more,
            cursor: self.sealer().seal(&cursor, me, SCOPE),
            next_poll_ms: self.next_poll_ms(moved_at, now),
            reset: reset.then_some(true),
        })
    }
}

/// Whether a reader who last saw `version` cannot be told what moved since: it is too old, or the store was put back.
pub(crate) fn forgotten(head: &HeadRow, version: u64) -> bool {
    version < head.floor || version > head.version
}

/// The conversations that membership rows name.
pub(crate) fn named(memberships: &[(Key, Row)]) -> Vec<ConversationId> {
    memberships.iter().filter_map(|(key, _)| keys::named_conversation(key)).collect()
}

fn newest_first((id, row): &(ConversationId, ConversationRow)) -> (Reverse<u64>, String) {
    (Reverse(row.log.at), id.as_str().to_owned())
}

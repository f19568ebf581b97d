//! Changing a conversation: its row and the heads of its two members, read together and written in one commit.

use super::row::ConversationRow;
use crate::{
    base::{
        db::Urgency,
        error::Result,
        id::ConversationId,
        rows::{self, LAYOUT},
    },
    context::Context,
    inbox::{head::HeadRow, moved::EvictedRow},
    keys,
    log::position::Position,
};
use jobline_store::{CommitBuilder, Condition, Consistency, Key, Outcome, Row};

/// The rows that every change of a conversation writes, each with the condition that it is still as it was read.
pub(crate) struct ConversationUpdate {
    pub id: ConversationId,
    pub row: ConversationRow,
    pub heads: [HeadRow; 2],
    /// The rows of the further keys that were asked for.
    pub rest: Vec<Option<Row>>,
    pub urgency: Urgency,
    /// What left the windows of the heads, with the member whose head it was.
    evicted: Vec<(usize, EvictedRow)>,
    keys: [Key; 3],
    conditions: [Condition; 3],
    window_bytes: usize,
}

/// The rows of an update as they were read. A sender without permission is refused before they are decoded, so that the
/// time of a refusal does not tell whether the other user has any.
pub(crate) struct UndecodedUpdate {
    id: ConversationId,
    keys: [Key; 3],
    found: [Option<Row>; 3],
    rest: Vec<Option<Row>>,
}

impl UndecodedUpdate {
    /// Reads a conversation and `rest` in one round trip.
    pub async fn read(cx: &Context, id: &ConversationId, consistency: Consistency, rest: &[Key]) -> Result<Self> {
        let [one, other] = id.pair();
        let keys = [keys::conversation(id), keys::head(one), keys::head(other)];
        let wanted: Vec<Key> = keys.iter().chain(rest).cloned().collect();
        let mut rows = cx.db.get_many(&wanted, consistency).await?.into_iter();
        let found = std::array::from_fn(|_| rows.next().flatten());
        Ok(Self { id: id.clone(), keys, found, rest: rows.collect() })
    }

    /// The conversation, unless it does not exist yet.
    pub fn conversation(&self, cx: &Context) -> Result<Option<ConversationRow>> {
        self.found[0].as_ref().map(|row| cx.memos.conversations.decode(&self.keys[0], row)).transpose()
    }

    /// The update. A conversation that does not exist begins `now`.
    pub fn decode(self, cx: &Context, now: u64) -> Result<ConversationUpdate> {
        let head = |at: usize| match &self.found[at] {
            Some(row) => cx.memos.heads.decode(&self.keys[at], row),
            None => Ok(HeadRow::default()),
        };
        let mut row = self.conversation(cx)?.unwrap_or_else(|| ConversationRow::new(now));
        if cx.channels().next().is_some() && row.outbox_from.is_none() {
            row.outbox_from = Some(row.log);
        }
        Ok(ConversationUpdate {
            row,
            heads: [head(1)?, head(2)?],
            urgency: Urgency::Now,
            evicted: Vec::new(),
            window_bytes: cx.settings.window_bytes,
            conditions: self.found.each_ref().map(|row| rows::as_read(row.as_ref())),
            id: self.id,
            keys: self.keys,
            rest: self.rest,
        })
    }
}

impl ConversationUpdate {
    /// Reads a conversation and `rest` in one round trip. `None` when the conversation does not exist.
    pub async fn load(
        cx: &Context,
        id: &ConversationId,
        consistency: Consistency,
        rest: &[Key],
    ) -> Result<Option<Self>> {
        let update = Self::load_or_new(cx, id, consistency, rest, 0).await?;
        Ok((!update.is_new()).then_some(update))
    }

    /// Reads a conversation and `rest` in one round trip. A conversation that does not exist begins `now`.
    pub async fn load_or_new(
        cx: &Context,
        id: &ConversationId,
        consistency: Consistency,
        rest: &[Key],
        now: u64,
    ) -> Result<Self> {
        UndecodedUpdate::read(cx, id, consistency, rest).await?.decode(cx, now)
    }

    /// Whether the conversation does not exist yet.
    pub fn is_new(&self) -> bool {
        self.conditions[0] == Condition::Absent
    }

    /// Records in the heads of `members` that the conversation, whose row is as it will be stored, moved on from
    /// `before`.
    pub fn bump_heads<const N: usize>(&mut self, members: [usize; N], before: Position, now: u64) {
        for member in members {
            let last = self.row.log.at;
            let evicted = self.heads[member].bump(&self.id, before, last, now, self.window_bytes);
            self.evicted.extend(evicted.map(|row| (member, row)));
        }
    }

    /// Adds the memberships of a new conversation.
    pub fn put_memberships(&self, commit: CommitBuilder) -> CommitBuilder {
        self.id.pair().iter().fold(commit, |commit, user| {
            commit.put(keys::membership(user, &self.id), Condition::Any, rows::encode(&LAYOUT), None)
        })
    }

    /// Carries out `commit`, which also writes the conversation and the heads of `members`, on the condition that these
    /// rows are as they were read.
    pub async fn commit<const N: usize>(
        &self,
        cx: &Context,
        mut commit: CommitBuilder,
        members: [usize; N],
    ) -> Result<Outcome> {
        let Self { row, heads, keys, conditions, evicted, .. } = self;
        let conversation = rows::encode(row);
        let heads = members.map(|member| (1 + member, &heads[member], rows::encode(&heads[member])));
        commit = commit.put(keys[0].clone(), conditions[0], conversation.clone(), None);
        for (at, _, head) in &heads {
            commit = commit.put(keys[*at].clone(), conditions[*at], head.clone(), None);
        }
        // A head's version is never used twice, and the condition of the head guards this row, too.
        for (member, row) in evicted {
            let key = keys::evicted(&self.id.pair()[*member], row.version);
            commit = commit.put(key, Condition::Any, rows::encode(row), cx.retention.expires(row.at));
        }
        for channel in cx.channels() {
            commit = commit.put(keys::outbox(channel, &self.id), Condition::Any, rows::encode(&LAYOUT), None);
        }
        let commit = commit.build()?;
        let outcome = cx.db.commit_by_urgency(&commit, self.urgency).await?;
        if outcome == Outcome::Committed {
            cx.memos.conversations.keep(&keys[0], commit.version(), row, conversation.len());
            for (at, head, stored) in heads {
                cx.memos.heads.keep(&keys[at], commit.version(), head, stored.len());
            }
            for channel in cx.channels() {
                cx.signal(channel).set();
            }
            cx.announcer.moved(&members.map(|member| &self.id.pair()[member]), &self.id);
        }
        Ok(outcome)
    }
}

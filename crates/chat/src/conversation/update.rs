//! Changing a conversation: its row and the heads of its members, read together and written in one commit.

use super::row::ConversationRow;
use crate::{
    base::{
        db::Urgency,
        error::Result,
        id::{ConversationId, UserId},
        rows::{self, LAYOUT},
    },
    context::Context,
    inbox::{head::HeadRow, moved::EvictedRow},
    keys,
    log::position::Position,
};
use jobline_store::{CommitBuilder, Condition, Consistency, Key, Outcome, Row};

/// How many heads may hand out what leaves their windows in one commit of a crew; those of the others grow for the moment. A
/// commit has at most 100 operations.
const EVICTIONS: usize = 20;

/// The rows that every change of a conversation writes, each with the condition that it is still as it was read.
pub(crate) struct ConversationUpdate {
    pub id: ConversationId,
    pub row: ConversationRow,
    /// In the order of the row's members. Of those who have left a crew an empty one, which is not written.
    pub heads: Vec<HeadRow>,
    /// The rows of the further keys that were asked for.
    pub rest: Vec<Option<Row>>,
    pub urgency: Urgency,
    /// In the order of the row's members.
    users: Vec<UserId>,
    /// What left the windows of the heads, with the member whose head it was.
    evicted: Vec<(usize, EvictedRow)>,
    /// That the conversation is as it was read, and the heads, in their order.
    condition: Condition,
    head_conditions: Vec<Condition>,
    window_bytes: usize,
}

/// The rows of an update as they were read. A sender without permission is refused before they are decoded, so that the
/// time of a refusal does not tell whether the other user has any.
pub(crate) struct UndecodedUpdate {
    id: ConversationId,
    /// Whose heads were read.
    users: Vec<UserId>,
    conversation: Option<Row>,
    heads: Vec<Option<Row>>,
    rest: Vec<Option<Row>>,
}

impl UndecodedUpdate {
    /// Reads a conversation and `rest` in one round trip; of a crew, whose members are in its row, in two.
    pub async fn read(cx: &Context, id: &ConversationId, consistency: Consistency, rest: &[Key]) -> Result<Self> {
        let users = match id.pair() {
            Some(pair) => pair.to_vec(),
            None => Self::crew_members(cx, id).await?,
        };
        Self::read_with(cx, id, users, consistency, rest).await
    }

    /// The same, with the heads of `users`.
    pub async fn read_with(
        cx: &Context,
        id: &ConversationId,
        users: Vec<UserId>,
        consistency: Consistency,
        rest: &[Key],
    ) -> Result<Self> {
        let mut wanted = Vec::with_capacity(1 + users.len() + rest.len());
        wanted.push(keys::conversation(id));
        wanted.extend(users.iter().map(keys::head));
        wanted.extend(rest.iter().cloned());
        let mut rows = cx.db.get_many(&wanted, consistency).await?.into_iter();
        let conversation = rows.next().flatten();
        let heads = rows.by_ref().take(users.len()).collect();
        Ok(Self { id: id.clone(), users, conversation, heads, rest: rows.collect() })
    }

    /// Those whose heads a change of a crew writes: nobody's who has left.
    async fn crew_members(cx: &Context, id: &ConversationId) -> Result<Vec<UserId>> {
        let found = cx.db.get(&keys::conversation(id), Consistency::Strong).await?;
        let Some(row) = found else { return Ok(Vec::new()) };
        let row = cx.memos.conversations.decode(&keys::conversation(id), &row)?;
        let users = row.users(id);
        Ok(row.all_in().into_iter().filter_map(|member| users.get(member).cloned()).collect())
    }

    /// The conversation, unless it does not exist yet.
    pub fn conversation(&self, cx: &Context) -> Result<Option<ConversationRow>> {
        let key = keys::conversation(&self.id);
        self.conversation.as_ref().map(|row| cx.memos.conversations.decode(&key, row)).transpose()
    }

    /// The update. A pair that does not exist begins `now`.
    pub fn decode(self, cx: &Context, now: u64) -> Result<ConversationUpdate> {
        let mut row = self.conversation(cx)?.unwrap_or_else(|| ConversationRow::new(now));
        if cx.channels().next().is_some() && row.outbox_from.is_none() {
            row.outbox_from = Some(row.log);
        }
        let mut update = ConversationUpdate {
            users: row.users(&self.id).into_owned(),
            row,
            heads: Vec::new(),
            head_conditions: Vec::new(),
            urgency: Urgency::Now,
            evicted: Vec::new(),
            window_bytes: cx.settings.window_bytes,
            condition: rows::as_read(self.conversation.as_ref()),
            id: self.id,
            rest: self.rest,
        };
        for user in &update.users {
            let read = self.users.iter().position(|one| one == user).and_then(|at| self.heads[at].as_ref());
            update.heads.push(head(cx, user, read)?);
            update.head_conditions.push(rows::as_read(read));
        }
        Ok(update)
    }

    /// The head of a user whose head was read, though they are no member yet.
    fn head_of(&self, cx: &Context, user: &UserId) -> Result<(HeadRow, Condition)> {
        let read = self.users.iter().position(|one| one == user).and_then(|at| self.heads[at].as_ref());
        Ok((head(cx, user, read)?, rows::as_read(read)))
    }
}

fn head(cx: &Context, user: &UserId, read: Option<&Row>) -> Result<HeadRow> {
    read.map_or_else(|| Ok(HeadRow::default()), |row| cx.memos.heads.decode(&keys::head(user), row))
}

impl ConversationUpdate {
    /// Reads a conversation and `rest` in one round trip. `None` when nothing was written in it.
    pub async fn load(
        cx: &Context,
        id: &ConversationId,
        consistency: Consistency,
        rest: &[Key],
    ) -> Result<Option<Self>> {
        let update = Self::load_or_new(cx, id, consistency, rest, 0).await?;
        Ok(update.row.has_begun().then_some(update))
    }

    /// Reads a conversation and `rest` in one round trip. A pair that does not exist begins `now`.
    pub async fn load_or_new(
        cx: &Context,
        id: &ConversationId,
        consistency: Consistency,
        rest: &[Key],
        now: u64,
    ) -> Result<Self> {
        UndecodedUpdate::read(cx, id, consistency, rest).await?.decode(cx, now)
    }

    /// [`Self::load`] with the head of `me`, even if they have left a crew.
    pub async fn load_for(cx: &Context, id: &ConversationId, me: &UserId, rest: &[Key]) -> Result<Option<Self>> {
        if id.pair().is_some() {
            return Self::load(cx, id, Consistency::Strong, rest).await;
        }
        let mut users = UndecodedUpdate::crew_members(cx, id).await?;
        if !users.contains(me) {
            users.push(me.clone());
        }
        let read = UndecodedUpdate::read_with(cx, id, users, Consistency::Strong, rest).await?;
        let update = read.decode(cx, cx.now())?;
        Ok(update.row.has_begun().then_some(update))
    }

    /// Reads a crew with the heads of its members, and those of `newcomers` in their order.
    pub async fn load_crew(
        cx: &Context,
        id: &ConversationId,
        newcomers: &[UserId],
    ) -> Result<(Self, Vec<(HeadRow, Condition)>)> {
        let mut users = UndecodedUpdate::crew_members(cx, id).await?;
        users.extend(newcomers.iter().filter(|user| !users.contains(user)).cloned().collect::<Vec<_>>());
        let read = UndecodedUpdate::read_with(cx, id, users, Consistency::Strong, &[]).await?;
        let heads = newcomers.iter().map(|user| read.head_of(cx, user)).collect::<Result<Vec<_>>>()?;
        Ok((read.decode(cx, cx.now())?, heads))
    }

    /// Takes a user into a crew, whose head was read with it. Answers which member they are.
    pub fn join(&mut self, user: &UserId, head: (HeadRow, Condition), now: u64) -> usize {
        let member = self.row.join(user, now);
        if member == self.heads.len() {
            self.users.push(user.clone());
            self.heads.push(HeadRow::default());
            self.head_conditions.push(Condition::Absent);
        }
        (self.heads[member], self.head_conditions[member]) = head;
        member
    }

    /// Whether the conversation does not exist yet.
    pub fn is_new(&self) -> bool {
        self.condition == Condition::Absent
    }

    /// The user at the place `member`.
    pub fn user(&self, member: usize) -> Option<&UserId> {
        self.users.get(member)
    }

    /// Records in the heads of `members` that the conversation, whose row is as it will be stored, moved on from
    /// `before`.
    pub fn bump_heads(&mut self, members: &[usize], before: Position, now: u64) {
        for member in members {
            let last = self.row.log.at;
            let window = if self.evicted.len() < EVICTIONS { self.window_bytes } else { usize::MAX };
            let evicted = self.heads[*member].bump(&self.id, before, last, now, window);
            self.evicted.extend(evicted.map(|row| (*member, row)));
        }
    }

    /// Adds the memberships of a new pair.
    pub fn put_memberships(&self, commit: CommitBuilder) -> CommitBuilder {
        self.users.iter().fold(commit, |commit, user| put_membership(commit, user, &self.id))
    }

    /// Carries out `commit`, which also writes the conversation and the heads of `members`, on the condition that these
    /// rows are as they were read.
    pub async fn commit(&self, cx: &Context, mut commit: CommitBuilder, members: &[usize]) -> Result<Outcome> {
        let key = keys::conversation(&self.id);
        let conversation = rows::encode(&self.row);
        commit = commit.put(key.clone(), self.condition, conversation.clone(), None);
        let mut heads = Vec::with_capacity(members.len());
        for member in members {
            let (key, head) = (keys::head(&self.users[*member]), rows::encode(&self.heads[*member]));
            commit = commit.put(key.clone(), self.head_conditions[*member], head.clone(), None);
            heads.push((key, &self.heads[*member], head.len()));
        }
        // A head's version is never used twice, and the condition of the head guards this row, too.
        for (member, row) in &self.evicted {
            let key = keys::evicted(&self.users[*member], row.version);
            commit = commit.put(key, Condition::Any, rows::encode(row), cx.retention.expires(row.at));
        }
        for channel in cx.channels() {
            commit = commit.put(keys::outbox(channel, &self.id), Condition::Any, rows::encode(&LAYOUT), None);
        }
        let commit = commit.build()?;
        let outcome = cx.db.commit_by_urgency(&commit, self.urgency).await?;
        if outcome == Outcome::Committed {
            cx.memos.conversations.keep(&key, commit.version(), &self.row, conversation.len());
            for (key, head, bytes) in heads {
                cx.memos.heads.keep(&key, commit.version(), head, bytes);
            }
            for channel in cx.channels() {
                cx.signal(channel).set();
            }
            let moved: Vec<&UserId> = members.iter().map(|member| &self.users[*member]).collect();
            cx.announcer.moved(&moved, &self.id);
        }
        Ok(outcome)
    }
}

/// Adds that `user` is a member of a conversation.
pub(crate) fn put_membership(commit: CommitBuilder, user: &UserId, id: &ConversationId) -> CommitBuilder {
    commit.put(keys::membership(user, id), Condition::Any, rows::encode(&LAYOUT), None)
}

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
    /// What left the windows of the heads, with the member whose head it was.
    evicted: Vec<(usize, EvictedRow)>,
    key: Key,
    condition: Condition,
    /// Where the heads are, and that they are as they were read, in their order.
    places: Vec<(Key, Condition)>,
    window_bytes: usize,
}

/// The rows of an update as they were read. A sender without permission is refused before they are decoded, so that the
/// time of a refusal does not tell whether the other user has any.
pub(crate) struct UndecodedUpdate {
    id: ConversationId,
    key: Key,
    conversation: Option<Row>,
    /// The heads that were read, by their keys.
    heads: Vec<(Key, Option<Row>)>,
    rest: Vec<Option<Row>>,
}

impl UndecodedUpdate {
    /// Reads a conversation and `rest` in one round trip; of a crew, whose members are in its row, in two.
    pub async fn read(cx: &Context, id: &ConversationId, consistency: Consistency, rest: &[Key]) -> Result<Self> {
        match id.pair() {
            Some(pair) => Self::read_with(cx, id, pair, consistency, rest).await,
            None => Self::read_with(cx, id, &Self::crew_members(cx, id).await?, consistency, rest).await,
        }
    }

    /// The same, with the heads of `users`.
    pub async fn read_with(
        cx: &Context,
        id: &ConversationId,
        users: &[UserId],
        consistency: Consistency,
        rest: &[Key],
    ) -> Result<Self> {
        let mut wanted = Vec::with_capacity(1 + users.len() + rest.len());
        wanted.push(keys::conversation(id));
        wanted.extend(users.iter().map(keys::head));
        wanted.extend(rest.iter().cloned());
        let mut rows = cx.db.get_many(&wanted, consistency).await?.into_iter();
        let conversation = rows.next().flatten();
        let heads: Vec<Option<Row>> = rows.by_ref().take(users.len()).collect();
        let mut wanted = wanted.into_iter();
        let key = wanted.next().expect("the key of the conversation is the first one");
        Ok(Self { id: id.clone(), key, conversation, heads: wanted.zip(heads).collect(), rest: rows.collect() })
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
        self.conversation.as_ref().map(|row| cx.memos.conversations.decode(&self.key, row)).transpose()
    }

    /// The update. A pair that does not exist begins `now`.
    pub fn decode(mut self, cx: &Context, now: u64) -> Result<ConversationUpdate> {
        let mut row = self.conversation(cx)?.unwrap_or_else(|| ConversationRow::new(now));
        if cx.channels().next().is_some() && row.outbox_from.is_none() {
            row.outbox_from = Some(row.log);
        }
        let count = row.members.len();
        let (mut heads, mut places) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for (member, user) in row.users(&self.id).iter().enumerate() {
            // The heads of a pair are in its order.
            let (key, found) = match self.id.pair() {
                Some(_) => std::mem::replace(&mut self.heads[member], (Key::new("", ""), None)),
                None => self.take_head(user),
            };
            let as_read = rows::as_read(found.as_ref());
            heads.push(decode_head(cx, &key, found.as_ref())?);
            places.push((key, as_read));
        }
        Ok(ConversationUpdate {
            row,
            heads,
            places,
            urgency: Urgency::Now,
            evicted: Vec::new(),
            window_bytes: cx.settings.window_bytes,
            condition: rows::as_read(self.conversation.as_ref()),
            key: self.key,
            id: self.id,
            rest: self.rest,
        })
    }

    /// The head of a user as it was read; none of one whose head was not.
    fn take_head(&self, user: &UserId) -> (Key, Option<Row>) {
        let key = keys::head(user);
        let found = self.heads.iter().find(|(one, _)| *one == key).and_then(|(_, row)| row.clone());
        (key, found)
    }
}

fn decode_head(cx: &Context, key: &Key, found: Option<&Row>) -> Result<HeadRow> {
    found.map_or_else(|| Ok(HeadRow::default()), |row| cx.memos.heads.decode(key, row))
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
        let read = UndecodedUpdate::read_with(cx, id, &users, Consistency::Strong, rest).await?;
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
        let read = UndecodedUpdate::read_with(cx, id, &users, Consistency::Strong, &[]).await?;
        let heads = newcomers.iter().map(|user| {
            let (key, found) = read.take_head(user);
            Ok((decode_head(cx, &key, found.as_ref())?, rows::as_read(found.as_ref())))
        });
        let heads = heads.collect::<Result<Vec<_>>>()?;
        Ok((read.decode(cx, cx.now())?, heads))
    }

    /// Takes a user into a crew, whose head was read with it. Answers which member they are.
    pub fn join(&mut self, user: &UserId, head: (HeadRow, Condition), now: u64) -> usize {
        let member = self.row.join(user, now);
        if member == self.heads.len() {
            self.heads.push(HeadRow::default());
            self.places.push((keys::head(user), Condition::Absent));
        }
        (self.heads[member], self.places[member].1) = head;
        member
    }

    /// Whether the conversation is still as it was read.
    pub async fn is_current(&self, cx: &Context) -> Result<bool> {
        let row = cx.db.get(&self.key, Consistency::Strong).await?;
        Ok(rows::as_read(row.as_ref()) == self.condition)
    }

    /// Whether the conversation does not exist yet.
    pub fn is_new(&self) -> bool {
        self.condition == Condition::Absent
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
        self.row.users(&self.id).iter().fold(commit, |commit, user| put_membership(commit, user, &self.id))
    }

    /// Carries out `commit`, which also writes the conversation and the heads of `members`, on the condition that these
    /// rows are as they were read.
    pub async fn commit(&self, cx: &Context, mut commit: CommitBuilder, members: &[usize]) -> Result<Outcome> {
        let Self { id, row, key, .. } = self;
        let (users, conversation) = (row.users(id), rows::encode(row));
        commit = commit.put(key.clone(), self.condition, conversation.clone(), None);
        let mut sizes = Vec::with_capacity(members.len());
        for member in members {
            let ((key, as_read), head) = (&self.places[*member], rows::encode(&self.heads[*member]));
            sizes.push(head.len());
            commit = commit.put(key.clone(), *as_read, head, None);
        }
        // A head's version is never used twice, and the condition of the head guards this row, too.
        for (member, row) in &self.evicted {
            let key = keys::evicted(&users[*member], row.version);
            commit = commit.put(key, Condition::Any, rows::encode(row), cx.retention.expires(row.at));
        }
        for channel in cx.channels() {
            commit = commit.put(keys::outbox(channel, &self.id), Condition::Any, rows::encode(&LAYOUT), None);
        }
        let commit = commit.build()?;
        let outcome = cx.db.commit_by_urgency(&commit, self.urgency).await?;
        if outcome == Outcome::Committed {
            cx.memos.conversations.keep(key, commit.version(), row, conversation.len());
            for (member, bytes) in members.iter().zip(sizes) {
                cx.memos.heads.keep(&self.places[*member].0, commit.version(), &self.heads[*member], bytes);
            }
            for channel in cx.channels() {
                cx.signal(channel).set();
            }
            let moved: Vec<&UserId> = members.iter().filter_map(|member| users.get(*member)).collect();
            cx.announcer.moved(&moved, id);
        }
        Ok(outcome)
    }
}

/// Adds that `user` is a member of a conversation.
pub(crate) fn put_membership(commit: CommitBuilder, user: &UserId, id: &ConversationId) -> CommitBuilder {
    commit.put(keys::membership(user, id), Condition::Any, rows::encode(&LAYOUT), None)
}

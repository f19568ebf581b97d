//! Changing a conversation: its row and the heads of its members, read together and written in one commit.

use super::{
    crew_row::MarksRow,
    heads::{HeadUpdate, Heads},
    parts::{self, Stored},
    row::ConversationRow,
    update_read::{HeadOwner, Marks, Needs, UndecodedUpdate},
};
use crate::{
    base::{
        db::Urgency,
        error::Result,
        id::{ConversationId, JobId, UserId},
        rate::Bucket,
        rows::{self, LAYOUT},
    },
    context::Context,
    inbox::{head::HeadRow, move_range::EvictedRow},
    keys,
    log::position::Position,
    tasks::row::{Work, put_task},
};
use jobline_store::{CommitBuilder, Condition, Consistency, Key, Outcome, Row};
use std::collections::{BTreeMap, BTreeSet};

/// The most heads whose windows are shortened in one commit of a crew; the other windows grow past their limit until the next
/// change. A commit has at most 100 operations.
const EVICTIONS: usize = 20;

/// The rows that every change of a conversation writes, each with the condition that it is still as it was read.
pub(crate) struct ConversationUpdate {
    pub id: ConversationId,
    pub row: ConversationRow,
    /// The rows of the further keys that were asked for.
    pub rest: Vec<Option<Row>>,
    pub urgency: Urgency,
    /// A sleeping crew stays asleep with this change: it is recorded in the heads of all members, as in a pair.
    pub stays_asleep: bool,
    heads: Heads,
    /// Entries that left the windows of heads, with the member of each head.
    evicted: Vec<(usize, EvictedRow)>,
    /// The members who are notified after the commit.
    to_notify: BTreeSet<usize>,
    /// The crew is asleep, and wakes with this change.
    wakes_crew: bool,
    /// What was read; `None`: the conversation does not exist.
    as_read: Option<AsRead>,
    /// The marks of members of a crew as they were read.
    marks: BTreeMap<usize, (Condition, MarksRow)>,
    window_bytes: usize,
}

/// The conversation's row as it was read.
struct AsRead {
    condition: Condition,
    /// For a crew, of which only the changed parts are written.
    crew: Option<Stored>,
}

impl ConversationUpdate {
    /// The update of what was read. A pair that does not exist begins `now`.
    pub fn decode(read: UndecodedUpdate, cx: &Context, now: u64) -> Result<Self> {
        let (mut row, as_read) = match read.stored(cx)? {
            None => (ConversationRow::new(now), None),
            Some(Stored { row, condition, .. }) if row.crew.is_none() => (row, Some(AsRead { condition, crew: None })),
            Some(stored) => (stored.row.clone(), Some(AsRead { condition: stored.condition, crew: Some(stored) })),
        };
        if cx.channels().next().is_some() && row.outbox_from.is_none() {
            row.outbox_from = Some(row.log);
        }
        let mut marks = read.marks;
        for (member, (_, marks)) in &mut marks {
            if let Some(member) = row.members.get_mut(*member) {
                marks.complete(member);
            }
        }
        marks.retain(|member, _| *member < row.members.len());
        let mut heads = Heads::default();
        for (whose, key, found) in read.heads {
            let head = HeadUpdate::decode(cx, key, found.as_ref())?;
            match whose {
                HeadOwner::Member(member) => heads.add(member, head),
                HeadOwner::User(user) => match row.member(&read.id, &user) {
                    Some(member) => heads.add(member, head),
                    None => heads.add_other(user, head),
                },
            }
        }
        Ok(Self {
            id: read.id,
            row,
            rest: read.rest,
            urgency: Urgency::Now,
            stays_asleep: false,
            heads,
            evicted: Vec::new(),
            to_notify: BTreeSet::new(),
            wakes_crew: false,
            as_read,
            marks,
            window_bytes: cx.settings.window_bytes,
        })
    }

    /// Reads a conversation and `rest` in one round trip. `None` when nothing was written in it.
    pub async fn load(
        cx: &Context,
        id: &ConversationId,
        needs: Needs<'_>,
        consistency: Consistency,
        rest: &[Key],
    ) -> Result<Option<Self>> {
        let update = Self::decode(UndecodedUpdate::read(cx, id, needs, consistency, rest).await?, cx, 0)?;
        Ok(update.row.has_messages().then_some(update))
    }

    /// Reads a conversation and `rest` in one round trip. A pair that does not exist begins `now`.
    pub async fn load_or_new(
        cx: &Context,
        id: &ConversationId,
        consistency: Consistency,
        rest: &[Key],
        now: u64,
    ) -> Result<Self> {
        Self::decode(UndecodedUpdate::read(cx, id, Needs::default(), consistency, rest).await?, cx, now)
    }

    /// [`Self::load`] with the head and the marks of `member`, even if they have left a crew.
    pub async fn load_for(cx: &Context, id: &ConversationId, member: usize, rest: &[Key]) -> Result<Option<Self>> {
        let needs = Needs { member: Some(member), marks: Marks::Own, ..Needs::default() };
        Self::load(cx, id, needs, Consistency::Strong, rest).await
    }

    /// Reads a crew with the marks of its members, and the heads of `users`, who come or go.
    pub async fn load_crew(cx: &Context, id: &ConversationId, users: &[UserId]) -> Result<Self> {
        let needs = Needs { marks: Marks::All, ..Needs::default() };
        Self::decode(UndecodedUpdate::read_crew(cx, id, needs, users, &[]).await?, cx, cx.now())
    }

    /// Takes a user into a crew, whose head was read with it. Answers which member they are.
    pub fn join(&mut self, user: &UserId, now: u64) -> usize {
        let member = self.row.join(user, now);
        self.heads.take_in(member, user);
        self.marks.entry(member).or_insert_with(|| (Condition::Absent, MarksRow::default()));
        member
    }

    /// Whether the conversation is still as it was read.
    pub async fn is_current(&self, cx: &Context) -> Result<bool> {
        let row = cx.db.get(&keys::conversation(&self.id), Consistency::Strong).await?;
        Ok(rows::as_read(row.as_ref()) == self.condition())
    }

    /// Whether the conversation does not exist yet.
    pub fn is_new(&self) -> bool {
        self.as_read.is_none()
    }

    fn condition(&self) -> Condition {
        self.as_read.as_ref().map_or(Condition::Absent, |as_read| as_read.condition)
    }

    /// The head of a member, which was read.
    pub fn head(&self, member: usize) -> Result<&HeadRow> {
        self.heads.get(member)
    }

    /// Changes how much the member may still send.
    pub fn set_bucket(&mut self, member: usize, bucket: Option<Bucket>) -> Result<()> {
        self.heads.change(member, |head| head.bucket = bucket)
    }

    /// Changes how many more edits and reactions the member may make.
    pub fn set_changes(&mut self, member: usize, changes: Option<Bucket>) -> Result<()> {
        self.heads.change(member, |head| head.changes = changes)
    }

    /// Records in the heads of `members` that the conversation, whose row is as it will be stored, moved on from
    /// `before`.
    pub fn bump_heads(&mut self, members: &[usize], before: Position, now: u64) -> Result<()> {
        for member in members {
            // For a former member the crew stays where it was when they left, whatever they still do there.
            let last = self.row.ends_for(*member).at;
            let window = if self.evicted.len() < EVICTIONS { self.window_bytes } else { usize::MAX };
            let mut evicted = None;
            self.heads.change(*member, |head| evicted = head.bump(&self.id, before, last, now, window))?;
            self.evicted.extend(evicted.map(|row| (*member, row)));
            self.to_notify.insert(*member);
        }
        Ok(())
    }

    /// Records for `members` that the conversation moved on from `before`. In a pair that is in their heads. While a crew is awake
    /// its members find it in its row; a sleeping crew wakes, unless it `stays_asleep`, which is in the heads of all members.
    pub fn tell(&mut self, members: &[usize], before: Position, now: u64) -> Result<()> {
        let Some(job) = self.id.crew_job() else { return self.bump_heads(members, before, now) };
        let all = self.row.all_in();
        if self.row.is_asleep() {
            if !self.stays_asleep {
                self.set_awake(job, Some(before), &all)?;
                self.wakes_crew = true;
            }
            self.bump_heads(&all, before, now)?;
        }
        self.to_notify.extend(all);
        Ok(())
    }

    /// Puts a crew to sleep: the heads of its members record its end.
    pub fn fall_asleep(&mut self, job: JobId) -> Result<()> {
        let Some(woke) = self.row.crew.as_ref().and_then(|crew| crew.awake) else { return Ok(()) };
        let all = self.row.all_in();
        self.set_awake(job, None, &all)?;
        // The heads get the position at which it woke and the time of its last change: going to sleep is no change.
        self.bump_heads(&all, woke, self.row.updated)?;
        self.to_notify.clear();
        Ok(())
    }

    fn set_awake(&mut self, job: JobId, awake: Option<Position>, members: &[usize]) -> Result<()> {
        if let Some(crew) = &mut self.row.crew {
            crew.awake = awake;
        }
        members.iter().try_for_each(|member| self.heads.change(*member, |head| head.set_awake(job, awake.is_some())))
    }

    /// Records in the head of a member who joins or leaves whether the crew is awake for them.
    pub fn set_awake_for(&mut self, member: usize, is_awake: bool) -> Result<()> {
        let Some(job) = self.id.crew_job() else { return Ok(()) };
        self.heads.change(member, |head| head.set_awake(job, is_awake))
    }

    /// Adds the memberships of a new pair.
    pub fn put_memberships(&self, commit: CommitBuilder) -> CommitBuilder {
        self.row.users(&self.id).iter().fold(commit, |commit, user| put_membership(commit, user, &self.id))
    }

    /// Carries out `commit`, which also writes the conversation and the heads that changed, on the condition that these
    /// rows are as they were read.
    pub async fn commit(&mut self, cx: &Context, mut commit: CommitBuilder) -> Result<Outcome> {
        let key = keys::conversation(&self.id);
        let roster = self.changed_roster();
        let stored = parts::stripped(&self.row);
        let (row, is_changed) = (rows::encode(&*stored), self.is_changed(&stored));
        let bytes = row.len();
        if is_changed {
            commit = commit.put(key.clone(), self.condition(), row, None);
        }
        if let (Some(value), Some(Stored { roster: Some(as_read), .. })) = (roster, self.crew_as_read()) {
            commit = commit.put(keys::roster(&self.id), *as_read, value, None);
        }
        commit = self.put_marks(commit);
        if let (true, Some(job)) = (self.wakes_crew, self.id.crew_job()) {
            let due = self.row.updated.max(cx.now()) + cx.settings.crew_sleeps_after_ms;
            commit = put_task(cx, commit, due, Work::LetCrewSleep { job: job.get() });
        }
        commit = self.heads.put(commit);
        let users = self.row.users(&self.id);
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
            if is_changed {
                cx.memos.conversations.keep(key, commit.version(), bytes, || stored.into_owned());
            }
            self.heads.keep(cx, commit.version());
            for channel in cx.channels() {
                cx.signal(channel).set();
            }
            let users: Vec<&UserId> = self.to_notify.iter().filter_map(|member| users.get(*member)).collect();
            cx.announcer.moved(&users, &self.id);
        }
        Ok(outcome)
    }

    fn crew_as_read(&self) -> Option<&Stored> {
        self.as_read.as_ref()?.crew.as_ref()
    }

    /// Whether the conversation's own row is to be written: of a crew not where only marks or heads changed.
    fn is_changed(&self, stored: &ConversationRow) -> bool {
        self.crew_as_read().is_none_or(|as_read| *parts::stripped(&as_read.row) != *stored)
    }

    /// The roster, if it changed: with a new revision, which the conversation's row names.
    fn changed_roster(&mut self) -> Option<jobline_store::Bytes> {
        let as_read = self.as_read.as_ref()?.crew.as_ref()?.row.crew.as_ref()?;
        let crew = self.row.crew.as_mut()?;
        if crew.roster == as_read.roster {
            return None;
        }
        crew.revision = as_read.revision + 1;
        parts::roster(&self.row)
    }

    fn put_marks(&self, commit: CommitBuilder) -> CommitBuilder {
        self.marks.iter().fold(commit, |commit, (member, (condition, as_read))| {
            let marks = self.row.members.get(*member).map(|member| as_read.of(member, self.row.log.change));
            match marks.filter(|marks| marks != as_read) {
                Some(marks) => commit.put(keys::marks(&self.id, *member), *condition, rows::encode(&marks), None),
                None => commit,
            }
        })
    }
}

/// Adds that `user` is a member of a conversation.
pub(crate) fn put_membership(commit: CommitBuilder, user: &UserId, id: &ConversationId) -> CommitBuilder {
    commit.put(keys::membership(user, id), Condition::Any, rows::encode(&LAYOUT), None)
}

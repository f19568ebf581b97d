//! Jobs, as the host tells them, and whether they let two users write to each other.

use crate::{
    base::error::{Error, Result},
    base::id::{ConversationId, JobId, UserId},
    base::rows::{self, LAYOUT},
    base::text,
    chat::Chat,
    conversation::watermarks::Mark,
    keys,
    log::change::{ChangeKind, ChangeRow},
};
use jobline_store::{CommitBuilder, Condition, Consistency, Outcome, Range, Row};
use jobline_wire::{Code, HostJob, HostJobInput, JobStatus};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Users who take part in one job.
pub const PARTICIPANTS: usize = 100;
/// How many users' copies go into one commit: two operations each, and room for the job itself.
const CHUNK: usize = 49;

/// `JOB#<id>` / `JOB#<id>`, and a copy for each participant under `USER#<id>`, by which a send finds an open job that two
/// users share in one read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobRow {
    pub v: u8,
    pub id: u64,
    pub title: String,
    pub participants: Vec<String>,
    pub status: JobStatus,
    /// Rises with every change, so that a conversation knows whether its participants were told.
    pub revision: u64,
    /// Who may hold a copy beside the participants, while a change goes on that takes more than one commit.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    copies: BTreeSet<String>,
}

impl JobRow {
    /// Whether it is `wanted` already, and whole.
    fn says(&self, wanted: &Self) -> bool {
        let same = self.title == wanted.title && self.participants == wanted.participants;
        same && self.status == wanted.status && self.copies.is_empty()
    }

    fn includes(&self, user: &UserId) -> bool {
        self.participants.iter().any(|one| one == user.as_str())
    }
}

impl Chat {
    /// Creates or replaces a job, and tells the participants of conversations about it. The same again changes nothing.
    ///
    /// # Errors
    /// `invalid_request`, `unavailable`; after the latter the same call completes what was begun.
    pub async fn put_job(&self, id: JobId, input: HostJobInput) -> Result<HostJob> {
        text::line("title", &input.title)?;
        let participants = check_participants(input.participants)?;
        let (title, status) = (input.title, input.status);
        let job = JobRow { v: LAYOUT, id: id.get(), title, participants, status, revision: 0, copies: BTreeSet::new() };
        let revision = self.replace_job(id, Some(&job)).await?;
        self.tell(id, revision).await?;
        Ok(host_job(job))
    }

    /// A job.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn get_job(&self, id: JobId) -> Result<HostJob> {
        self.job(id, Consistency::Strong).await?.map(host_job).ok_or_else(|| Error::not_found("job"))
    }

    /// Forgets a job: nobody may write because of it any more. No error when there is none.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn delete_job(&self, id: JobId) -> Result<()> {
        let revision = self.replace_job(id, None).await?;
        self.tell(id, revision).await
    }

    /// The job under which `me` may write to `other` now: the one `wanted`, else the one they last wrote about, else any
    /// that is open and shared. One read at most, beyond `row`, the row of the job that is wanted.
    pub(crate) async fn permit(
        &self,
        (me, other): (&UserId, &UserId),
        wanted: Option<(JobId, Option<&Row>)>,
        last: Option<u64>,
        consistency: Consistency,
    ) -> Result<JobRow> {
        if let Some((_, row)) = wanted {
            let job: Option<JobRow> = row.map(rows::decode).transpose()?;
            return permits(job.into_iter(), me, other);
        }
        let mut shared = self.shared_open(me, other, consistency).await?;
        if shared.is_empty() {
            // Nothing will be sent: whether there is a closed job in common only decides which refusal it is.
            let closed = self.jobs(keys::closed_jobs(me)).await?;
            let refusal = permits(closed.into_iter(), me, other);
            if !matches!(&refusal, Err(error) if error.code == Code::NotJobParticipant) {
                return refusal;
            }
            // One that was opened between the two reads was in neither.
            shared = self.shared_open(me, other, Consistency::Strong).await?;
            if shared.is_empty() {
                return refusal;
            }
        }
        let index = shared.iter().position(|job| Some(job.id) == last).unwrap_or(0);
        Ok(shared.swap_remove(index))
    }

    async fn shared_open(&self, me: &UserId, other: &UserId, consistency: Consistency) -> Result<Vec<JobRow>> {
        let open = self.jobs(keys::open_jobs(me, consistency)).await?;
        Ok(open.into_iter().filter(|job| job.includes(other)).collect())
    }

    async fn jobs(&self, copies: Range) -> Result<Vec<JobRow>> {
        let rows = self.range_all(copies).await?;
        rows.iter().map(|(key, row)| self.memos().jobs.decode(key, row)).collect()
    }

    async fn job(&self, id: JobId, consistency: Consistency) -> Result<Option<JobRow>> {
        self.get(&keys::job(id), consistency).await?.as_ref().map(rows::decode).transpose()
    }

    /// Makes `wanted` the job, or makes it no job; answers its revision, 0 for none.
    ///
    /// The job and its copies are one commit, on the condition that nobody else changed the job meanwhile. Where they
    /// are too many, the job first notes who may hold a copy, the copies follow under the same condition, and the job
    /// itself comes last: whatever stops in between, the next change knows which copies to clean up.
    async fn replace_job(&self, id: JobId, wanted: Option<&JobRow>) -> Result<u64> {
        let mut attempts = self.attempts();
        loop {
            let row = self.get(&keys::job(id), Consistency::Strong).await?;
            let known: Option<JobRow> = row.as_ref().map(rows::decode).transpose()?;
            if let Some(same) = known.as_ref().filter(|known| wanted.is_some_and(|wanted| known.says(wanted))) {
                return Ok(same.revision);
            }
            if known.is_none() && wanted.is_none() {
                return Ok(0);
            }
            let condition = row.map_or(Condition::Absent, |row| Condition::Version(row.version));
            let revision = self.now().max(known.as_ref().map_or(0, |known| known.revision) + 1);
            let wanted = wanted.map(|wanted| JobRow { revision, ..wanted.clone() });
            match self.write_job(id, known, wanted.as_ref(), condition).await? {
                Outcome::Committed => return Ok(wanted.map_or(0, |job| job.revision)),
                Outcome::Conflict(keys) => attempts.again(&keys).await?,
            }
        }
    }

    async fn write_job(
        &self,
        id: JobId,
        known: Option<JobRow>,
        wanted: Option<&JobRow>,
        mut condition: Condition,
    ) -> Result<Outcome> {
        let holders = |job: &JobRow| job.participants.iter().chain(&job.copies).cloned().collect::<BTreeSet<_>>();
        let mut users = known.as_ref().map(holders).unwrap_or_default();
        users.extend(wanted.map(holders).unwrap_or_default());
        let users: Vec<UserId> = users.iter().filter_map(|user| UserId::new(user)).collect();
        let (first, rest) = users.split_at(users.len().min(CHUNK));
        if !rest.is_empty() {
            let noted = known.as_ref().or(wanted).expect("users come from one of the two");
            let copies = users.iter().map(UserId::to_string).collect();
            // A job that is new takes nobody in until it is whole.
            let participants = known.as_ref().map(|known| known.participants.clone()).unwrap_or_default();
            let noted = rows::encode(&JobRow { copies, participants, ..noted.clone() });
            let note = self.begin().put(keys::job(id), condition, noted, None).build()?;
            condition = Condition::Version(note.version());
            if let conflict @ Outcome::Conflict(_) = self.carry_out(note).await? {
                return Ok(conflict);
            }
            for chunk in rest.chunks(CHUNK) {
                let copies = put_copies(self.begin(), id, chunk, wanted).check(keys::job(id), condition);
                if let conflict @ Outcome::Conflict(_) = self.commit(copies).await? {
                    return Ok(conflict);
                }
            }
        }
        let last = put_copies(self.begin(), id, first, wanted);
        self.commit(match wanted {
            Some(job) => last.put(keys::job(id), condition, rows::encode(job), None),
            None => last.delete(keys::job(id), condition),
        })
        .await
    }

    /// Makes conversations about the job move whose participants were not told of `revision` yet.
    async fn tell(&self, id: JobId, revision: u64) -> Result<()> {
        for (key, _) in self.range_all(keys::job_conversations(id)).await? {
            if let Some(conversation) = keys::named_conversation(&key) {
                self.tell_one(&conversation, id, revision).await?;
            }
        }
        Ok(())
    }

    async fn tell_one(&self, id: &ConversationId, job: JobId, revision: u64) -> Result<()> {
        let mut attempts = self.attempts();
        attempts.insist();
        loop {
            let now = self.now();
            let Some(mut loaded) = self.load(id, attempts.consistency(), &[]).await? else { return Ok(()) };
            if loaded.row.job.is_none_or(|(about, told)| about != job.get() || told == revision) {
                return Ok(());
            }
            let before = loaded.row.log;
            let change = ChangeRow::next(&loaded.row, ChangeKind::Job, 0, Mark::default(), now);
            loaded.row.job = Some((job.get(), revision));
            loaded.row.append_change(&change);
            loaded.bump([0, 1], before, now);
            let commit = self.begin().put(
                keys::change(id, change.number),
                Condition::Absent,
                rows::encode(&change),
                self.expires(change.at),
            );
            match self.commit_with(&loaded, commit, [0, 1]).await? {
                Outcome::Committed => return Ok(()),
                Outcome::Conflict(keys) => attempts.again(&keys).await?,
            }
        }
    }
}

/// The first of `jobs` that lets `me` write to `other`, or why none does.
fn permits(jobs: impl Iterator<Item = JobRow>, me: &UserId, other: &UserId) -> Result<JobRow> {
    let mut closed = false;
    for job in jobs.filter(|job| job.includes(me) && job.includes(other)) {
        match job.status {
            JobStatus::Open => return Ok(job),
            JobStatus::Closed => closed = true,
        }
    }
    if closed {
        let detail = "The job is closed: its conversations can be read, and nothing can be written about it any more.";
        return Err(Error::new(Code::JobClosed, detail));
    }
    let detail = "You share no open job with this user. The host has to put both of you on one before you can write.";
    Err(Error::new(Code::NotJobParticipant, detail))
}

/// Writes the copies of `wanted` that `users` are to hold, and deletes those they are not to hold.
fn put_copies(commit: CommitBuilder, id: JobId, users: &[UserId], wanted: Option<&JobRow>) -> CommitBuilder {
    users.iter().fold(commit, |commit, user| {
        let (open, closed) = (keys::open_job(user, id), keys::closed_job(user, id));
        match wanted.filter(|job| job.includes(user)) {
            None => commit.delete(open, Condition::Any).delete(closed, Condition::Any),
            Some(job) => {
                let is_open = job.status == JobStatus::Open;
                let (keep, drop) = if is_open { (open, closed) } else { (closed, open) };
                commit.delete(drop, Condition::Any).put(keep, Condition::Any, rows::encode(job), None)
            }
        }
    })
}

fn check_participants(participants: Vec<String>) -> Result<Vec<String>> {
    for user in &participants {
        UserId::parse("participants", user)?;
    }
    let different: BTreeSet<String> = participants.iter().cloned().collect();
    if different.len() != participants.len() {
        return Err(Error::invalid("participants", "participants names somebody twice."));
    }
    if participants.is_empty() || participants.len() > PARTICIPANTS {
        return Err(Error::invalid("participants", format!("participants has 1 to {PARTICIPANTS} user ids.")));
    }
    Ok(participants)
}

fn host_job(row: JobRow) -> HostJob {
    HostJob { id: row.id, title: row.title, participants: row.participants, status: row.status }
}

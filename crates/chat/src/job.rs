//! Jobs, as the host tells them, and whether they let two users write to each other.

use crate::{
    change::{ChangeKind, ChangeRow},
    chat::Chat,
    error::{Error, Result},
    id::{ConversationId, JobId, UserId},
    keys,
    marks::Mark,
    rows::{self, LAYOUT},
    text,
};
use jobline_store::{Condition, Consistency, Key, Outcome, Row};
use jobline_wire::{Code, HostJob, HostJobInput, JobStatus};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Users who take part in one job.
pub const PARTICIPANTS: usize = 100;
/// How many participants' rows go into one commit: two operations each, and room for the job itself.
const CHUNK: usize = 45;

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
}

impl JobRow {
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
        let known = self.job(id, Consistency::Strong).await?;
        let revision = known.as_ref().map_or(0, |job| job.revision);
        let mut job =
            JobRow { v: LAYOUT, id: id.get(), title: input.title, participants, status: input.status, revision };
        if known.as_ref() != Some(&job) {
            job.revision = self.now().max(revision + 1);
            self.write_job(id, known.as_ref(), &job).await?;
        }
        self.tell(id, job.revision).await?;
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
        if let Some(known) = self.job(id, Consistency::Strong).await? {
            for users in known.participants.chunks(CHUNK) {
                let drop = users.iter().filter_map(|user| UserId::new(user)).fold(self.begin(), |commit, user| {
                    commit
                        .delete(keys::open_job(&user, id), Condition::Any)
                        .delete(keys::closed_job(&user, id), Condition::Any)
                });
                self.commit_unconditionally(drop).await?;
            }
            self.commit_unconditionally(self.begin().delete(keys::job(id), Condition::Any)).await?;
        }
        self.tell(id, 0).await
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
        let open = self.range_all(keys::open_jobs(me, consistency)).await?;
        let mut shared = jobs(open)?.into_iter().filter(|job| job.includes(other)).peekable();
        if shared.peek().is_some() {
            let mut shared: Vec<JobRow> = shared.collect();
            let index = shared.iter().position(|job| Some(job.id) == last).unwrap_or(0);
            return Ok(shared.swap_remove(index));
        }
        // Nothing will be sent: whether there is a closed job in common only decides which refusal it is.
        let closed = self.range_all(keys::closed_jobs(me)).await?;
        permits(jobs(closed)?.into_iter().filter(|job| job.includes(other)), me, other)
    }

    async fn job(&self, id: JobId, consistency: Consistency) -> Result<Option<JobRow>> {
        self.get(&keys::job(id), consistency).await?.as_ref().map(rows::decode).transpose()
    }

    /// Writes the participants' rows, then the job: until the last commit a repeated call finds the old job and does
    /// all of it again. With few participants there is one commit.
    async fn write_job(&self, id: JobId, known: Option<&JobRow>, job: &JobRow) -> Result<()> {
        let value = rows::encode(job);
        let stays: BTreeSet<&str> = job.participants.iter().map(String::as_str).collect();
        let left = known.map(|known| known.participants.as_slice()).unwrap_or_default().iter().map(String::as_str);
        let users: Vec<&str> = left.filter(|user| !stays.contains(user)).chain(stays.iter().copied()).collect();
        let mut chunks = users.chunks(CHUNK).peekable();
        while let Some(chunk) = chunks.next() {
            let mut commit = self.begin();
            for (user, text) in chunk.iter().filter_map(|user| Some((UserId::new(user)?, user))) {
                let (open, closed) = (keys::open_job(&user, id), keys::closed_job(&user, id));
                let (keep, drop) = if job.status == JobStatus::Open { (open, closed) } else { (closed, open) };
                commit = commit.delete(drop, Condition::Any);
                commit = match stays.contains(text) {
                    true => commit.put(keep, Condition::Any, value.clone(), None),
                    false => commit.delete(keep, Condition::Any),
                };
            }
            if chunks.peek().is_none() {
                commit = commit.put(keys::job(id), Condition::Any, value.clone(), None);
            }
            self.commit_unconditionally(commit).await?;
        }
        Ok(())
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
            let commit = loaded.put(self.begin(), [0, 1]).put(
                keys::change(id, change.number),
                Condition::Absent,
                rows::encode(&change),
                self.expires(change.at),
            );
            match self.commit(commit).await? {
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

fn jobs(rows: Vec<(Key, Row)>) -> Result<Vec<JobRow>> {
    rows.iter().map(|(_, row)| rows::decode(row)).collect()
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

//! Jobs, as the host defines them.

use super::job_row::JobRow;
use crate::{
    base::{
        attempts::Attempts,
        error::{Error, Result},
        id::{JobId, UserId},
        rows::{self, LAYOUT},
        text,
    },
    context::Context,
    conversation::crew,
    keys,
    tasks::{
        row::Work,
        run::{self, Task},
    },
};
use jobline_store::{CommitBuilder, Condition, Consistency, Key, Outcome, Version};
use jobline_wire::{CrewHistory, HostJob, HostJobInput, JobStatus, limits::PARTICIPANTS};
use std::collections::BTreeSet;

/// How many users' copies go into one commit: two operations each, and room for the job and a task.
const CHUNK: usize = 49;

/// Creates or replaces a job. A task updates the conversations about it. The same again changes nothing.
///
/// # Errors
/// `invalid_request`, `unavailable`; after the latter the same call completes what was begun.
pub(crate) async fn put(cx: &Context, id: JobId, input: HostJobInput) -> Result<HostJob> {
    text::line("title", &input.title)?;
    let participants = check_participants(input.participants)?;
    let (title, status) = (input.title, input.status);
    let crew_history = input.crew_history.unwrap_or_default();
    let copies = BTreeSet::new();
    let job = JobRow { v: LAYOUT, id: id.get(), title, participants, status, crew_history, revision: 0, copies };
    replace(cx, id, Some(&job), None).await?;
    Ok(host_job(job))
}

/// A job.
///
/// # Errors
/// `not_found`, `unavailable`.
pub(crate) async fn get(cx: &Context, id: JobId) -> Result<HostJob> {
    let row = cx.db.get(&keys::job(id), Consistency::Strong).await?;
    let job: Option<JobRow> = row.as_ref().map(rows::decode).transpose()?;
    job.map(host_job).ok_or_else(|| Error::not_found("job"))
}

/// Deletes a job: it permits nobody to write any more. No error when there is none.
///
/// Only the job's row says who its participants are, so its crew is updated before the row is deleted.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn delete(cx: &Context, id: JobId) -> Result<()> {
    loop {
        let Some(followed) = crew::current(cx, id).await?.job else { return Ok(()) };
        if replace(cx, id, None, Some(followed.revision)).await? {
            return Ok(());
        }
    }
}

/// Stores the job `wanted`, or deletes the job where there is none.
///
/// The job and its copies are one commit, on the condition that nobody else changed the job meanwhile. If the copies are
/// too many for one commit, the job first notes who may hold a copy, the copies follow under the same condition, and the
/// job itself comes last: wherever this is interrupted, the next change knows which copies to clean up.
///
/// `false`, and nothing is stored, where the stored job has another revision than `only`.
async fn replace(cx: &Context, id: JobId, wanted: Option<&JobRow>, only: Option<u64>) -> Result<bool> {
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let row = cx.db.get(&keys::job(id), Consistency::Strong).await?;
        let stored: Option<JobRow> = row.as_ref().map(rows::decode).transpose()?;
        match (&stored, wanted) {
            (Some(stored), Some(wanted)) if stored.is_already(wanted) => return Ok(true),
            (None, None) => return Ok(true),
            (Some(stored), _) if only.is_some_and(|only| only != stored.revision) => return Ok(false),
            _ => {}
        }
        let condition = rows::as_read(row.as_ref());
        let revision = cx.now().max(stored.as_ref().map_or(0, |stored| stored.revision) + 1);
        let wanted = wanted.map(|wanted| JobRow { revision, ..wanted.clone() });
        let revision = wanted.as_ref().map_or(0, |job| job.revision);
        let telling = Task::new(cx, Work::TellJob { job: id.get(), revision, after: None });
        match write(cx, id, stored.as_ref(), wanted.as_ref(), condition, &telling).await? {
            Ok(version) => {
                announce(cx, stored.as_ref(), wanted.as_ref());
                // The update waits for its own turns.
                drop(attempts);
                run::begin(cx, telling, version).await;
                return Ok(true);
            }
            Err(conflict) => attempts.after_conflict(&conflict).await?,
        }
    }
}

/// Announces that the participants of a job may see each other from now on, or no longer.
fn announce(cx: &Context, before: Option<&JobRow>, after: Option<&JobRow>) {
    let open = |job: Option<&JobRow>| -> BTreeSet<String> {
        let open = job.filter(|job| job.status == JobStatus::Open);
        open.map(|job| job.participants.iter().cloned().collect()).unwrap_or_default()
    };
    let (before, after) = (open(before), open(after));
    if before != after {
        let users: Vec<UserId> = before.union(&after).filter_map(|user| UserId::new(user)).collect();
        cx.announcer.relations_changed(&users.iter().collect::<Vec<_>>());
    }
}

/// Answers with which version the rows were written, or the keys of those that others changed meanwhile.
async fn write(
    cx: &Context,
    id: JobId,
    stored: Option<&JobRow>,
    wanted: Option<&JobRow>,
    mut condition: Condition,
    telling: &Task,
) -> Result<std::result::Result<Version, Vec<Key>>> {
    let mut users = stored.map(JobRow::holders).unwrap_or_default();
    users.extend(wanted.map(JobRow::holders).unwrap_or_default());
    let users: Vec<UserId> = users.iter().filter_map(|user| UserId::new(user)).collect();
    let (first, rest) = users.split_at(users.len().min(CHUNK));
    if !rest.is_empty() {
        let noted = note_copies(stored, wanted, &users);
        let note = cx.db.begin().put(keys::job(id), condition, rows::encode(&noted), None).build()?;
        condition = Condition::Version(note.version());
        if let Outcome::Conflict(keys) = cx.db.commit_built(&note).await? {
            return Ok(Err(keys));
        }
        for chunk in rest.chunks(CHUNK) {
            let copies = put_copies(cx.db.begin(), id, chunk, wanted).check(keys::job(id), condition);
            if let Outcome::Conflict(keys) = cx.db.commit(copies).await? {
                return Ok(Err(keys));
            }
        }
    }
    let last = telling.put(put_copies(cx.db.begin(), id, first, wanted));
    let last = match wanted {
        Some(job) => last.put(keys::job(id), condition, rows::encode(job), None),
        None => last.delete(keys::job(id), condition),
    };
    let last = last.build()?;
    Ok(match cx.db.commit_built(&last).await? {
        Outcome::Committed => Ok(last.version()),
        Outcome::Conflict(keys) => Err(keys),
    })
}

/// The job as it was before the change, with everybody who may hold a copy while the change is under way.
fn note_copies(stored: Option<&JobRow>, wanted: Option<&JobRow>, users: &[UserId]) -> JobRow {
    let job = stored.or(wanted).expect("users come from one of the two");
    let copies = users.iter().map(UserId::to_string).collect();
    // A new job has no participants until it is complete.
    let participants = stored.map(|stored| stored.participants.clone()).unwrap_or_default();
    JobRow { copies, participants, ..job.clone() }
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
        return Err(Error::invalid("participants", "participants names a user twice."));
    }
    if participants.is_empty() || participants.len() > PARTICIPANTS {
        return Err(Error::invalid("participants", format!("participants has 1 to {PARTICIPANTS} user ids.")));
    }
    Ok(participants)
}

fn host_job(row: JobRow) -> HostJob {
    let crew_history = (row.crew_history != CrewHistory::default()).then_some(row.crew_history);
    HostJob { id: row.id, title: row.title, participants: row.participants, status: row.status, crew_history }
}

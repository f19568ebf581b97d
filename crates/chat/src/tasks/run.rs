//! Running tasks: at once by the server whose commit caused them, later by any.

use super::row::{TaskRow, Work};
use crate::{
    base::{
        clock::nanoid,
        error::{Error, Result},
        id::{JobId, UserId},
        rows::{self, LAYOUT},
    },
    context::Context,
    conversation::sleep,
    host::announce,
    keys,
    messages::calls,
};
use jobline_store::{CommitBuilder, Condition, Key, Outcome, Row, Version};
use jobline_wire::Code;

/// For how long the server that runs a task has its lease. Also how long a task waits after a step that failed.
const LEASE_MS: u64 = 30_000;
/// With less than this left, a lease is renewed after a step.
const RENEW_MS: u64 = 15_000;
/// For how long the call that caused a task works on it before it answers.
const AT_ONCE_MS: u64 = 200;

/// A task that this server may work on until its lease ends.
pub(crate) struct Task {
    key: Key,
    row: TaskRow,
    leased_until: u64,
}

impl Task {
    /// A new task, leased to this server.
    pub fn new(cx: &Context, work: Work) -> Self {
        Self::at(cx, cx.now() + LEASE_MS, work)
    }

    /// A new task for the instant `due`, for any server.
    pub fn at(cx: &Context, due: u64, work: Work) -> Self {
        let key = keys::task(due, &nanoid(&*cx.random));
        Self { key, row: TaskRow { v: LAYOUT, work }, leased_until: due }
    }

    /// Adds it to the commit that causes it.
    pub fn put(&self, commit: CommitBuilder) -> CommitBuilder {
        commit.put(self.key.clone(), Condition::Absent, rows::encode(&self.row), None)
    }
}

/// Works on a task whose row was just written with `version`, for a moment. The rest is done in the background; so is
/// everything if the store fails meanwhile.
pub(crate) async fn begin(cx: &Context, task: Task, version: Version) {
    let until = cx.now() + AT_ONCE_MS;
    let _later_if_it_failed = work_on(cx, task, version, until).await;
}

/// Runs the tasks that are due, until the instant `until`. Answers how many were finished.
///
/// # Errors
/// `unavailable`: some tasks may have failed. They are due again when their leases end.
pub(crate) async fn run_due(cx: &Context, until: u64) -> Result<usize> {
    let (mut range, mut finished, mut failure) = (keys::due_tasks(cx.now()), 0, None);
    loop {
        let page = cx.db.page(&range).await?;
        for (key, row) in page.rows {
            if cx.now() >= until {
                return failure.map_or(Ok(finished), Err);
            }
            match run_one(cx, key, row, until).await {
                Ok(done) => finished += usize::from(done),
                Err(error) => failure = Some(error),
            }
        }
        match page.next {
            Some(next) => range = range.after(&next),
            None => return failure.map_or(Ok(finished), Err),
        }
    }
}

/// Makes due what a process was working on that has ended. What is due at an instant of its own is left to that instant.
///
/// # Errors
/// `unavailable`: the rest is due when its leases end.
pub(crate) async fn end_leases(cx: &Context) -> Result<()> {
    let now = cx.now();
    let mut range = keys::later_tasks(now, now + LEASE_MS);
    loop {
        let page = cx.db.page(&range).await?;
        for (key, found) in page.rows {
            let row: TaskRow = rows::decode(&found)?;
            if matches!(row.work, Work::TellJob { .. } | Work::TellPerson { .. }) {
                let task = Task { key, row, leased_until: 0 };
                move_to(cx, &task, found.version, now).await?;
            }
        }
        match page.next {
            Some(next) => range = range.after(&next),
            None => return Ok(()),
        }
    }
}

/// Takes a task and works on it until the instant `until`. Answers whether it is finished.
async fn run_one(cx: &Context, key: Key, found: Row, until: u64) -> Result<bool> {
    let row: TaskRow = rows::decode(&found)?;
    if row.work == Work::Unknown {
        return Ok(false);
    }
    let found_task = Task { key, row, leased_until: 0 };
    match move_to(cx, &found_task, found.version, cx.now() + LEASE_MS).await? {
        Some((task, version)) => work_on(cx, task, version, until).await,
        None => Ok(false),
    }
}

/// Works on a task until it is finished, or until the instant `until`. Answers whether it is finished.
async fn work_on(cx: &Context, mut task: Task, mut version: Version, until: u64) -> Result<bool> {
    while let Some(rest) = step(cx, &task.row.work).await? {
        task.row.work = rest;
        let now = cx.now();
        if now >= until {
            move_to(cx, &task, version, now).await?;
            cx.unfinished.set();
            return Ok(false);
        }
        if task.leased_until < now + RENEW_MS {
            let Some(renewed) = move_to(cx, &task, version, now + LEASE_MS).await? else { return Ok(false) };
            (task, version) = renewed;
        }
    }
    let done = cx.db.begin().delete(task.key, Condition::Version(version));
    Ok(cx.db.commit(done).await? == Outcome::Committed)
}

/// Makes a task due at another time, with what is left of its work. `None` if another server took it meanwhile.
async fn move_to(cx: &Context, task: &Task, version: Version, due: u64) -> Result<Option<(Task, Version)>> {
    let key = keys::task(due, &nanoid(&*cx.random));
    let commit = cx.db.begin().delete(task.key.clone(), Condition::Version(version));
    let commit = commit.put(key.clone(), Condition::Absent, rows::encode(&task.row), None).build()?;
    let moved = Task { key, row: task.row.clone(), leased_until: due };
    let outcome = cx.db.commit_built(&commit).await?;
    Ok((outcome == Outcome::Committed).then(|| (moved, commit.version())))
}

/// Does a bounded part of the work. Answers what is left.
async fn step(cx: &Context, work: &Work) -> Result<Option<Work>> {
    match work {
        Work::TellJob { job, revision, after } => {
            let Ok(id) = JobId::parse(*job) else { return Ok(None) };
            let after = announce::job_changed(cx, id, *revision, after.as_deref()).await?;
            Ok(after.map(|after| Work::TellJob { job: *job, revision: *revision, after: Some(after) }))
        }
        Work::TellPerson { user, after } => {
            let Some(id) = UserId::new(user) else { return Ok(None) };
            let after = announce::person_changed(cx, &id, after.as_deref()).await?;
            Ok(after.map(|after| Work::TellPerson { user: user.clone(), after: Some(after) }))
        }
        Work::EndUnansweredCall { call, caller } => {
            let Some(caller) = UserId::new(caller) else { return Ok(None) };
            unless_gone(calls::end_unanswered(cx, &caller, call).await)
        }
        Work::EndAbandonedCall { call, caller } => {
            let Some(caller) = UserId::new(caller) else { return Ok(None) };
            unless_gone(calls::end_abandoned(cx, &caller, call).await)
        }
        Work::LetCrewSleep { job } => {
            let Ok(job) = JobId::parse(*job) else { return Ok(None) };
            sleep::let_sleep(cx, job).await.map(|()| None)
        }
        Work::Unknown => Ok(None),
    }
}

/// Nothing is left to do, also where the message was deleted or has expired.
fn unless_gone(done: Result<()>) -> Result<Option<Work>> {
    match done {
        Err(Error { code: Code::NotFound, .. }) | Ok(()) => Ok(None),
        Err(error) => Err(error),
    }
}

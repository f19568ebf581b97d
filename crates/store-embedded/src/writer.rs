//! The one thread that writes.
//!
//! It takes what is queued, decides each commit, writes all commits that hold as one durable batch, and only then answers.
//! While the disk syncs, the next group gathers. So concurrent commits share a sync, and a single one does not wait.

use crate::codec;
use crate::error::{guarded, read_error};
use crate::group::{Base, Group, Prepared};
use crate::jobs::{Job, Replies, Swept, Waiting, common_runtime};
use crate::shared::{Shared, closed};
use crate::supervisor::{Supervisor, Written};
use crate::tokens::Tokens;
use fjall::Keyspace;
use jobline_store::{Error, Outcome};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Instant;
use tokio::sync::oneshot;

/// Commits in one group, and about how many bytes: a group in the journal is read and kept in memory whole.
const GROUP_COMMITS: usize = 1024;
const GROUP_BYTES: usize = 4 * 1024 * 1024;
/// Rows that one job of the sweep deletes, so that commits do not wait for long.
const SWEEP_ROWS: usize = 256;

pub(crate) struct Writer {
    shared: Arc<Shared>,
    supervisor: Supervisor,
    tokens: Tokens,
    /// The expiry index has no entries before this.
    swept: u64,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, supervisor: Supervisor) -> Self {
        Self { shared, supervisor, tokens: Tokens::default(), swept: 0 }
    }

    /// Works until the store is closed or nobody can send jobs any more.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            match self.next(jobs) {
                Ok(job) => {
                    if let Some(reply) = self.work(job, jobs) {
                        return self.close(jobs, reply);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.supervisor.close(),
            }
            self.supervisor.tick();
        }
    }

    fn next(&self, jobs: &Receiver<Job>) -> Result<Job, RecvTimeoutError> {
        match self.supervisor.due() {
            Some(due) => jobs.recv_timeout(due.saturating_duration_since(Instant::now())),
            None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    /// Does `first` and the jobs queued behind it. Returns the reply of a request to close, which ends the work.
    fn work(&mut self, first: Job, jobs: &Receiver<Job>) -> Option<oneshot::Sender<()>> {
        let mut commits = Vec::new();
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Commit(commit, waiting) => {
                    bytes += commit.bytes;
                    commits.push((commit, waiting));
                }
                Job::Sweep { now, limit, reply } => {
                    self.commit(std::mem::take(&mut commits), std::mem::take(&mut bytes));
                    let _ = reply.send(self.sweep(now, limit));
                }
                Job::Examine => self.supervisor.examine(),
                Job::Close(reply) => {
                    self.commit(commits, bytes);
                    return Some(reply);
                }
            }
            next = if commits.len() < GROUP_COMMITS && bytes < GROUP_BYTES { jobs.try_recv().ok() } else { None };
        }
        self.commit(commits, bytes);
        None
    }

    fn close(&mut self, jobs: &Receiver<Job>, reply: oneshot::Sender<()>) {
        self.supervisor.close();
        for job in jobs.try_iter() {
            match job {
                Job::Commit(_, waiting) => drop(waiting.reply.send(Err(closed()))),
                Job::Sweep { reply, .. } => drop(reply.send(Err(closed()))),
                Job::Examine | Job::Close(_) => {}
            }
        }
        // The caller may have gone.
        let _ = reply.send(());
    }

    fn commit(&mut self, commits: Vec<(Prepared, Waiting)>, bytes: usize) {
        if commits.is_empty() {
            return;
        }
        let count = commits.len();
        let runtime = common_runtime(&commits);
        let (group, mut replies) = self.decide(commits, bytes);
        if let Err(error) = self.write(&group) {
            replies.fail(&error);
        }
        self.shared.queued.fetch_sub(count, Ordering::Relaxed);
        replies.send(runtime);
    }

    /// The changes of the commits whose conditions hold, and what each caller is to be told once they are written.
    fn decide(&mut self, commits: Vec<(Prepared, Waiting)>, bytes: usize) -> (Group, Replies) {
        let mut group = Group::of(commits.len());
        let mut replies = Vec::with_capacity(commits.len());
        let ready = self.supervisor.ready(bytes as u64);
        for (commit, waiting) in commits {
            let outcome = match &ready {
                Err(error) => Err(error.clone()),
                Ok(_) if self.tokens.contains(commit.token()) => Ok(Outcome::Committed),
                Ok(rows) => group.decide(commit, &Base { cache: &self.shared.cache, rows }),
            };
            replies.push((waiting.reply, outcome));
        }
        (group, Replies(replies))
    }

    /// Writes `group` durably. The caller holds no handle to the rows: it would keep the database from being opened again.
    fn write(&mut self, group: &Group) -> Result<(), Error> {
        if group.is_empty() {
            return Ok(());
        }
        // Before the write, whose outcome may stay unknown.
        self.swept = group.earliest_expiry().map_or(self.swept, |expires| self.swept.min(expires));
        self.shared.cache.begin(group.keys());
        self.shared.ranges.begin(group.keys());
        match self.supervisor.write(group) {
            Ok(Written::AtFirst) => {
                self.shared.cache.end(group.rows());
                self.shared.ranges.end(group.keys());
            }
            Ok(Written::AfterReopening) => self.shared.abandon_writes(),
            Err(error) => {
                self.shared.abandon_writes();
                return Err(error);
            }
        }
        group.tokens().for_each(|token| self.tokens.insert(token));
        Ok(())
    }

    fn sweep(&mut self, now: u64, limit: usize) -> Result<Swept, Error> {
        let mut swept = Swept { rows: 0, more: false };
        if now <= self.swept {
            return Ok(swept);
        }
        let rows = self.supervisor.ready(0)?;
        let mut group = Group::default();
        let reached = guarded(|| self.collect_due(&rows, now, limit, &mut group, &mut swept))?;
        drop(rows);
        self.write(&group)?;
        self.swept = reached;
        Ok(swept)
    }

    /// Adds the deletion of what is due before `now` to `group`; returns the time before which nothing is left then.
    fn collect_due(
        &self,
        rows: &Keyspace,
        now: u64,
        limit: usize,
        group: &mut Group,
        swept: &mut Swept,
    ) -> Result<u64, Error> {
        let base = Base { cache: &self.shared.cache, rows };
        let due = rows.range(codec::expiry_from(self.swept)..codec::expiry_from(now));
        for (entries, entry) in due.enumerate() {
            let entry = entry.key().map_err(read_error)?;
            if swept.rows == limit.min(SWEEP_ROWS) || entries == 4 * SWEEP_ROWS {
                swept.more = true;
                return Ok(codec::split_expiry_key(&entry)?.0);
            }
            swept.rows += usize::from(group.expire(&entry, &base)?);
        }
        Ok(now)
    }
}

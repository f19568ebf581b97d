//! The thread that decides commits.
//!
//! It takes queued commits and decides each of them while the writer writes the previous group to the disk. So a commit is
//! decided against three layers: the changes of its own group, those of the group being written, and the rows that readers
//! see. A group is handed over as soon as the writer is idle; its commits are answered when it is on the disk. If the
//! previous group fails, everything decided upon it is refused, since nothing of it was written.

use crate::error::guarded;
use crate::group::{Base, Group, Prepared};
use crate::jobs::{Job, Replies, Waiting};
use crate::shared::{Shared, closed};
use crate::supervisor::{Supervisor, Written};
use crate::tokens::Tokens;
use crate::writer::{Decided, Disk, Done};
use jobline_store::{Error, Outcome};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;
use tokio::sync::oneshot;

/// Commits in one group, and about how many bytes: a group in the journal is read and kept in memory whole.
const GROUP_COMMITS: usize = 1024;
const GROUP_BYTES: usize = 4 * 1024 * 1024;

pub(crate) struct Decider {
    pub(crate) shared: Arc<Shared>,
    disk: Disk,
    jobs: Receiver<Job>,
    /// Jobs that came while a full group, or a job outside of a group, waited for the writer. `Options::queue` bounds them.
    deferred: VecDeque<Job>,
    /// The group that is being decided.
    group: Group,
    bytes: usize,
    replies: Replies,
    /// The group that the writer has.
    writing: Option<Arc<Group>>,
    writer: Writer,
    /// When the supervisor's own next work is due.
    due: Option<Instant>,
    tokens: Tokens,
    /// The expiry index has no entries before this.
    pub(crate) swept: u64,
}

/// The writer's thread.
struct Writer {
    groups: Sender<Decided>,
    done: Receiver<Done>,
    thread: JoinHandle<()>,
}

impl Writer {
    fn start(disk: Disk, jobs: Sender<Job>) -> io::Result<Self> {
        let ((groups, received), (send_done, done)) = (mpsc::channel(), mpsc::channel());
        let run = move || disk.run(&received, &send_done, jobs);
        Ok(Self { groups, done, thread: Builder::new().name("store-writer".into()).spawn(run)? })
    }

    /// Returns when the thread has ended, and with it its handle to the database.
    fn end(self) {
        drop(self.groups);
        // If it panicked, the next start reads the journal.
        let _ = self.thread.join();
    }
}

impl Decider {
    /// Starts the writer's thread. `wake` sends to `jobs`.
    pub(crate) fn new(shared: Arc<Shared>, disk: Disk, jobs: Receiver<Job>, wake: Sender<Job>) -> io::Result<Self> {
        let writer = Writer::start(disk.clone(), wake)?;
        Ok(Self {
            shared,
            disk,
            jobs,
            deferred: VecDeque::new(),
            group: Group::default(),
            bytes: 0,
            replies: Replies::default(),
            writing: None,
            writer,
            due: None,
            tokens: Tokens::default(),
            swept: 0,
        })
    }

    /// Works until the store is closed.
    pub(crate) fn run(mut self) {
        loop {
            match self.next() {
                Ok(Job::Commit(commit, waiting)) => self.decide(commit, waiting),
                Ok(Job::Sweep { now, limit, reply }) => drop(reply.send(self.sweep(now, limit))),
                Ok(Job::Examine) => {
                    self.finish_group();
                    self.supervise(Supervisor::examine);
                }
                Ok(Job::Written) => {}
                Ok(Job::Close(reply)) => return self.close(reply),
                Err(RecvTimeoutError::Timeout) => self.supervise(Supervisor::tick),
                // The writer's thread holds a sender, and has ended only if it panicked.
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// The next job. Hands the group over when the writer is idle and no job is queued, or when the group is full.
    fn next(&mut self) -> Result<Job, RecvTimeoutError> {
        loop {
            self.note_written()?;
            let full = self.replies.len() >= GROUP_COMMITS || self.bytes >= GROUP_BYTES;
            let queued = if full { None } else { self.queued()? };
            if let Some(job) = queued {
                return Ok(job);
            }
            if self.writing.is_none() && self.replies.len() > 0 {
                self.hand_over();
                continue;
            }
            match self.receive()? {
                Job::Written => {}
                job if full => self.deferred.push_back(job),
                job => return Ok(job),
            }
        }
    }

    fn queued(&mut self) -> Result<Option<Job>, RecvTimeoutError> {
        if let Some(job) = self.deferred.pop_front() {
            return Ok(Some(job));
        }
        match self.jobs.try_recv() {
            Ok(job) => Ok(Some(job)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
        }
    }

    fn receive(&self) -> Result<Job, RecvTimeoutError> {
        match self.due.filter(|_| self.writing.is_none()) {
            Some(due) => self.jobs.recv_timeout(due.saturating_duration_since(Instant::now())),
            None => self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    /// Uses the supervisor while the writer is idle.
    fn supervise<T>(&mut self, work: impl FnOnce(&mut Supervisor) -> T) -> T {
        let mut supervisor = self.disk.supervisor();
        let result = work(&mut supervisor);
        self.due = supervisor.due();
        result
    }

    fn decide(&mut self, commit: Prepared, waiting: Waiting) {
        self.bytes += commit.bytes;
        let outcome = self.outcome(commit);
        self.replies.push(waiting, outcome);
    }

    fn outcome(&mut self, commit: Prepared) -> Result<Outcome, Error> {
        if self.tokens.contains(commit.token()) {
            return Ok(Outcome::Committed);
        }
        if !self.shared.is_open() {
            // The group being written may fail for the same reason, and then the one being decided is refused as well.
            self.wait_for_writer();
            self.supervise(|supervisor| supervisor.ready(commit.bytes as u64))?;
        }
        let Self { shared, group, writing, .. } = self;
        shared.read(|rows| {
            guarded(|| group.decide(commit, &Base { writing: writing.as_deref(), cache: &shared.cache, rows }))
        })
    }

    /// Gives the group to the writer, which is idle. A commit that is alone is written on this thread, which saves a
    /// handover.
    fn hand_over(&mut self) {
        let replies = std::mem::take(&mut self.replies);
        let group = Arc::new(std::mem::take(&mut self.group));
        let bytes = std::mem::take(&mut self.bytes);
        if group.is_empty() {
            return replies.send(&self.shared.queued);
        }
        self.begin(&group);
        if replies.len() == 1 {
            let done = self.disk.write(Decided { group, bytes, replies });
            return self.end(done);
        }
        self.replies = Replies::of(replies.len());
        self.group = Group::of(replies.len());
        // Fails if its thread panicked, which is noticed before the next job: the callers get an unknown outcome.
        let _ = self.writer.groups.send(Decided { group, bytes, replies });
    }

    /// Finishes what was decided, and opens the database if it is not open.
    pub(crate) fn settle(&mut self) -> Result<(), Error> {
        self.finish_group();
        self.supervise(|supervisor| supervisor.ready(0))
    }

    /// Writes a group that answers no commit, while the writer is idle.
    pub(crate) fn write_alone(&mut self, group: Group) -> Result<(), Error> {
        if group.is_empty() {
            return Ok(());
        }
        let group = Arc::new(group);
        self.begin(&group);
        let done = self.disk.write(Decided { group, bytes: 0, replies: Replies::default() });
        let written = done.written.clone().map(|_| ());
        self.end(done);
        written
    }

    /// Before a group is written: its outcome may stay unknown.
    fn begin(&mut self, group: &Arc<Group>) {
        self.swept = group.earliest_expiry().map_or(self.swept, |expires| self.swept.min(expires));
        self.shared.cache.begin(group.keys());
        self.shared.ranges.begin(group.keys());
        self.writing = Some(Arc::clone(group));
    }

    /// After a group was written, or failed.
    fn end(&mut self, done: Done) {
        self.due = done.due;
        let Some(group) = self.writing.take() else { return };
        match &done.written {
            Ok(Written::AtFirst) => {
                self.shared.cache.end(group.rows());
                self.shared.ranges.end(group.keys());
            }
            Ok(Written::AfterReopening) => {}
            Err(error) => return self.refuse(error),
        }
        group.tokens().for_each(|token| self.tokens.insert(token));
    }

    /// Refuses what was decided upon a group that failed.
    fn refuse(&mut self, cause: &Error) {
        let mut replies = std::mem::take(&mut self.replies);
        replies.fail(&Error::Unavailable(format!("the previous group was not written: {cause}")));
        replies.send(&self.shared.queued);
        self.group = Group::default();
        self.bytes = 0;
    }

    /// Notes that the writer has finished. Fails if its thread has ended, which it does only by a panic.
    fn note_written(&mut self) -> Result<(), RecvTimeoutError> {
        if self.writing.is_some() {
            match self.writer.done.try_recv() {
                Ok(done) => self.end(done),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
            }
        }
        Ok(())
    }

    /// Waits until the writer is idle.
    fn wait_for_writer(&mut self) {
        if self.writing.is_some()
            && let Ok(done) = self.writer.done.recv()
        {
            self.end(done);
        }
    }

    /// Waits until everything that was decided is on the disk.
    fn finish_group(&mut self) {
        self.wait_for_writer();
        if self.replies.len() > 0 {
            self.hand_over();
            self.wait_for_writer();
        }
    }

    fn close(mut self, reply: Option<oneshot::Sender<()>>) {
        self.finish_group();
        self.writer.end();
        self.disk.supervisor().close();
        for job in self.deferred.into_iter().chain(self.jobs.try_iter()) {
            match job {
                Job::Commit(_, waiting) => drop(waiting.reply.send(Err(closed()))),
                Job::Sweep { reply, .. } => drop(reply.send(Err(closed()))),
                Job::Close(Some(reply)) => drop(reply.send(())),
                Job::Examine | Job::Written | Job::Close(None) => {}
            }
        }
        // The caller may have gone.
        let _ = reply.map(|reply| reply.send(()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::RowCache;
    use crate::folder;
    use crate::options::Options;
    use crate::ranges::RangeCache;
    use jobline_store::{Commit, Condition, Key, Token};
    use std::path::Path;

    fn decider(folder: &Path) -> Decider {
        let options = Options::default();
        let opened = folder::open(folder, &options).unwrap();
        let caches = (RowCache::new(1 << 20), RangeCache::new(1 << 20));
        let shared = Arc::new(Shared::new(caches.0, caches.1, opened.db.rows().clone()));
        let disk =
            Disk::new(Supervisor::new(folder, options, opened, Arc::clone(&shared)).unwrap(), Arc::clone(&shared));
        let (jobs, queued) = mpsc::channel();
        Decider::new(shared, disk, queued, jobs).unwrap()
    }

    fn put(token: u128, condition: Condition) -> Prepared {
        let key = Key::new("PARTITION", "ROW");
        Prepared::new(&Commit::builder(Token(token)).put(key, condition, "value", None).build().unwrap()).unwrap()
    }

    /// Decides `commit`; its caller's answer arrives at the receiver.
    fn decide(decider: &mut Decider, commit: Prepared) -> oneshot::Receiver<Result<Outcome, Error>> {
        let (reply, answer) = oneshot::channel();
        decider.shared.queued.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        decider.decide(commit, Waiting { reply, runtime: None });
        answer
    }

    /// Takes the decided group as if the writer had it.
    fn begin_writing(decider: &mut Decider) -> Replies {
        let group = Arc::new(std::mem::take(&mut decider.group));
        decider.begin(&group);
        std::mem::take(&mut decider.replies)
    }

    #[test]
    fn a_commit_is_decided_upon_the_group_being_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut decider = decider(folder.path());
        let _first = decide(&mut decider, put(1, Condition::Absent));
        let _replies = begin_writing(&mut decider);
        let mut repeated = decide(&mut decider, put(1, Condition::Absent));
        let mut other = decide(&mut decider, put(2, Condition::Absent));
        assert!(repeated.try_recv().is_err(), "answered before the group is on the disk");
        decider.end(Done { written: Ok(Written::AtFirst), due: None });
        decider.finish_group();
        assert!(matches!(repeated.try_recv().unwrap(), Ok(Outcome::Committed)));
        assert!(matches!(other.try_recv().unwrap(), Ok(Outcome::Conflict(_))));
    }

    #[test]
    fn commits_decided_on_a_failed_group_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut decider = decider(folder.path());
        let _first = decide(&mut decider, put(1, Condition::Absent));
        let _replies = begin_writing(&mut decider);
        let mut repeated = decide(&mut decider, put(1, Condition::Absent));
        let mut other = decide(&mut decider, put(2, Condition::Absent));
        decider.end(Done { written: Err(Error::Unknown("the disk is gone".into())), due: None });
        for answer in [&mut repeated, &mut other] {
            assert!(matches!(answer.try_recv().unwrap(), Err(Error::Unavailable(_))));
        }
        let mut later = decide(&mut decider, put(2, Condition::Absent));
        decider.finish_group();
        assert!(matches!(later.try_recv().unwrap(), Ok(Outcome::Committed)));
    }
}

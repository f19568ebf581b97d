//! The one thread that writes.
//!
//! It takes what is queued, decides each commit, writes all that hold as one durable batch, and only then answers. While the
//! disk syncs, the next group gathers. So commits that run side by side share a sync, and one that runs alone waits for nothing.

use crate::cache::RowCache;
use crate::codec;
use crate::database::Db;
use crate::error::{Fault, guarded, read_error};
use crate::group::{Base, Group, Prepared};
use crate::options::Options;
use crate::ranges::RangeCache;
use crate::space::Space;
use crate::state::{Mark, Phase, State};
use crate::tokens::Tokens;
use fjall::Keyspace;
use jobline_store::{Error, Outcome};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Commits in one group, and about how many bytes: a group in the journal is read and kept in memory whole.
const GROUP_COMMITS: usize = 1024;
const GROUP_BYTES: usize = 4 * 1024 * 1024;
/// How far the state file may be behind after a power cut.
const STATE_LAG: Duration = Duration::from_secs(1);
/// How long a database that gave up is left alone before it is opened again, at first and at most.
const RETRY: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];
/// How long is spent on looking for damage when the database cannot say why it gave up.
const DAMAGE_BUDGET: Duration = Duration::from_secs(2);
/// Rows that one job of the sweep deletes, so that commits do not wait for long.
pub(crate) const SWEEP_ROWS: usize = 256;

/// What readers share with the writer.
pub(crate) struct Shared {
    pub(crate) cache: RowCache,
    pub(crate) ranges: RangeCache,
    /// `None` while the database is being opened again, and after it is closed.
    pub(crate) rows: RwLock<Option<Keyspace>>,
    /// Commits handed in and not answered.
    pub(crate) queued: AtomicUsize,
}

impl Shared {
    fn set_rows(&self, rows: Option<Keyspace>) {
        // Waits for the readers that are at it, so that a database that is closed afterwards is closed wholly.
        *self.rows.write().unwrap_or_else(PoisonError::into_inner) = rows;
    }
}

pub(crate) type Reply<T> = oneshot::Sender<Result<T, Error>>;

pub(crate) enum Job {
    Commit(Prepared, Waiting),
    Sweep { now: u64, limit: usize, reply: Reply<Swept> },
    Close(oneshot::Sender<()>),
}

/// Whoever waits for a commit.
pub(crate) struct Waiting {
    pub(crate) reply: Reply<Outcome>,
    /// Where it waits.
    pub(crate) runtime: Option<Handle>,
}

/// The answers of a group, given when this is dropped, wherever that is.
struct Answers(Vec<(Reply<Outcome>, Result<Outcome, Error>)>);

impl Answers {
    /// Gives the answers from within the runtime: there it is one thread that wakes the tasks it will run next; from
    /// outside every single one would have to be handed over.
    fn give(self, runtime: Option<Handle>) {
        match runtime {
            Some(runtime) if self.0.len() > 1 => drop(runtime.spawn(async move { drop(self) })),
            _ => drop(self),
        }
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        for (reply, outcome) in self.0.drain(..) {
            // Whoever asked may have gone.
            let _ = reply.send(outcome);
        }
    }
}

/// What one job of the sweep did.
pub(crate) struct Swept {
    pub(crate) rows: usize,
    /// There may be more.
    pub(crate) more: bool,
}

pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) db: Option<Db>,
    pub(crate) state: State,
    pub(crate) space: Space,
    pub(crate) folder: PathBuf,
    pub(crate) options: Options,
    /// Held until this thread ends.
    pub(crate) lock: File,
    pub(crate) last: u64,
    pub(crate) tokens: Tokens,
    /// Nothing in the expiry index is older.
    pub(crate) swept: u64,
    /// Since when the state file is ahead of its disk.
    pub(crate) noted: Option<Instant>,
    pub(crate) trouble: Option<Trouble>,
}

/// The database gave up lately.
pub(crate) struct Trouble {
    error: Error,
    delay: Duration,
    until: Instant,
}

impl Writer {
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let job = match self.noted {
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(since) => jobs.recv_timeout(STATE_LAG.saturating_sub(since.elapsed())),
            };
            match job {
                Ok(job) => {
                    if let Some(reply) = self.work(job, jobs) {
                        return self.end(jobs, reply);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.close(),
            }
            if self.noted.is_some_and(|since| since.elapsed() >= STATE_LAG) {
                self.noted = None;
                // A failure leaves an older mark on the disk, which is weaker, not wrong.
                let _ = self.state.sync();
            }
        }
    }

    /// Does `first` and what is queued behind it. Answers who waits for the end, if it is to end.
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

    fn end(&mut self, jobs: &Receiver<Job>, reply: oneshot::Sender<()>) {
        self.close();
        for job in jobs.try_iter() {
            match job {
                Job::Commit(_, waiting) => drop(waiting.reply.send(Err(closed()))),
                Job::Sweep { reply, .. } => drop(reply.send(Err(closed()))),
                Job::Close(_) => {}
            }
        }
        // Whoever asked may have gone.
        let _ = reply.send(());
    }

    fn commit(&mut self, commits: Vec<(Prepared, Waiting)>, bytes: usize) {
        if commits.is_empty() {
            return;
        }
        let count = commits.len();
        let mut answers = Vec::with_capacity(count);
        let runtime = common_runtime(&commits);
        let ready = self.ready(bytes as u64);
        let mut group = Group::of(count);
        for (commit, waiting) in commits {
            let outcome = match &ready {
                Err(error) => Err(error.clone()),
                Ok(_) if self.tokens.contains(commit.token()) => Ok(Outcome::Committed),
                Ok(rows) => group.decide(commit, &Base { cache: &self.shared.cache, rows }),
            };
            answers.push((waiting.reply, outcome));
        }
        // The database cannot be opened again while somebody holds it.
        drop(ready);
        if let Err(error) = self.write(&group) {
            answers.iter_mut().for_each(|(_, outcome)| *outcome = Err(error.clone()));
        }
        self.shared.queued.fetch_sub(count, Ordering::Relaxed);
        Answers(answers).give(runtime);
    }

    /// The rows to decide against, when about `bytes` can be written.
    fn ready(&mut self, bytes: u64) -> Result<Keyspace, Error> {
        if let Some(trouble) = &self.trouble
            && Instant::now() < trouble.until
        {
            return Err(trouble.error.clone());
        }
        if self.db.is_none() {
            self.reopen()?;
        }
        let db = self.db.as_ref().ok_or_else(closed)?;
        match self.space.refuse(db.owed_bytes() + 2 * bytes) {
            Some(reason) => Err(Error::Unavailable(reason)),
            None => Ok(db.rows().clone()),
        }
    }

    /// Writes `group` durably, or says what is known of it.
    fn write(&mut self, group: &Group) -> Result<(), Error> {
        if group.is_empty() {
            return Ok(());
        }
        self.shared.cache.begin(group.keys());
        self.shared.ranges.begin(group.keys());
        if let Err(error) = self.attempt(group) {
            let resolved = self.resolve(group, &error);
            // Readers may have seen the rows of before or of after, whichever did not last.
            self.shared.cache.abandon();
            self.shared.ranges.abandon();
            resolved?;
        } else {
            self.trouble = None;
            self.shared.cache.end(group.rows());
            self.shared.ranges.end(group.keys());
        }
        self.tokens_and_mark(group);
        Ok(())
    }

    fn tokens_and_mark(&mut self, group: &Group) {
        group.tokens().for_each(|token| self.tokens.insert(token));
        self.swept = group.earliest_expiry().map_or(self.swept, |expires| self.swept.min(expires));
        // A failure leaves an older mark, which is weaker, not wrong.
        let _ = self.state.note(Mark { group: self.last, phase: Phase::Open });
        self.noted.get_or_insert_with(Instant::now);
    }

    fn attempt(&mut self, group: &Group) -> Result<(), fjall::Error> {
        let number = self.last + 1;
        let Some(db) = &mut self.db else { return Err(fjall::Error::Poisoned) };
        // The database panics where a lock was left by a worker that did.
        catch_unwind(AssertUnwindSafe(|| {
            db.make_room()?;
            db.write(group.items(), number)
        }))
        .unwrap_or(Err(fjall::Error::Poisoned))?;
        self.last = number;
        Ok(())
    }

    /// After a failed attempt: opens the database again, which tells whether the group happened, and tries once more.
    fn resolve(&mut self, group: &Group, error: &fjall::Error) -> Result<(), Error> {
        let number = self.last + 1;
        let failed = Error::Unavailable(format!("the group was not written: {error}"));
        self.give_up(failed.clone());
        match self.reopen() {
            Err(error) if self.db.is_none() => return Err(Error::Unknown(error.to_string())),
            _ if self.last >= number => return Ok(()),
            Err(error) => return Err(error),
            Ok(()) if self.is_full() => return Err(failed),
            Ok(()) => {}
        }
        let Err(error) = self.attempt(group) else {
            self.trouble = None;
            return Ok(());
        };
        self.give_up(failed.clone());
        match self.reopen() {
            Err(_) if self.db.is_none() => Err(Error::Unknown(error.to_string())),
            _ if self.last >= number => Ok(()),
            _ => Err(failed),
        }
    }

    fn is_full(&self) -> bool {
        self.space.refuse(self.db.as_ref().map_or(0, Db::owed_bytes)).is_some()
    }

    /// From now on commits are answered with `error` until it is time to try again.
    fn give_up(&mut self, error: Error) {
        let delay = self.trouble.as_ref().map_or(RETRY[0], |trouble| (trouble.delay * 2).min(RETRY[1]));
        self.trouble = Some(Trouble { error, delay, until: Instant::now() + delay });
    }

    /// Closes the database if it is open and opens it from its files.
    fn reopen(&mut self) -> Result<(), Error> {
        self.shared.set_rows(None);
        let db = self.db.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
        let mark = self.state.mark();
        let opened = Db::open(&self.folder, self.state.id(), mark.group, &self.options);
        let opened = opened.and_then(|(db, last)| {
            self.last = last;
            self.shared.set_rows(Some(db.rows().clone()));
            self.db = Some(db);
            self.rewrite()?;
            self.look_for_damage()
        });
        opened.map_err(|fault| {
            let error = match fault {
                Fault::Io(error) => Error::Unavailable(error.to_string()),
                other => Error::Corrupt(other.to_string()),
            };
            self.give_up(error.clone());
            error
        })
    }

    /// A database that gives up again and again with room on its disk may have met damage while compacting.
    fn look_for_damage(&self) -> Result<(), Fault> {
        let again = self.trouble.as_ref().is_some_and(|trouble| trouble.delay > RETRY[0]);
        match &self.db {
            Some(db) if again && !self.is_full() => db.verify_tables(DAMAGE_BUDGET),
            _ => Ok(()),
        }
    }

    /// Has what the journal gave back written to tables: the system may believe bytes to be on the disk whose sync failed.
    fn rewrite(&mut self) -> Result<(), Fault> {
        match &mut self.db {
            Some(db) => catch_unwind(AssertUnwindSafe(|| db.rotate())).unwrap_or(Err(fjall::Error::Poisoned)),
            None => Ok(()),
        }
        .map_err(Fault::from)
    }

    fn sweep(&mut self, now: u64, limit: usize) -> Result<Swept, Error> {
        let mut swept = Swept { rows: 0, more: false };
        if now <= self.swept {
            return Ok(swept);
        }
        let rows = self.ready(0)?;
        let mut group = Group::default();
        let reached = guarded(|| self.collect_due(&rows, now, limit, &mut group, &mut swept))?;
        drop(rows);
        self.write(&group)?;
        self.swept = reached;
        Ok(swept)
    }

    /// Takes what is due before `now` into `group`; answers up to when that is everything.
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

    fn close(&mut self) {
        self.shared.set_rows(None);
        let Some(db) = self.db.take() else { return };
        let mark = Mark { group: self.last, phase: Phase::Open };
        let closed = catch_unwind(AssertUnwindSafe(|| db.close())).unwrap_or(false);
        let mark = if closed { Mark { phase: Phase::Closed, ..mark } } else { mark };
        // A failure leaves an older mark, which is weaker, not wrong.
        let _ = self.state.settle(mark);
        let _ = self.lock.unlock();
    }
}

/// The runtime that everybody waits in, if it is one.
fn common_runtime(commits: &[(Prepared, Waiting)]) -> Option<Handle> {
    let first = commits.first()?.1.runtime.as_ref()?;
    let waits_there = |(_, waiting): &(_, Waiting)| waiting.runtime.as_ref().is_some_and(|it| it.id() == first.id());
    commits.iter().all(waits_there).then(|| first.clone())
}

pub(crate) fn closed() -> Error {
    Error::Unavailable("the store is closed or being opened again".into())
}

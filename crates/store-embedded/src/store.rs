use crate::cache::{Lookup, RowCache};
use crate::codec;
use crate::decider::Decider;
use crate::error::{OpenError, guarded, read_error};
use crate::folder;
use crate::group::Prepared;
use crate::jobs::{Job, Swept, Waiting};
use crate::ledger::Ticket;
use crate::options::Options;
use crate::ranges::{Found, RangeCache};
use crate::read::{Budget, page, scan_page};
use crate::shared::{Shared, closed};
use crate::supervisor::Supervisor;
use crate::writer::Disk;
use async_trait::async_trait;
use fjall::Keyspace;
use jobline_store::{
    Cached, Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Scan, ScanPage, Store, limits,
};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Ranges of more rows than this are read on a thread that may block from the start.
const IN_PLACE_ROWS: usize = 256;

/// A store in a folder on this machine. Clones are handles to the same store, which is closed by [`EmbeddedStore::close`]
/// or when the last handle is dropped.
#[derive(Clone)]
pub struct EmbeddedStore {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    queue: usize,
    in_place: Duration,
    jobs: Sender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl EmbeddedStore {
    /// Opens the store in the folder `path`, and creates it if it does not exist.
    ///
    /// # Errors
    /// See [`OpenError`]. Nothing is repaired or deleted, except an incomplete last group that a power cut left and that was
    /// never acknowledged.
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        let opened = folder::open(path, &options)?;
        let io = |source| OpenError::Io { path: path.to_owned(), source };
        let caches = (RowCache::new(options.row_cache_bytes), RangeCache::new(options.range_cache_bytes));
        let shared = Arc::new(Shared::new(caches.0, caches.1, opened.db.rows().clone()));
        let (queue, in_place) = (options.queue, options.in_place);
        let supervisor = Supervisor::new(path, options, opened, Arc::clone(&shared)).map_err(io)?;
        let (jobs, queued) = mpsc::channel();
        let disk = Disk::new(supervisor, Arc::clone(&shared));
        let decider = Decider::new(Arc::clone(&shared), disk, queued, jobs.clone()).map_err(io)?;
        let thread = Builder::new().name("store-decider".into()).spawn(move || decider.run()).map_err(io)?;
        let inner = Inner { shared, queue, in_place, jobs, thread: Mutex::new(Some(thread)) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Carries out the queued commits, writes everything to tables and closes the store, so that the next start has no
    /// journal to read. Later calls are unavailable.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.send(Job::Close(Some(reply))).is_ok() {
            // Without a reply another caller is closing it.
            let _ = closed.await;
        }
    }

    /// Deletes at most `limit` rows whose `expires` is before `now_unix_seconds`, and returns how many. The cost depends on
    /// the rows that are deleted, not on those that stay.
    ///
    /// # Errors
    /// As for a commit. Rows that were deleted before the error stay deleted.
    pub async fn sweep_expired(&self, now_unix_seconds: u64, limit: usize) -> Result<usize, Error> {
        let mut rows = 0;
        while rows < limit {
            let (reply, swept) = oneshot::channel();
            self.send(Job::Sweep { now: now_unix_seconds, limit: limit - rows, reply })?;
            let Swept { rows: deleted, more } = swept.await.unwrap_or_else(|_| Err(closed()))?;
            rows += deleted;
            if !more {
                break;
            }
        }
        Ok(rows)
    }

    /// Commits that wait for their answer.
    #[must_use]
    pub fn queue_depth(&self) -> usize {
        self.inner.shared.queued.load(Ordering::Relaxed)
    }

    fn send(&self, job: Job) -> Result<(), Error> {
        self.inner.jobs.send(job).map_err(|_| closed())
    }

    /// The row from the cache, or what is needed to read it from the database.
    fn look_up(&self, key: &Key) -> Result<Option<Row>, Miss> {
        codec::with_row_key(&key.partition, &key.sort, |row_key| match self.inner.shared.cache.get(row_key) {
            Lookup::Hit(row) => Ok(row),
            Lookup::Miss(ticket) => Err(Miss { row_key: row_key.to_vec(), ticket }),
        })
    }

    fn read_row(&self, miss: &Miss) -> Result<Option<Row>, Error> {
        let row = self.read(|rows| {
            let row = rows.get(&miss.row_key).map_err(read_error)?;
            row.map(|row| codec::decode_row(&row)).transpose()
        })?;
        self.inner.shared.cache.fill(&miss.row_key, &row, &miss.ticket);
        Ok(row)
    }

    /// Reads rows from the database, each with its number: in place while the budget lasts, the rest on a thread that may
    /// block.
    async fn read_missed(&self, mut missed: Vec<(usize, Miss)>) -> Result<Vec<(usize, Option<Row>)>, Error> {
        let mut budget = Budget::of(self.inner.in_place);
        let mut rows = Vec::with_capacity(missed.len());
        while let Some((number, miss)) = missed.pop_if(|_| !budget.is_spent()) {
            rows.push((number, self.read_row(&miss)?));
        }
        if !missed.is_empty() {
            let read =
                move |store: Self| missed.iter().map(|(number, miss)| Ok((*number, store.read_row(miss)?))).collect();
            let rest: Vec<_> = self.unblocked(read).await?;
            rows.extend(rest);
        }
        Ok(rows)
    }

    fn read<T>(&self, read: impl FnOnce(&Keyspace) -> Result<T, Error>) -> Result<T, Error> {
        let shared = &self.inner.shared;
        shared.read(|rows| guarded(|| read(rows))).inspect_err(|error| {
            // Damage to a row leaves the database open; one that cannot be read at all is opened again.
            if matches!(error, Error::Corrupt(_)) && !shared.examining.swap(true, Ordering::Relaxed) {
                // Fails only when the store is closed.
                let _ = self.send(Job::Examine);
            }
        })
    }

    fn read_page(&self, range: &Range) -> Result<Page, Error> {
        let page = self.read(|rows| page(rows, range, Budget::unlimited()))?;
        Ok(page.expect("an unlimited budget is never spent"))
    }

    /// Reads a page in place, and once more on a thread that may block if it is not complete when the budget is spent: a
    /// page is one snapshot.
    async fn read_range(&self, range: &Range) -> Result<Page, Error> {
        if range.limit <= IN_PLACE_ROWS {
            let budget = Budget::of(self.inner.in_place);
            if let Some(page) = self.read(|rows| page(rows, range, budget))? {
                return Ok(page);
            }
        }
        let range = range.clone();
        self.unblocked(move |store| store.read_page(&range)).await
    }

    /// Reads on a thread that may block.
    async fn unblocked<T, F>(&self, read: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(Self) -> Result<T, Error> + Send + 'static,
    {
        let store = self.clone();
        let read = tokio::task::spawn_blocking(move || read(store));
        read.await.unwrap_or_else(|error| Err(Error::Unavailable(error.to_string())))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Fails when the store is closed already.
        let _ = self.jobs.send(Job::Close(None));
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // If it panicked, the next start reads the journal.
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedStore").field("queue_depth", &self.queue_depth()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn get(&self, key: &Key, _: Consistency) -> Result<Option<Row>, Error> {
        match self.look_up(key) {
            Ok(row) => Ok(row),
            Err(miss) => Ok(self.read_missed(vec![(0, miss)]).await?.pop().and_then(|(_, row)| row)),
        }
    }

    fn cached(&self, key: &Key) -> Cached {
        let shared = &self.inner.shared;
        codec::with_row_key(&key.partition, &key.sort, |row_key| shared.cache.peek(row_key))
            .map_or(Cached::Unknown, Cached::Row)
    }

    async fn get_many(&self, keys: &[Key], _: Consistency) -> Result<Vec<Option<Row>>, Error> {
        check_keys(keys)?;
        let (mut rows, mut missed) = (Vec::with_capacity(keys.len()), Vec::new());
        for (number, key) in keys.iter().enumerate() {
            let row = self.look_up(key).unwrap_or_else(|miss| {
                missed.push((number, miss));
                None
            });
            rows.push(row);
        }
        if !missed.is_empty() {
            for (number, row) in self.read_missed(missed).await? {
                rows[number] = row;
            }
        }
        Ok(rows)
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        let ranges = &self.inner.shared.ranges;
        let ticket = match ranges.get(range) {
            Found::Hit(page) => return Ok(page),
            Found::Miss(ticket) => ticket,
        };
        let page = self.read_range(range).await?;
        ranges.fill(range, &page, &ticket);
        Ok(page)
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        let prepared = Prepared::new(commit)?;
        let queued = &self.inner.shared.queued;
        if queued.fetch_add(1, Ordering::Relaxed) >= self.inner.queue {
            queued.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::Unavailable("too many commits are waiting; try again later".into()));
        }
        let (reply, outcome) = oneshot::channel();
        if let Err(error) = self.send(Job::Commit(prepared, Waiting { reply, runtime: Handle::try_current().ok() })) {
            queued.fetch_sub(1, Ordering::Relaxed);
            return Err(error);
        }
        outcome
            .await
            .unwrap_or_else(|_| Err(Error::Unknown("the store was closed before the commit was answered".into())))
    }
}

#[async_trait]
impl Scan for EmbeddedStore {
    async fn scan(&self, after: Option<&Key>, limit: usize) -> Result<ScanPage, Error> {
        let after = after.cloned();
        self.unblocked(move |store| store.read(|rows| scan_page(rows, after.as_ref(), limit))).await
    }

    async fn estimate(&self) -> Result<u64, Error> {
        self.read(|rows| Ok(rows.approximate_len() as u64))
    }
}

/// A row that is not in the cache.
struct Miss {
    row_key: Vec<u8>,
    ticket: Ticket,
}

fn check_keys(keys: &[Key]) -> Result<(), Error> {
    let most = limits::KEYS_PER_READ;
    if keys.len() > most {
        return Err(Error::TooLarge(format!("{} keys in a read; the limit is {most}", keys.len())));
    }
    // Most reads have two keys, for which comparing is cheaper than hashing.
    let twice = keys.iter().enumerate().find(|(at, key)| keys[..*at].contains(key));
    twice.map_or(Ok(()), |(_, key)| Err(Error::TooLarge(format!("the key {key} occurs twice in one read"))))
}

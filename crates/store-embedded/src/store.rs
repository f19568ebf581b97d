use crate::cache::{Lookup, RowCache};
use crate::codec::{self, ROWS_BEGIN, ROWS_END};
use crate::error::{OpenError, guarded, read_error};
use crate::folder;
use crate::group::Prepared;
use crate::jobs::{Job, Swept, Waiting};
use crate::options::Options;
use crate::ranges::{Found, RangeCache};
use crate::shared::{Shared, closed};
use crate::supervisor::Supervisor;
use crate::writer::Writer;
use async_trait::async_trait;
use fjall::Keyspace;
use jobline_store::{
    Commit, Consistency, Direction, Error, Key, Outcome, Page, Range, Row, Scan, ScanPage, Store, limits,
};
use std::ops::Bound;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Bytes of rows after which a page ends, so that no page of large rows holds a thread for long.
const PAGE_BYTES: usize = 1024 * 1024;
/// Pages of at most so many rows are read where they are asked for; longer ones go to a thread that may block.
const INLINE_ROWS: usize = 256;

/// A store in a folder of this machine. Clones are handles to the same store; it is closed with [`EmbeddedStore::close`]
/// or when the last of them is dropped.
#[derive(Clone)]
pub struct EmbeddedStore {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    queue: usize,
    jobs: Option<Sender<Job>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl EmbeddedStore {
    /// Opens the store in the folder `path`, which is made if there is none.
    ///
    /// # Errors
    /// See [`OpenError`]. Nothing is repaired or thrown away, save the end of the journal that a power cut tore and that
    /// nobody was told about.
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        let opened = folder::open(path, &options)?;
        let io = |source| OpenError::Io { path: path.to_owned(), source };
        let caches = (RowCache::new(options.row_cache_bytes), RangeCache::new(options.range_cache_bytes));
        let shared = Arc::new(Shared::new(caches.0, caches.1, opened.db.rows().clone()));
        let queue = options.queue;
        let supervisor = Supervisor::new(path, options, opened, Arc::clone(&shared)).map_err(io)?;
        let writer = Writer::new(Arc::clone(&shared), supervisor);
        let (jobs, queued) = mpsc::channel();
        let thread = Builder::new().name("store-writer".into()).spawn(move || writer.run(&queued)).map_err(io)?;
        let inner = Inner { shared, queue, jobs: Some(jobs), thread: Mutex::new(Some(thread)) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Writes everything out and closes the store: the next start has nothing to catch up on. Commits that are queued are
    /// carried out before; what is asked afterwards is unavailable.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.send(Job::Close(reply)).is_ok() {
            // Without an answer somebody else closes it.
            let _ = closed.await;
        }
    }

    /// Deletes rows whose `expires` is before `now_unix_seconds`, at most `limit`, and answers how many. Costs what it
    /// deletes, however many rows there are.
    ///
    /// # Errors
    /// As for a commit; what was deleted until then stays so.
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

    /// Commits handed in and not answered yet.
    #[must_use]
    pub fn queue_depth(&self) -> usize {
        self.inner.shared.queued.load(Ordering::Relaxed)
    }

    fn send(&self, job: Job) -> Result<(), Error> {
        let jobs = self.inner.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(job).map_err(|_| closed())
    }

    fn get_one(&self, key: &Key) -> Result<Option<Row>, Error> {
        let row_key = codec::row_key(&key.partition, &key.sort);
        let cache = &self.inner.shared.cache;
        let ticket = match cache.get(&row_key) {
            Lookup::Hit(row) => return Ok(row),
            Lookup::Miss(ticket) => ticket,
        };
        let row = self.read(|rows| {
            let row = rows.get(&row_key).map_err(read_error)?;
            row.map(|row| codec::decode_row(&row)).transpose()
        })?;
        cache.fill(&row_key, &row, &ticket);
        Ok(row)
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
        self.read(|rows| page(rows, range))
    }

    fn read_small(&self, range: &Range) -> Result<Page, Error> {
        let ranges = &self.inner.shared.ranges;
        let ticket = match ranges.get(range) {
            Found::Hit(page) => return Ok(page),
            Found::Miss(ticket) => ticket,
        };
        let page = self.read_page(range)?;
        ranges.fill(range, &page, &ticket);
        Ok(page)
    }

    fn read_scan(&self, after: Option<&Key>, limit: usize) -> Result<ScanPage, Error> {
        self.read(|rows| scan_page(rows, after, limit))
    }

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
        // The writer ends when nobody can send to it any more.
        self.jobs = None;
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // It does not panic; if it did, the next start reads the journal.
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
        self.get_one(key)
    }

    async fn get_many(&self, keys: &[Key], _: Consistency) -> Result<Vec<Option<Row>>, Error> {
        check_keys(keys)?;
        keys.iter().map(|key| self.get_one(key)).collect()
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        if range.limit <= INLINE_ROWS {
            return self.read_small(range);
        }
        let range = range.clone();
        self.unblocked(move |store| store.read_page(&range)).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        let prepared = Prepared::new(commit)?;
        let queued = &self.inner.shared.queued;
        if queued.fetch_add(1, Ordering::Relaxed) >= self.inner.queue {
            queued.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::Unavailable("too many commits are waiting".into()));
        }
        let (reply, outcome) = oneshot::channel();
        if let Err(error) = self.send(Job::Commit(prepared, Waiting { reply, runtime: Handle::try_current().ok() })) {
            queued.fetch_sub(1, Ordering::Relaxed);
            return Err(error);
        }
        outcome.await.unwrap_or_else(|_| Err(Error::Unknown("the writer ended before it answered".into())))
    }
}

#[async_trait]
impl Scan for EmbeddedStore {
    async fn scan(&self, after: Option<&Key>, limit: usize) -> Result<ScanPage, Error> {
        let after = after.cloned();
        self.unblocked(move |store| store.read_scan(after.as_ref(), limit)).await
    }

    async fn estimate(&self) -> Result<u64, Error> {
        self.read(|rows| Ok(rows.approximate_len() as u64))
    }
}

fn check_keys(keys: &[Key]) -> Result<(), Error> {
    let most = limits::KEYS_PER_READ;
    if keys.len() > most {
        return Err(Error::TooLarge(format!("{} keys in a read; the limit is {most}", keys.len())));
    }
    // Compared one by one: mostly there are two.
    let twice = keys.iter().enumerate().find(|(at, key)| keys[..*at].contains(key));
    twice.map_or(Ok(()), |(_, key)| Err(Error::TooLarge(format!("{key} is read twice at once"))))
}

fn page(rows: &Keyspace, range: &Range) -> Result<Page, Error> {
    let from = codec::row_key(&range.partition, &range.from);
    let to = codec::row_key(&range.partition, &range.to);
    if from >= to {
        return Ok(Page { rows: Vec::new(), next: None });
    }
    let entries = rows.range(from..to);
    let (rows, more) = match range.direction {
        Direction::Ascending => collect(entries, range.limit)?,
        Direction::Descending => collect(entries.rev(), range.limit)?,
    };
    let next = rows.last().filter(|_| more).map(|(key, _)| key.sort.clone());
    Ok(Page { rows, next })
}

fn scan_page(rows: &Keyspace, after: Option<&Key>, limit: usize) -> Result<ScanPage, Error> {
    let from = after.map(|key| codec::row_key(&key.partition, &key.sort));
    let from = from.as_deref().map_or(Bound::Included(ROWS_BEGIN), Bound::Excluded);
    let (rows, more) = collect(rows.range::<&[u8], _>((from, Bound::Excluded(ROWS_END))), limit)?;
    let next = rows.last().filter(|_| more).map(|(key, _)| key.clone());
    Ok(ScanPage { rows, next })
}

/// The first rows, and whether more follow.
fn collect(entries: impl Iterator<Item = fjall::Guard>, limit: usize) -> Result<(Vec<(Key, Row)>, bool), Error> {
    let mut rows = Vec::with_capacity(limit.min(INLINE_ROWS));
    let mut bytes = 0;
    for entry in entries {
        if rows.len() >= limit.max(1) || bytes >= PAGE_BYTES {
            return Ok((rows, true));
        }
        let (key, row) = entry.into_inner().map_err(read_error)?;
        bytes += key.len() + row.len();
        rows.push((codec::port_key(&key)?, codec::decode_row(&row)?));
    }
    Ok((rows, false))
}

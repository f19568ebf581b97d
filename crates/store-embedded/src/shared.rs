//! What readers share with the threads that decide and write.

use crate::cache::RowCache;
use crate::ranges::RangeCache;
use fjall::Keyspace;
use jobline_store::Error;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{PoisonError, RwLock};

pub(crate) struct Shared {
    pub(crate) cache: RowCache,
    pub(crate) ranges: RangeCache,
    /// `None` while the database is being opened again, and after it is closed.
    rows: RwLock<Option<Keyspace>>,
    /// Commits handed in and not answered.
    pub(crate) queued: AtomicUsize,
    /// The database is to be examined, and this has not begun.
    pub(crate) examining: AtomicBool,
}

impl Shared {
    pub(crate) fn new(cache: RowCache, ranges: RangeCache, rows: Keyspace) -> Self {
        Self {
            cache,
            ranges,
            rows: RwLock::new(Some(rows)),
            queued: AtomicUsize::new(0),
            examining: AtomicBool::new(false),
        }
    }

    /// Calls `read` with the open database, which stays open until it returns.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Keyspace) -> Result<T, Error>) -> Result<T, Error> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        read(rows.as_ref().ok_or_else(closed)?)
    }

    /// Whether the database is open.
    pub(crate) fn is_open(&self) -> bool {
        self.rows.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Replaces the database that readers see. Waits for the reads that are running, so that the database can be closed
    /// completely afterwards.
    pub(crate) fn set_rows(&self, rows: Option<Keyspace>) {
        *self.rows.write().unwrap_or_else(PoisonError::into_inner) = rows;
    }

    /// Empties the caches after a write of unknown outcome: readers may have cached rows from before or after it.
    pub(crate) fn abandon_writes(&self) {
        self.cache.abandon();
        self.ranges.abandon();
    }
}

pub(crate) fn closed() -> Error {
    Error::Unavailable("the store is closed or being opened again".into())
}

//! The database under the engine: fjall, checked before it is opened, and kept from stalling.
//!
//! All rows are in one keyspace. With several, the one that is written least would keep old journals from being deleted.

use crate::ahead::Ahead;
use crate::codec::{ID_KEY, SEQUENCE_KEY, sequence};
use crate::error::{Fault, read_error};
use crate::journal::{self, Journals};
use crate::options::Options;
use crate::tables;
use fjall::compaction::Leveled;
use fjall::{
    AbstractTree, CompressionType, Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode, Slice,
};
use jobline_store::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

const ROWS: &str = "rows";
/// Sealed memtables that may wait to be written out; with more the active memtable grows instead. fjall halts writers at
/// four, for ever if its worker has failed.
const SEALED: usize = 2;
/// Runs in level 0; with more the active memtable grows instead. fjall slows writers down at 20 and halts them at 30.
const LEVEL_0: usize = 14;
/// What a row costs in a memtable besides its bytes.
const ROW_OVERHEAD: usize = 96;
/// How many times its usual size the active memtable may reach.
const GROWTH: u64 = 4;
/// A compaction moves a small multiple of this at once, and occupies the only worker meanwhile.
const TABLE_BYTES: u64 = 8 * 1024 * 1024;
/// How often closing looks whether everything is in tables, before it leaves the rest to the journal.
const CLOSE_POLLS: u32 = 5000;
const POLL: Duration = Duration::from_millis(2);
/// How long a write waits for the worker before the database counts as failed. A worker that panicked leaves no other sign.
const STALL: Duration = Duration::from_secs(20);

/// Why a group was not written.
#[derive(Debug)]
pub(crate) enum WriteFailure {
    /// The database had failed earlier; nothing of the group was written.
    Before(fjall::Error),
    /// The group may be on the disk.
    During(fjall::Error),
}

impl std::fmt::Display for WriteFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Before(fjall::Error::Poisoned) => f.write_str("the database failed earlier"),
            Self::Before(error) | Self::During(error) => error.fmt(f),
        }
    }
}

/// An open database.
pub(crate) struct OpenDatabase {
    database: Database,
    rows: Keyspace,
    folder: PathBuf,
    memtable_bytes: u64,
    /// About how many bytes the active memtable holds.
    unrotated: u64,
    rotation: Option<Rotation>,
    ahead: Ahead,
    /// Set while the journal's content may not be on the disk: nothing may be written after it.
    refuses_writes: bool,
}

/// A memtable being sealed on a thread of its own: sealing blocks writes only for an exchange of pointers, but then deletes
/// journals and frees older memtables, which takes tens of milliseconds.
type Rotation = JoinHandle<Result<(), fjall::Error>>;

impl OpenDatabase {
    /// A new database in `folder`, marked with the store's `id`.
    pub(crate) fn create(folder: &Path, id: u128, options: &Options) -> Result<Self, Fault> {
        std::fs::create_dir_all(folder)?;
        let mut db = Self::start(folder, options, true)?;
        db.write_batch([(ID_KEY.into(), Some(id.to_le_bytes().into()))], 0)?;
        Ok(db)
    }

    /// The database in `folder` and its last group, after all quick checks. `acknowledged` is the last group known to be
    /// durable.
    pub(crate) fn open(folder: &Path, id: u128, acknowledged: u64, options: &Options) -> Result<(Self, u64), Fault> {
        tables::verify_folder(folder)?;
        let journals = journal::verify(folder, acknowledged)?;
        let db = Self::start(folder, options, false)?;
        let last = db.verify(id, acknowledged, &journals)?;
        Ok((db, last))
    }

    fn start(folder: &Path, options: &Options, new: bool) -> Result<Self, Fault> {
        let open = || -> Result<(Database, Keyspace), fjall::Error> {
            let database = Database::builder(folder)
                .cache_size(options.block_cache_bytes)
                .max_cached_files(Some(256))
                .max_journaling_size(64 * 1024 * 1024)
                .journal_compression(CompressionType::None)
                .manual_journal_persist(true)
                .worker_threads(options.worker_threads)
                .open()?;
            let rows = database.keyspace(ROWS, || {
                KeyspaceCreateOptions::default()
                    // Rotated by `make_room`.
                    .max_memtable_size(u64::MAX)
                    .manual_journal_persist(true)
                    .compaction_strategy(Arc::new(Leveled::default().with_table_target_size(TABLE_BYTES)))
            })?;
            Ok((database, rows))
        };
        // fjall panics on some damage that passes the checks above.
        let (database, rows) = catch_unwind(AssertUnwindSafe(open))
            .map_err(|_| Fault::damaged("its database cannot be opened: its files contradict each other"))??;
        Ok(Self {
            unrotated: database.write_buffer_size(),
            database,
            rows,
            folder: folder.to_owned(),
            memtable_bytes: options.memtable_bytes,
            rotation: None,
            ahead: Ahead::of(folder, journal::newest(folder)?, new),
            refuses_writes: false,
        })
    }

    fn verify(&self, id: u128, acknowledged: u64, journals: &Journals) -> Result<u64, Fault> {
        if self.rows.get(ID_KEY)?.as_deref() != Some(id.to_le_bytes().as_slice()) {
            return Err(Fault::damaged("its rows belong to another store"));
        }
        let last = self.sequence(u64::MAX)?;
        if last < acknowledged {
            return Err(Fault::damaged(format!("groups {} to {acknowledged} are missing", last + 1)));
        }
        let persisted = self.rows.tree.get_highest_persisted_seqno();
        let in_tables = persisted.map_or(Ok(0), |number| self.sequence(number + 1))?;
        match journals.groups {
            Some((first, _)) if first > in_tables + 1 => {
                Err(Fault::damaged(format!("groups {} to {} are missing from its journals", in_tables + 1, first - 1)))
            }
            Some((_, newest)) if newest > last => {
                Err(Fault::damaged("the database did not read its journals to their end"))
            }
            _ => Ok(last),
        }
    }

    /// The last group before fjall's batch number `number`.
    fn sequence(&self, number: u64) -> Result<u64, Fault> {
        let row = self.rows.tree.get(SEQUENCE_KEY, number).map_err(fjall::Error::from)?;
        row.map_or(Ok(0), |row| {
            sequence(&row).ok_or_else(|| Fault::damaged("the number of its last group is not readable"))
        })
    }

    pub(crate) fn rows(&self) -> &Keyspace {
        &self.rows
    }

    /// Compares the checksums of tables for at most `budget`.
    pub(crate) fn verify_tables(&self, budget: Duration) -> Result<(), Fault> {
        tables::verify_contents(&self.rows, budget)
    }

    /// Whether the database can be read and its journal can be written.
    pub(crate) fn examine(&self) -> Result<(), Error> {
        self.check().map_err(read_error)?;
        self.rows.get(SEQUENCE_KEY).map(|_| ()).map_err(read_error)
    }

    /// Writes `items` (a key and a value, or none to delete the key) durably as one group. Readers see them afterwards.
    pub(crate) fn write(
        &mut self,
        items: impl IntoIterator<Item = (Slice, Option<Slice>)>,
        group: u64,
    ) -> Result<(), WriteFailure> {
        if self.refuses_writes {
            return Err(WriteFailure::Before(fjall::Error::Poisoned));
        }
        // The database panics on a lock that was held by a worker when it panicked.
        let written = catch_unwind(AssertUnwindSafe(|| self.write_batch(items, group)));
        written.unwrap_or(Err(fjall::Error::Unrecoverable)).map_err(|error| match error {
            // Found before the journal is written to.
            fjall::Error::Poisoned => WriteFailure::Before(error),
            error => WriteFailure::During(error),
        })
    }

    fn write_batch(
        &mut self,
        items: impl IntoIterator<Item = (Slice, Option<Slice>)>,
        group: u64,
    ) -> Result<(), fjall::Error> {
        let items = items.into_iter();
        let mut batch = OwnedWriteBatch::with_capacity(self.database.clone(), items.size_hint().0 + 1)
            .durability(Some(PersistMode::SyncData));
        batch.insert(&self.rows, SEQUENCE_KEY, group.to_le_bytes());
        let mut bytes = 0;
        for (key, value) in items {
            bytes += key.len() + value.as_ref().map_or(0, |value| value.len()) + ROW_OVERHEAD;
            match value {
                Some(value) => batch.insert(&self.rows, key, value),
                None => batch.remove(&self.rows, key),
            }
        }
        self.ahead.prepare(bytes as u64);
        batch.commit()?;
        self.unrotated += bytes as u64;
        Ok(())
    }

    /// Starts writing out the active memtable if it is full, and waits if earlier ones lag far behind. Returns whether it
    /// started.
    pub(crate) fn make_room(&mut self) -> Result<bool, WriteFailure> {
        catch_unwind(AssertUnwindSafe(|| self.rotate_full()))
            .unwrap_or(Err(fjall::Error::Poisoned))
            .map_err(WriteFailure::Before)
    }

    fn rotate_full(&mut self) -> Result<bool, fjall::Error> {
        let begin = Instant::now();
        while self.unrotated >= self.memtable_bytes {
            let rotating = self.rotation.as_ref().is_some_and(|rotation| !rotation.is_finished());
            let room = self.rows.sealed_memtable_count() < SEALED && self.rows.l0_table_count() < LEVEL_0;
            if !rotating && room {
                return self.rotate().map(|()| true);
            }
            if self.unrotated < self.memtable_bytes * GROWTH {
                return Ok(false);
            }
            self.check()?;
            if begin.elapsed() > STALL {
                return Err(fjall::Error::Poisoned);
            }
            std::thread::sleep(POLL);
        }
        Ok(false)
    }

    /// Starts writing what was recovered from the journal to tables: after a failed sync the system may report bytes as
    /// written that are not on the disk.
    pub(crate) fn rewrite(&mut self) -> Result<(), Fault> {
        let rotated = catch_unwind(AssertUnwindSafe(|| self.rotate())).unwrap_or(Err(fjall::Error::Poisoned));
        self.refuses_writes = rotated.is_err();
        rotated.map_err(Fault::from)
    }

    fn rotate(&mut self) -> Result<(), fjall::Error> {
        self.finish_rotation()?;
        let rows = self.rows.clone();
        let rotate = move || rows.rotate_memtable().map(|_| ());
        self.rotation = Some(Builder::new().name("store-rotate".into()).spawn(rotate)?);
        self.unrotated = 0;
        Ok(())
    }

    /// Waits for the running rotation.
    fn finish_rotation(&mut self) -> Result<(), fjall::Error> {
        self.rotation.take().map_or(Ok(()), |rotation| rotation.join().unwrap_or(Err(fjall::Error::Poisoned)))
    }

    /// Fails if the database has failed, in a write or in a worker.
    fn check(&self) -> Result<(), fjall::Error> {
        self.database.persist(PersistMode::Buffer)
    }

    /// Whether nothing is being written out or compacted.
    pub(crate) fn is_settled(&self) -> bool {
        let rotated = self.rotation.as_ref().is_none_or(JoinHandle::is_finished);
        rotated && self.rows.sealed_memtable_count() == 0 && self.database.active_compactions() == 0
    }

    /// Bytes that are still to be written to tables.
    pub(crate) fn owed_bytes(&self) -> u64 {
        self.database.write_buffer_size()
    }

    /// Closes the database. Returns whether everything is in tables and the journals are empty.
    pub(crate) fn close(mut self) -> bool {
        let flushed = self.flush().is_ok();
        let folder = self.folder.clone();
        drop(self);
        flushed && journal::empty(&folder).is_ok()
    }

    fn flush(&mut self) -> Result<(), fjall::Error> {
        self.rotate()?;
        self.finish_rotation()?;
        for _ in 0..CLOSE_POLLS {
            if self.rows.sealed_memtable_count() == 0 {
                return Ok(());
            }
            self.check()?;
            std::thread::sleep(POLL);
        }
        Err(fjall::Error::Poisoned)
    }
}

impl Drop for OpenDatabase {
    fn drop(&mut self) {
        // A running rotation holds the database open.
        let _ = self.finish_rotation();
    }
}

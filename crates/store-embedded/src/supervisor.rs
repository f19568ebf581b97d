//! Keeps the database open: a failed one is opened again, by the commit that met the failure or by a timer.
//!
//! - A commit whose write failed has the database opened again at once: only its files tell whether the write happened.
//! - A database that could not be opened is tried again by the decider's timer, so that reads return without any commit.
//! - A database that refuses writes and still answers reads is closed only after a test file could be written.

use crate::backoff::Backoff;
use crate::database::{OpenDatabase, WriteFailure};
use crate::error::{Fault, guarded};
use crate::folder::{self, DATABASE, Opened};
use crate::group::Group;
use crate::options::Options;
use crate::shared::{Shared, closed};
use crate::space::Space;
use crate::spare::SpareDescriptors;
use crate::state::{Mark, Phase, StateFile};
use jobline_store::Error;
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How far the state file may be behind after a power cut.
const STATE_LAG: Duration = Duration::from_secs(1);
/// How long a search for damage may take when the database keeps failing for an unknown reason.
const DAMAGE_BUDGET: Duration = Duration::from_secs(2);

/// The database of a store, open or about to be opened again.
pub(crate) struct Supervisor {
    shared: Arc<Shared>,
    db: Option<OpenDatabase>,
    /// The last group in the database.
    last_group: u64,
    state: StateFile,
    /// When the state file was noted first since its last sync.
    noted: Option<Instant>,
    space: Space,
    spare: SpareDescriptors,
    folder: PathBuf,
    options: Options,
    /// Held until the store is closed.
    lock: File,
    /// Set by a failure, until a group is written.
    backoff: Option<Backoff>,
}

/// How a group was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    AtFirst,
    /// The first attempt failed, and until the database was open again the outcome was unknown.
    AfterReopening,
}

impl Supervisor {
    /// Takes over the database that was opened in `folder`.
    pub(crate) fn new(folder: &Path, options: Options, opened: Opened, shared: Arc<Shared>) -> io::Result<Self> {
        let Opened { lock, state, db, last_group } = opened;
        let space = Space::new(folder, options.reserve_bytes)?;
        Ok(Self {
            shared,
            db: Some(db),
            last_group,
            state,
            noted: None,
            space,
            spare: SpareDescriptors::new(),
            folder: folder.to_owned(),
            options,
            lock,
            backoff: None,
        })
    }

    /// Opens the database if it is not open and may be tried again. Fails unless about `bytes` can be written.
    pub(crate) fn ready(&mut self, bytes: u64) -> Result<(), Error> {
        self.backoff.as_ref().map_or(Ok(()), |backoff| backoff.check(Instant::now()))?;
        if self.db.is_none() {
            self.reopen()?;
        }
        let db = self.db.as_ref().ok_or_else(closed)?;
        match self.space.refuse(db.owed_bytes() + 2 * bytes) {
            Some(reason) => Err(Error::Unavailable(reason)),
            None => Ok(()),
        }
    }

    /// Writes `group` durably.
    ///
    /// # Errors
    /// `Unavailable`: nothing of it was written. `Unknown`: it may be found later.
    pub(crate) fn write(&mut self, group: &Group) -> Result<Written, Error> {
        let written = match self.attempt(group) {
            Ok(()) => Written::AtFirst,
            Err(failure) => self.recover(group, &failure).map(|()| Written::AfterReopening)?,
        };
        self.backoff = None;
        // A failure leaves an older mark, which proves less but is not wrong.
        let _ = self.state.note(Mark { group: self.last_group, phase: Phase::Open });
        self.noted.get_or_insert_with(Instant::now);
        Ok(written)
    }

    fn attempt(&mut self, group: &Group) -> Result<(), WriteFailure> {
        let number = self.last_group + 1;
        let Some(db) = &mut self.db else { return Err(WriteFailure::Before(fjall::Error::Poisoned)) };
        if db.make_room()? {
            // Writing out the memtable takes descriptors.
            self.spare.release();
        }
        db.write(group.items(), number)?;
        self.last_group = number;
        Ok(())
    }

    /// After a failed attempt: opens the database again, which shows whether the group was written, and tries once more.
    fn recover(&mut self, group: &Group, failure: &WriteFailure) -> Result<(), Error> {
        let number = self.last_group + 1;
        let refused = Error::Unavailable(format!("the group was not written: {failure}"));
        let begin = Instant::now();
        if matches!(failure, WriteFailure::Before(_))
            && let Err(error) = self.probe()
        {
            let refused = Error::Unavailable(format!("the disk cannot be written: {error}"));
            self.back_off(refused.clone(), begin.elapsed());
            return Err(refused);
        }
        if self.reopen_and_find(number, failure, &refused)? {
            return Ok(());
        }
        if self.is_full() {
            return Err(refused);
        }
        match self.attempt(group) {
            Ok(()) => Ok(()),
            Err(failure) if self.reopen_and_find(number, &failure, &refused)? => Ok(()),
            Err(_) => Err(refused),
        }
    }

    /// Opens the database again after `failure` and looks whether group `number` is in it.
    fn reopen_and_find(&mut self, number: u64, failure: &WriteFailure, refused: &Error) -> Result<bool, Error> {
        self.back_off(refused.clone(), Duration::ZERO);
        match self.reopen() {
            Err(error) if self.db.is_none() => match failure {
                WriteFailure::Before(_) => Err(error),
                WriteFailure::During(_) => Err(Error::Unknown(error.to_string())),
            },
            _ if self.last_group >= number => Ok(true),
            Err(error) => Err(error),
            Ok(()) => Ok(false),
        }
    }

    /// Whether a file can be created and written now.
    fn probe(&mut self) -> io::Result<()> {
        self.spare.release();
        folder::probe(&self.folder)
    }

    fn is_full(&self) -> bool {
        self.space.refuse(self.db.as_ref().map_or(0, OpenDatabase::owed_bytes)).is_some()
    }

    /// Answers commits with `error` until the next attempt is due.
    fn back_off(&mut self, error: Error, cost: Duration) {
        self.backoff = Some(Backoff::after(self.backoff.as_ref(), error, Instant::now(), cost));
    }

    /// Closes the database if it is open and opens it from its files.
    fn reopen(&mut self) -> Result<(), Error> {
        let begin = Instant::now();
        self.close_and_open().map_err(|fault| {
            let error = match fault {
                Fault::Io(error) => Error::Unavailable(error.to_string()),
                other => Error::Corrupt(other.to_string()),
            };
            self.back_off(error.clone(), begin.elapsed());
            error
        })
    }

    fn close_and_open(&mut self) -> Result<(), Fault> {
        self.shared.set_rows(None);
        let db = self.db.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
        self.spare.release();
        let known_group = self.state.mark().group;
        let (db, last) = OpenDatabase::open(&self.folder.join(DATABASE), self.state.id(), known_group, &self.options)?;
        self.last_group = last;
        self.shared.set_rows(Some(db.rows().clone()));
        let db = self.db.insert(db);
        if let Some(backoff) = &mut self.backoff {
            backoff.note_reopened();
        }
        db.rewrite()?;
        self.look_for_damage()
    }

    /// A database that opens and fails again with room on its disk may have met damage while compacting.
    fn look_for_damage(&self) -> Result<(), Fault> {
        let again = self.backoff.as_ref().is_some_and(Backoff::fails_after_reopening);
        match &self.db {
            Some(db) if again && !self.is_full() => db.verify_tables(DAMAGE_BUDGET),
            _ => Ok(()),
        }
    }

    /// Opens the database again if it cannot be read at all.
    pub(crate) fn examine(&mut self) {
        self.shared.examining.store(false, Ordering::Relaxed);
        let Some(db) = &self.db else { return };
        if guarded(|| db.examine()).is_err() && self.backoff.as_ref().is_none_or(|it| it.check(Instant::now()).is_ok())
        {
            self.back_off(Error::Unavailable("the database failed while it was read".into()), Duration::ZERO);
            // A failure is recorded, and the timer tries again.
            let _ = self.reopen();
        }
    }

    /// When [`Supervisor::tick`] has something to do next.
    pub(crate) fn due(&self) -> Option<Instant> {
        let sync = self.noted.map(|since| since + STATE_LAG);
        let retry = self.backoff.as_ref().filter(|_| self.db.is_none()).map(Backoff::retry_at);
        sync.into_iter().chain(retry).min()
    }

    /// Does what is due: opens a failed database again, syncs the state file.
    pub(crate) fn tick(&mut self) {
        let now = Instant::now();
        if self.db.is_none() && self.backoff.as_ref().is_some_and(|backoff| backoff.retry_at() <= now) {
            // A failure is recorded, and tried again after a pause.
            let _ = self.reopen();
        }
        if self.noted.is_some_and(|since| now >= since + STATE_LAG) {
            self.noted = None;
            // A failure leaves an older mark, which proves less but is not wrong.
            let _ = self.state.sync();
            if self.db.as_ref().is_some_and(OpenDatabase::is_settled) {
                self.spare.refill();
            }
        }
    }

    /// Closes the database, and releases the folder for other processes.
    pub(crate) fn close(&mut self) {
        self.shared.set_rows(None);
        if let Some(db) = self.db.take() {
            let closed = catch_unwind(AssertUnwindSafe(|| db.close())).unwrap_or(false);
            let phase = if closed { Phase::Closed } else { Phase::Open };
            // A failure leaves an older mark, which proves less but is not wrong.
            let _ = self.state.settle(Mark { group: self.last_group, phase });
        }
        let _ = self.lock.unlock();
    }
}

//! The data folder: its lock and its files.
//!
//! ```text
//! lock         held by the process that has the store open
//! store.state  see `state`
//! db/          the database
//! ```

use crate::database::OpenDatabase;
use crate::error::{Fault, OpenError};
use crate::options::Options;
use crate::state::{self, Mark, Phase, StateFile};
use crate::tables;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

pub(crate) const DATABASE: &str = "db";
const LOCK: &str = "lock";
/// Written by [`probe`], and deleted at once.
const PROBE: &str = "store.probe";
const PROBE_BYTES: usize = 64 * 1024;
/// A folder that file systems create in their root.
const LOST_AND_FOUND: &str = "lost+found";
/// How long a start may spend on the checksums of tables.
const VERIFY_BUDGET: Duration = Duration::from_millis(10);

/// An open store, locked.
pub(crate) struct Opened {
    pub(crate) lock: File,
    pub(crate) state: StateFile,
    pub(crate) db: OpenDatabase,
    pub(crate) last_group: u64,
}

pub(crate) fn open(path: &Path, options: &Options) -> Result<Opened, OpenError> {
    prepare(path).map_err(|fault| fault.at(path))?;
    let lock = lock(path)?;
    open_locked(path, lock, options).map_err(|fault| fault.at(path))
}

/// Creates the folder and its parents, readable by this user alone: it holds private messages. Their names are on stable storage.
fn create_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let missing: Vec<&Path> = path.ancestors().take_while(|folder| !folder.exists()).collect();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    missing.into_iter().filter_map(Path::parent).try_for_each(state::sync_folder)
}

/// Creates the folder if it does not exist, and checks that it is a store's or empty.
fn prepare(path: &Path) -> Result<(), Fault> {
    match fs::metadata(path) {
        Ok(found) if !found.is_dir() => return Err(Fault::Foreign("it is a file, not a folder".into())),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => create_folder(path).map_err(Fault::Io)?,
        Err(error) => return Err(Fault::Io(error)),
    }
    if path.join(state::FILE).exists() {
        return Ok(());
    }
    if path.join(DATABASE).exists() {
        return Err(Fault::damaged(format!("the file {} is missing", state::FILE)));
    }
    for entry in fs::read_dir(path).map_err(Fault::Io)? {
        let name = entry.map_err(Fault::Io)?.file_name();
        let known = [LOCK, LOST_AND_FOUND, state::NEW_FILE].iter().any(|known| name == *known);
        if !known {
            return Err(Fault::Foreign(format!("it holds {}", name.to_string_lossy())));
        }
    }
    Ok(())
}

/// Checks that a file can be created in the store's folder and written to its disk.
pub(crate) fn probe(path: &Path) -> io::Result<()> {
    let path = path.join(PROBE);
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(&[0; PROBE_BYTES])?;
        file.sync_data()
    });
    let _ = fs::remove_file(path);
    written
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let io = |source| OpenError::Io { path: path.to_owned(), source };
    let file =
        OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path.join(LOCK)).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

fn open_locked(path: &Path, lock: File, options: &Options) -> Result<Opened, Fault> {
    let database = path.join(DATABASE);
    match StateFile::open(path)? {
        Some(state) if state.mark().phase != Phase::Creating => open_existing(&database, lock, state, options),
        unfinished => {
            // The process that created this store was stopped before it acknowledged anything.
            let state = match unfinished {
                Some(state) => state,
                None => StateFile::create(path, rand::random()).map_err(Fault::Io)?,
            };
            if database.exists() {
                fs::remove_dir_all(&database).map_err(Fault::Io)?;
            }
            create(path, lock, state, options)
        }
    }
}

fn create(path: &Path, lock: File, mut state: StateFile, options: &Options) -> Result<Opened, Fault> {
    let db = OpenDatabase::create(&path.join(DATABASE), state.id(), options)?;
    // The database syncs each keyspace, but not the folder in which their names are.
    for folder in [&path.join(DATABASE).join(tables::FOLDER), &path.join(DATABASE), path] {
        state::sync_folder(folder).map_err(Fault::Io)?;
    }
    state.settle(Mark { group: 0, phase: Phase::Open }).map_err(Fault::Io)?;
    Ok(Opened { lock, state, db, last_group: 0 })
}

fn open_existing(database: &Path, lock: File, mut state: StateFile, options: &Options) -> Result<Opened, Fault> {
    let Mark { group, phase } = state.mark();
    let (db, last_group) = OpenDatabase::open(database, state.id(), group, options)?;
    if phase == Phase::Closed && last_group != group {
        return Err(Fault::damaged(format!("it was closed after group {group} and its last group is {last_group}")));
    }
    db.verify_tables(VERIFY_BUDGET)?;
    state.settle(Mark { group: last_group, phase: Phase::Open }).map_err(Fault::Io)?;
    Ok(Opened { lock, state, db, last_group })
}

use jobline_store::Error;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Why a store could not be opened. Each error prints as one line that names the folder and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store is already open, in another process or in this one.
    #[error("the data folder {} is in use by another process; stop that process or choose another folder", .path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds something other than a store of this program.
    #[error("{} is not a Jobline store: {found}; choose an empty or a new folder", .path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// What was found there.
        found: String,
    },
    /// Files of the store are missing or have content that was never written. Nothing was changed.
    #[error("the store in {} is damaged: {damage}; restore the folder from a backup", .path.display())]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        damage: String,
    },
    /// The operating system refused an operation.
    #[error("the data folder {} cannot be used: {source}; check that it is on a writable disk with free space", .path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// Its error.
        source: io::Error,
    },
}

/// What is wrong with the files of a store, without its folder.
#[derive(Debug)]
pub(crate) enum Fault {
    Foreign(String),
    Damaged(String),
    Io(io::Error),
}

impl Fault {
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }

    pub(crate) fn at(self, path: &Path) -> OpenError {
        let path = path.to_owned();
        match self {
            Self::Foreign(found) => OpenError::Foreign { path, found },
            Self::Damaged(damage) => OpenError::Damaged { path, damage },
            Self::Io(source) => OpenError::Io { path, source },
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Foreign(what) | Self::Damaged(what) => f.write_str(what),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        if is_damage(&error) { Self::Damaged(error.to_string()) } else { Self::Io(error) }
    }
}

impl From<fjall::Error> for Fault {
    fn from(error: fjall::Error) -> Self {
        match error {
            fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) => error.into(),
            fjall::Error::Locked => Self::Io(io::Error::new(io::ErrorKind::WouldBlock, "the database is still in use")),
            other => Self::Damaged(other.to_string()),
        }
    }
}

/// Whether an I/O error comes from the content of the files, not from the machine.
fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, NotFound, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | NotFound | InvalidData | InvalidInput)
}

/// The port's error for a failed read.
pub(crate) fn read_error(error: fjall::Error) -> Error {
    match error {
        fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) if !is_damage(&error) => {
            Error::Unavailable(error.to_string())
        }
        other => Error::Corrupt(other.to_string()),
    }
}

/// Calls `read`, and turns a panic into an error: the database panics on invalid data that passed its checksums.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(Error::Corrupt("the database panicked while reading".into())))
}

//! `jobline import --dry-run FILE`: everything that can go wrong, found before it does.

use super::error::Error;
use super::import::{State, state};
use super::verify::verify;
use super::{Engines, Summary};
use std::fmt;
use std::fs::File;
use std::path::Path;

/// What an import of this file into this store would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rehearsal {
    /// What the file holds, every byte of it read and found sound.
    pub summary: Summary,
    /// What would happen.
    pub plan: Plan,
}

/// What an import would begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// The store is empty: everything would be written.
    Everything,
    /// An import of the same file was interrupted: what comes after so many bytes of so many would be written.
    Rest(u64, u64),
    /// All of it is in the store already.
    Nothing,
}

/// Reads the whole export at `path`, looks at the store, and writes nothing of it.
///
/// # Errors
/// What an import would refuse, in the same words.
pub async fn rehearse(into: Engines<'_>, path: &Path) -> Result<Rehearsal, Error> {
    let mut file = File::open(path).map_err(Error::disk(path))?;
    let found = verify(&file, path)?;
    let total = file.metadata().map_err(Error::disk(path))?.len();
    let plan = match state(into, &mut file, path, &found).await? {
        State::Empty => Plan::Everything,
        State::Begun(offset) => Plan::Rest(offset, total),
        State::Complete => Plan::Nothing,
    };
    Ok(Rehearsal { summary: found.summary, plan })
}

impl fmt::Display for Rehearsal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the file is whole: {}. ", self.summary)?;
        match self.plan {
            Plan::Everything => f.write_str("The store is empty: an import would write all of it"),
            Plan::Rest(done, total) => {
                write!(f, "An import of it was interrupted: another one would go on behind byte {done} of {total}")
            }
            Plan::Nothing => f.write_str("All of it is in the store already: an import would write nothing"),
        }
    }
}

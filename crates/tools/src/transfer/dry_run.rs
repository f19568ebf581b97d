//! `jobline import --dry-run FILE`: checks everything that an import checks, and writes nothing.

use super::error::Error;
use super::import::{ImportState, import_state};
use super::verify::verify;
use super::{Engines, Summary};
use std::fmt;
use std::fs::File;
use std::path::Path;

/// What an import of this file into this store would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DryRun {
    /// The content of the export. Every byte was read and checked.
    pub summary: Summary,
    /// What an import would write.
    pub plan: Plan,
}

/// What an import would write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Everything, because the store is empty.
    Everything,
    /// The rest after an interrupted import: the first byte to import, and the size of the export in bytes.
    Rest(u64, u64),
    /// Nothing, because the store holds all of it.
    Nothing,
}

/// Reads the whole export at `path` and checks the store. Writes nothing.
///
/// # Errors
/// Those of an import.
pub async fn dry_run(into: Engines<'_>, path: &Path) -> Result<DryRun, Error> {
    let mut file = File::open(path).map_err(Error::disk(path))?;
    let found = verify(&file, path)?;
    let total = file.metadata().map_err(Error::disk(path))?.len();
    let plan = match import_state(into, &mut file, path, &found).await? {
        ImportState::Empty => Plan::Everything,
        ImportState::Begun(offset) => Plan::Rest(offset, total),
        ImportState::Complete => Plan::Nothing,
    };
    Ok(DryRun { summary: found.summary, plan })
}

impl fmt::Display for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the file is complete: {}. ", self.summary)?;
        match self.plan {
            Plan::Everything => f.write_str("The store is empty: an import would write all of it"),
            Plan::Rest(done, total) => {
                write!(f, "An import of it was interrupted: an import would continue after byte {done} of {total}")
            }
            Plan::Nothing => f.write_str("All of it is in the store already: an import would write nothing"),
        }
    }
}

//! `jobline export FILE` and `jobline import FILE`: every row and every file of a store, from and to any engine.
//!
//! They use only the ports ([`Store`], [`Scan`], [`Files`]), so they also move data from one engine to another. Neither
//! command holds more than a few pages of rows or a piece of a file in memory, whatever the size of the store.
//!
//! # The file
//!
//! UTF-8 text, one JSON object with one name on each line, every line ended by a line feed and no longer than 4 MiB:
//!
//! | line | means |
//! |---|---|
//! | `{"joblineExport":{"version":1}}` | the first line, always |
//! | `{"row":{"partition":…,"sort":…,"value":…,"expires":…}}` | a row; `value` is its JSON text as a string, so that it comes back byte for byte; `expires` (Unix seconds) only where the row has one |
//! | `{"file":{"id":…,"size":…,"contentType":…}}` | a file begins, after the last row |
//! | `{"chunk":"…"}` | base64 of the file's next bytes, at most 192 KiB of them |
//! | `{"fileEnd":{"sha256":…}}` | the file is whole: the SHA-256 of its bytes in hexadecimal |
//! | `{"fileGone":{}}` | the file was deleted while it was being read: discard its chunks |
//! | `{"end":{"rows":…,"files":…,"bytes":…,"sha256":…}}` | the last line: how many rows, whole files and bytes in them, and the SHA-256 of every byte of this file before this line |
//!
//! An export without its `end` line is cut; one whose sums differ is damaged. `import` reads the whole export once and
//! checks it before it writes anything. Row versions are not copied: readers do not use them. The secrets that sign
//! cursors are ordinary rows, so clients can go on with their cursors after the move.
//!
//! # Continuing after an interruption
//!
//! `export` writes `FILE.partial` (mode 0600) and renames it when it is complete and durable. Run again, it cuts off a
//! torn last line, compares the rows in the partial file with the store, and continues after the last whole line, even in
//! the middle of a file. If a row differs, the partial file is of another store or of an earlier state, and it is refused.
//! (Rows that have expired meanwhile may be missing: engines remove those by themselves.)
//!
//! `import` puts rows without conditions, many at a time, so that repeating a put is harmless. It keeps its state in the
//! target, in the row `TRANSFER / IMPORT`: the checksum of the export, and the byte up to which everything is written. The
//! row is written first and deleted last. While it exists the store must not be served (see [`unfinished_import`]). A store
//! that holds other rows is refused, unless it holds all of the export already.
//!
//! `import --dry-run` reads the whole export, says what an import would do, and writes nothing.
//!
//! Stop the servers first: a copy that is made while messages are sent mixes several states.

mod dry_run;
mod error;
mod export;
mod format;
mod import;
mod import_mark;
mod pace;
mod progress;
mod rows;
mod sequence;
mod verify;

pub use dry_run::{DryRun, Plan, dry_run};
pub use error::Error;
pub use export::export;
pub use import::import;
pub use import_mark::unfinished_import;
pub use pace::Pace;

use jobline_chat::{Clock, Files, Random};
use jobline_store::{Scan, Store};

/// The engines that are copied from or to, and what they need from outside.
#[derive(Clone, Copy)]
pub struct Engines<'a> {
    /// The rows, one by one.
    pub store: &'a dyn Store,
    /// The rows, all of them.
    pub scan: &'a dyn Scan,
    /// The files.
    pub files: &'a dyn Files,
    /// For finding expired rows, and for waiting between attempts.
    pub clock: &'a dyn Clock,
    /// For the tokens of commits.
    pub random: &'a dyn Random,
    /// How the store is written to fastest.
    pub pace: Pace,
}

/// The number of copied rows and files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows.
    pub rows: u64,
    /// Whole files.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rows and {} files ({} bytes)", self.rows, self.files, self.bytes)
    }
}

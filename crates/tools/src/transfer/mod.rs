//! `jobline export FILE` and `jobline import FILE`: every row and every file of a store, from and to any engine.
//!
//! Only the ports are spoken to ([`Store`], [`Scan`], [`Files`]), so outgrowing one machine is a copy. Neither command
//! holds more than a few pages of rows or a piece of a file in memory, whatever the size of the store.
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
//! | `{"fileGone":{}}` | the file was deleted while it was being read: forget what came of it |
//! | `{"end":{"rows":…,"files":…,"bytes":…,"sha256":…}}` | the last line: how many rows, whole files and bytes in them, and the SHA-256 of every byte of this file before this line |
//!
//! A file without its `end` line is cut; one whose sums differ is damaged; `import` writes nothing before it has read
//! the whole file once and found it sound. Row versions are not carried over: they mean nothing to readers. The secrets
//! that sign cursors are rows like any other, so a client goes on with its old cursor after the move.
//!
//! # Going on after an interruption
//!
//! `export` writes `FILE.partial` (mode 0600) and renames it when it is whole and on disk. Begun again, it cuts a torn
//! last line off, reads the rows that are there against the store, which must still say the same, and goes on behind the
//! last whole line, in the middle of a file too. Because the rows are compared, a partial file of another store, or of a
//! store that was written to meanwhile, is refused and never completed into a mixture. (Rows whose `expires` has passed
//! may be missing: engines drop those by themselves.)
//!
//! `import` puts rows without conditions, many at a time, so that repeating one does no harm, and keeps a mark in
//! the target, the row `TRANSFER / IMPORT`: which file (by its checksum) is coming in and up to which byte of it all is
//! done. The mark is written before the first row and removed after the last file; while it is there the store must not
//! be served (see [`unfinished_import`]). A store that holds rows but no mark of the same file is left alone, unless all
//! of the file is in it already.
//!
//! `import --dry-run` reads the whole file and says what an import would do, and writes none of it.
//!
//! Stop the servers first: a copy made while messages are sent has no single moment at which it was true.

mod error;
mod export;
mod format;
mod import;
mod mark;
mod pace;
mod progress;
mod rehearsal;
mod rows;
mod verify;
mod walk;

pub use error::Error;
pub use export::export;
pub use import::import;
pub use mark::unfinished_import;
pub use pace::Pace;
pub use rehearsal::{Plan, Rehearsal, rehearse};

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
    /// Tells which rows have expired, and waits between attempts.
    pub clock: &'a dyn Clock,
    /// Names commits.
    pub random: &'a dyn Random,
    /// How the store likes to be written to.
    pub pace: Pace,
}

/// What was copied.
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

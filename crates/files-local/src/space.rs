//! Free space: uploads are refused before messages run out of it.

use jobline_chat::{Error, Result};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// The part of the disk that uploads leave free, and the most that they leave: a gigabyte holds a million messages, which
/// is time enough for an operator, and it is more than the store itself asks for on a disk of any size.
const RESERVED_PART: u64 = 20;
const RESERVED_BYTES: u64 = 1 << 30;
/// When a client that was refused may try again.
const RETRY_MS: u64 = 60_000;

/// Bytes of a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Bytes that may still be written.
    pub free: u64,
    /// Bytes of the whole.
    pub total: u64,
}

/// Reports free disk space.
pub trait FreeSpace: Send + Sync {
    /// The room on the file system of `folder`.
    ///
    /// # Errors
    /// When the file system does not report it.
    fn of(&self, folder: &Path) -> io::Result<Space>;
}

/// The free space of this machine's file systems.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSpace;

impl FreeSpace for SystemSpace {
    #[cfg(unix)]
    fn of(&self, folder: &Path) -> io::Result<Space> {
        let stat = rustix::fs::statvfs(folder)?;
        Ok(Space { free: stat.f_bavail * stat.f_frsize, total: stat.f_blocks * stat.f_frsize })
    }

    /// On other systems it is unknown, and the disk itself refuses.
    #[cfg(not(unix))]
    fn of(&self, _folder: &Path) -> io::Result<Space> {
        Ok(Space { free: u64::MAX, total: u64::MAX })
    }
}

/// The space that is reserved for running uploads.
pub(super) struct Room {
    space: Box<dyn FreeSpace>,
    promised: AtomicU64,
}

/// Reserved space for one upload, until it is dropped.
pub(super) struct Promise<'a> {
    room: &'a Room,
    bytes: u64,
}

impl Drop for Promise<'_> {
    fn drop(&mut self) {
        self.room.promised.fetch_sub(self.bytes, Ordering::SeqCst);
    }
}

impl Room {
    pub(super) fn new(space: Box<dyn FreeSpace>) -> Self {
        Self { space, promised: AtomicU64::new(0) }
    }

    /// Reserves `bytes` in `folder`, besides the general reserve and that of other uploads. Bytes that these have
    /// written count twice until they are done, to be on the safe side.
    pub(super) fn promise(&self, folder: &Path, bytes: u64) -> Result<Promise<'_>> {
        let promised = self.promised.fetch_add(bytes, Ordering::SeqCst) + bytes;
        let promise = Promise { room: self, bytes };
        let Space { free, total } =
            self.space.of(folder).map_err(|error| Error::unavailable(format!("files: {error}")))?;
        let reserved = (total / RESERVED_PART).min(RESERVED_BYTES);
        if free < reserved.saturating_add(promised) {
            return Err(full(free, reserved));
        }
        Ok(promise)
    }
}

fn full(free: u64, reserved: u64) -> Error {
    let cause = format!("files: {free} bytes are free on the disk, and {reserved} of them are reserved for messages");
    let detail =
        "The server has no room for files right now. Messages without one can be sent; try the file again later.";
    Error { detail: detail.to_owned(), retry_after_ms: Some(RETRY_MS), ..Error::unavailable(cause) }
}

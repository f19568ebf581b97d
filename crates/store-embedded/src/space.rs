//! Free space, checked before every group: the check is cheap, and a database that runs out of space during a write has to
//! be opened again.

use std::fs::File;
use std::io;
use std::path::Path;

/// The largest reserve on a large disk. A compaction needs room for the tables that it rewrites, and the database fails when
/// it finds none.
const LARGE_RESERVE: u64 = 256 * 1024 * 1024;
const LARGE_PART: u64 = 64;

pub(crate) struct Space {
    folder: File,
    reserve: u64,
}

impl Space {
    pub(crate) fn new(folder: &Path, reserve: u64) -> io::Result<Self> {
        let folder = File::open(folder)?;
        let disk = rustix::fs::fstatvfs(&folder).map_or(0, |stat| stat.f_blocks * stat.f_frsize);
        let large = (disk / LARGE_PART).min(LARGE_RESERVE);
        Ok(Self { folder, reserve: if reserve == 0 { 0 } else { reserve.max(large) } })
    }

    /// Why `bytes` cannot be written now, if they cannot.
    pub(crate) fn refuse(&self, bytes: u64) -> Option<String> {
        let free = self.free()?;
        let needed = self.reserve + bytes;
        (free < needed).then(|| {
            format!("the disk is full: {free} bytes are free, {needed} are needed; delete files or enlarge the disk")
        })
    }

    /// Free bytes, if the file system reports them.
    fn free(&self) -> Option<u64> {
        let stat = rustix::fs::fstatvfs(&self.folder).ok()?;
        Some(stat.f_bavail * stat.f_frsize)
    }
}

//! Writes zeros ahead of the end of the database's journal.
//!
//! fjall's journal is a sparse file of 64 MiB. A write into a hole makes the file system allocate blocks, and `fdatasync`
//! then waits for the file system's own journal as well; over blocks that were written before it takes about half the time.
//! So the writer writes zeros ahead of the end, one part at a time, and the next sync includes them. A hole reads as zeros,
//! so no reader of a journal sees a difference.
//!
//! Only bytes that are zero are written, and only by the thread that writes groups: nothing else moves the end of the journal. A
//! journal that was recovered is left alone, since fjall appends to it at the end of the file.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes written between two groups: the sync that includes them takes about a millisecond.
const PART: u64 = 1024 * 1024;
const CHUNK: usize = 64 * 1024;

pub(crate) struct Ahead {
    folder: PathBuf,
    /// The number of the newest journal.
    newest: u64,
    /// The newest journal, unless it was recovered or could not be written.
    journal: Option<Journal>,
}

struct Journal {
    file: File,
    length: u64,
    /// Where the last group ends, at most.
    end: u64,
    /// Up to where no hole is left.
    filled: u64,
}

impl Ahead {
    /// For the database in `folder`, whose newest journal has the number `newest`. It gets zeros only if it is `new`.
    pub(crate) fn of(folder: &Path, newest: u64, new: bool) -> Self {
        let mut ahead = Self { folder: folder.to_owned(), newest, journal: None };
        if new {
            ahead.journal = ahead.open(newest).ok();
        }
        ahead
    }

    /// Prepares for a group that takes at most `bytes` in the journal. A failure here costs only time.
    pub(crate) fn prepare(&mut self, bytes: u64) {
        while let Ok(next) = self.open(self.newest + 1) {
            self.newest += 1;
            self.journal = Some(next);
        }
        if self.journal.as_mut().is_some_and(|journal| journal.prepare(bytes).is_err()) {
            self.journal = None;
        }
    }

    fn open(&self, number: u64) -> io::Result<Journal> {
        let file = OpenOptions::new().read(true).write(true).open(self.folder.join(format!("{number}.jnl")))?;
        let length = file.metadata()?.len();
        Ok(Journal { file, length, end: 0, filled: 0 })
    }
}

impl Journal {
    fn prepare(&mut self, bytes: u64) -> io::Result<()> {
        self.end += bytes;
        if self.filled >= self.end {
            return Ok(());
        }
        let to = (self.end + PART).min(self.length);
        let mut chunk = vec![0; CHUNK];
        while self.filled < to {
            let room = CHUNK.min((to - self.filled) as usize);
            let chunk = &mut chunk[..room];
            self.file.read_exact_at(chunk, self.filled)?;
            // A group that was written before this journal was noticed, or that was larger than announced.
            let data = chunk.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            chunk[..data].fill(0);
            self.file.write_all_at(&chunk[data..], self.filled + data as u64)?;
            self.filled += room as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{SeekFrom, seek};

    const LENGTH: u64 = 8 * 1024 * 1024;

    fn journal(folder: &Path, number: u64) -> File {
        let file = File::create_new(folder.join(format!("{number}.jnl"))).unwrap();
        file.set_len(LENGTH).unwrap();
        file
    }

    fn first_hole(file: &File) -> u64 {
        seek(file, SeekFrom::Hole(0)).unwrap()
    }

    #[test]
    fn zeros_are_written_ahead_of_each_group_and_not_beyond_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = journal(folder.path(), 0);
        let mut ahead = Ahead::of(folder.path(), 0, true);
        let mut at = 0;
        while at < LENGTH {
            let group = vec![7; 300_000.min((LENGTH - at) as usize)];
            ahead.prepare(group.len() as u64);
            assert!(first_hole(&file) >= at + group.len() as u64);
            file.write_all_at(&group, at).unwrap();
            at += group.len() as u64;
        }
        assert_eq!(file.metadata().unwrap().len(), LENGTH);
        let mut bytes = vec![0; LENGTH as usize];
        file.read_exact_at(&mut bytes, 0).unwrap();
        assert!(bytes.iter().all(|byte| *byte == 7));
    }

    #[test]
    fn rows_written_before_a_journal_was_noticed_stay() {
        let folder = tempfile::tempdir().unwrap();
        journal(folder.path(), 0);
        let mut ahead = Ahead::of(folder.path(), 0, true);
        ahead.prepare(10);
        let file = journal(folder.path(), 1);
        file.write_all_at(&[7; 70_000], 0).unwrap();
        ahead.prepare(10);
        let mut bytes = vec![0; 70_001];
        file.read_exact_at(&mut bytes, 0).unwrap();
        assert!(bytes[..70_000].iter().all(|byte| *byte == 7) && bytes[70_000] == 0);
        assert!(first_hole(&file) >= PART);
    }

    #[test]
    fn a_recovered_journal_is_left_alone_and_the_next_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let recovered = journal(folder.path(), 4);
        let mut ahead = Ahead::of(folder.path(), 4, false);
        ahead.prepare(10);
        assert_eq!(first_hole(&recovered), 0);
        let next = journal(folder.path(), 5);
        ahead.prepare(10);
        assert_eq!(first_hole(&recovered), 0);
        assert!(first_hole(&next) >= PART);
    }
}

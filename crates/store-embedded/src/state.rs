//! The state file: how much the database must hold, which the database itself cannot know.
//!
//! ```text
//!    0  one line of text: format, store id, checksum; spaces up to 512
//!  512  slot A: counter, last group, phase, checksum
//! 1024  slot B
//! ```
//!
//! The slots are written in turn, so that a write torn by a power cut leaves the other slot. The last group is noted after it
//! is durable and before its commits are answered. So the file is never ahead of the database, and a database that is behind
//! the file has lost something. It is written to the operating system's memory with every group, and to the disk every second
//! and when the store is closed.

use crate::error::Fault;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

pub(crate) const FILE: &str = "store.state";
/// The file's name until it is complete.
pub(crate) const NEW_FILE: &str = "store.state.new";

const FORMAT: u32 = 1;
const HEADER_BYTES: usize = 512;
const SLOT_BYTES: usize = 32;
const FILE_BYTES: usize = 3 * 512;

/// The phase of a store's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The database is being created. Nothing has been acknowledged.
    Creating = 1,
    /// In use, or after a crash.
    Open = 2,
    /// Closed properly: the last group in the database is exactly the one noted.
    Closed = 3,
}

/// The content of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) group: u64,
    pub(crate) phase: Phase,
}

#[derive(Debug)]
pub(crate) struct StateFile {
    file: File,
    id: u128,
    counter: u64,
    mark: Mark,
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    // The folder of a name alone is the current one.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path)?.sync_all()
}

impl StateFile {
    /// Creates a state file durably, in phase `Creating`.
    pub(crate) fn create(folder: &Path, id: u128) -> io::Result<Self> {
        let mark = Mark { group: 0, phase: Phase::Creating };
        let mut bytes = header(id).into_bytes();
        for counter in [0, 1] {
            bytes.extend_from_slice(&slot(id, counter, mark));
            bytes.resize(bytes.len().next_multiple_of(512), 0);
        }
        let new = folder.join(NEW_FILE);
        let mut file = File::create(&new)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&new, folder.join(FILE))?;
        sync_folder(folder)?;
        let file = OpenOptions::new().read(true).write(true).open(folder.join(FILE))?;
        Ok(Self { file, id, counter: 1, mark })
    }

    /// Opens the state file of a store; `None` if it does not exist.
    pub(crate) fn open(folder: &Path) -> Result<Option<Self>, Fault> {
        let file = match OpenOptions::new().read(true).write(true).open(folder.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(Fault::Io)?,
        };
        let mut bytes = [0; FILE_BYTES];
        let wrong_length = file.metadata()?.len() != FILE_BYTES as u64;
        if wrong_length || file.read_exact_at(&mut bytes, 0).is_err() {
            return Err(Fault::damaged(format!("{FILE} does not have {FILE_BYTES} bytes")));
        }
        let id = read_header(&bytes[..HEADER_BYTES])?;
        let slots = [512, 1024].map(|at| read_slot(id, &bytes[at..at + SLOT_BYTES]));
        let newest = slots.iter().flatten().max_by_key(|(counter, _)| *counter);
        let &(counter, mark) = newest.ok_or_else(|| Fault::damaged(format!("{FILE} has no valid slot")))?;
        Ok(Some(Self { file, id, counter, mark }))
    }

    pub(crate) fn id(&self) -> u128 {
        self.id
    }

    pub(crate) fn mark(&self) -> Mark {
        self.mark
    }

    /// Writes `mark` so that it survives the end of the process.
    pub(crate) fn note(&mut self, mark: Mark) -> io::Result<()> {
        self.counter += 1;
        self.mark = mark;
        let at = 512 + 512 * (self.counter % 2);
        self.file.write_all_at(&slot(self.id, self.counter, mark), at)
    }

    /// Makes the last mark survive a power cut.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Writes `mark` to both slots durably, so that damage to one slot cannot bring back an older mark.
    pub(crate) fn settle(&mut self, mark: Mark) -> io::Result<()> {
        for _ in 0..2 {
            self.note(mark)?;
            self.sync()?;
        }
        Ok(())
    }
}

fn header(id: u128) -> String {
    let text = format!("jobline-store format={FORMAT} id={id:032x}");
    let line = format!("{text} sum={:016x}", xxh3_64(text.as_bytes()));
    format!("{line:<width$}\n", width = HEADER_BYTES - 1)
}

fn read_header(bytes: &[u8]) -> Result<u128, Fault> {
    let damaged = || Fault::damaged(format!("the first line of {FILE} is damaged"));
    let text = std::str::from_utf8(bytes).map_err(|_| damaged())?;
    let mut words = text.split_ascii_whitespace();
    let (name, format, id) = (words.next(), words.next(), words.next());
    let known = format!("format={FORMAT}");
    match (name, format) {
        (Some("jobline-store"), Some(format)) if format == known => {}
        (Some("jobline-store"), Some(format)) if is_checked(text) => {
            return Err(Fault::Foreign(format!("its format is {format}, and this program reads {known}")));
        }
        _ => return Err(damaged()),
    }
    let digits = id.and_then(|id| id.strip_prefix("id=")).ok_or_else(damaged)?;
    let id = u128::from_str_radix(digits, 16).map_err(|_| damaged())?;
    if text == header(id) { Ok(id) } else { Err(damaged()) }
}

fn is_checked(text: &str) -> bool {
    let Some((text, sum)) = text.trim_end().rsplit_once(" sum=") else { return false };
    sum == format!("{:016x}", xxh3_64(text.as_bytes()))
}

fn slot(id: u128, counter: u64, mark: Mark) -> [u8; SLOT_BYTES] {
    let mut slot = [0; SLOT_BYTES];
    for (at, number) in [counter, mark.group, mark.phase as u64].into_iter().enumerate() {
        slot[at * 8..at * 8 + 8].copy_from_slice(&number.to_le_bytes());
    }
    let sum = slot_sum(id, &slot);
    slot[24..].copy_from_slice(&sum.to_le_bytes());
    slot
}

fn slot_sum(id: u128, slot: &[u8]) -> u64 {
    let mut checked = id.to_le_bytes().to_vec();
    checked.extend_from_slice(&slot[..24]);
    xxh3_64(&checked)
}

fn read_slot(id: u128, slot: &[u8]) -> Option<(u64, Mark)> {
    let number = |at: usize| slot[at..at + 8].try_into().ok().map(u64::from_le_bytes);
    if number(24)? != slot_sum(id, slot) {
        return None;
    }
    let phase =
        [Phase::Creating, Phase::Open, Phase::Closed].into_iter().find(|phase| number(16) == Some(*phase as u64));
    Some((number(0)?, Mark { group: number(8)?, phase: phase? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path) -> Result<Mark, Fault> {
        StateFile::open(folder).map(|state| state.unwrap().mark())
    }

    #[test]
    fn the_newest_mark_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        assert!(StateFile::open(folder.path()).unwrap().is_none());
        let mut state = StateFile::create(folder.path(), 5).unwrap();
        assert_eq!(open(folder.path()).unwrap(), Mark { group: 0, phase: Phase::Creating });
        for group in 1..6 {
            let mark = Mark { group, phase: Phase::Open };
            state.note(mark).unwrap();
            assert_eq!(open(folder.path()).unwrap(), mark);
        }
        let mark = Mark { group: 9, phase: Phase::Closed };
        state.settle(mark).unwrap();
        assert_eq!(open(folder.path()).unwrap(), mark);
        assert_eq!(StateFile::open(folder.path()).unwrap().unwrap().id(), 5);
    }

    #[test]
    fn a_change_of_any_byte_is_detected() {
        let folder = tempfile::tempdir().unwrap();
        let mark = Mark { group: 9, phase: Phase::Closed };
        StateFile::create(folder.path(), 5).unwrap().settle(mark).unwrap();
        let whole = fs::read(folder.path().join(FILE)).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x21;
            fs::write(folder.path().join(FILE), &bytes).unwrap();
            match open(folder.path()) {
                Ok(found) => assert_eq!(found, mark, "byte {at}"),
                Err(Fault::Damaged(_)) => assert!(at < HEADER_BYTES, "byte {at}"),
                Err(other) => panic!("byte {at}: {other}"),
            }
        }
        for length in [0, 100, 600, 1535, 1537] {
            fs::write(folder.path().join(FILE), vec![b' '; length]).unwrap();
            assert!(matches!(open(folder.path()), Err(Fault::Damaged(_))), "{length}");
        }
    }

    #[test]
    fn another_format_is_not_damage() {
        let folder = tempfile::tempdir().unwrap();
        StateFile::create(folder.path(), 5).unwrap();
        let mut bytes = fs::read(folder.path().join(FILE)).unwrap();
        let text = "jobline-store format=2 id=00";
        let line = format!("{text} sum={:016x}", xxh3_64(text.as_bytes()));
        bytes[..512].copy_from_slice(format!("{line:<511}\n").as_bytes());
        fs::write(folder.path().join(FILE), &bytes).unwrap();
        assert!(matches!(open(folder.path()), Err(Fault::Foreign(_))));
    }
}

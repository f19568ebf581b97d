//! Reads the database's journals before the database does.
//!
//! When the database recovers, it ends a journal silently at the first place that it cannot read, and cuts off the rest.
//! That is right for a group that a power cut tore, which was never acknowledged. But a damaged byte in the middle would take
//! every later group with it. So all journals are read here first: groups must follow each other without a gap, and only the
//! newest journal may end in something unreadable, with no readable group after it (each group is durable before the next is
//! written).
//!
//! The format is that of fjall 3: a batch is a start (tag 1, count, number), its items (2: a value or a tombstone, 4: a
//! cleared keyspace) and an end (3, checksum of the items, magic); zeros up to the preallocated length follow.

use crate::codec::{SEQUENCE_KEY, sequence};
use crate::error::Fault;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
const MAGIC: &[u8] = b"FJL\x03";
/// Bytes of a start and of the fixed part of an item, tags included.
const START_BYTES: usize = 13;
const ITEM_BYTES: usize = 21;

/// The content of the journals.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Journals {
    /// The first and the last group in them.
    pub(crate) groups: Option<(u64, u64)>,
}

/// Reads all journals in `folder`, and cuts a torn end off the newest. `acknowledged` is the last group known to be durable.
pub(crate) fn verify(folder: &Path, acknowledged: u64) -> Result<Journals, Fault> {
    let files = list(folder)?;
    let Some((newest, sealed)) = files.split_last() else {
        return Err(Fault::damaged("its journal is missing"));
    };
    let mut journals = Journals::default();
    for path in sealed {
        let end = read(path, &mut journals)?;
        if end.torn {
            return Err(unreadable(path, &end));
        }
    }
    let end = read(newest, &mut journals)?;
    if end.torn {
        let lost = journals.groups.is_some_and(|(_, last)| last < acknowledged);
        if lost || has_batch_after(newest, &end)? {
            return Err(unreadable(newest, &end));
        }
        cut(newest, end.at)?;
    }
    Ok(journals)
}

/// Empties the journals of a database that is closed and has everything in its tables.
pub(crate) fn empty(folder: &Path) -> Result<(), Fault> {
    list(folder)?.iter().try_for_each(|path| cut(path, 0)).map_err(Fault::Io)
}

fn cut(path: &Path, length: u64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(length)?;
    file.sync_all()
}

fn unreadable(path: &Path, end: &JournalEnd) -> Fault {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Fault::damaged(format!("the journal {name} cannot be read from byte {} on", end.at))
}

/// The number of the newest journal.
pub(crate) fn newest(folder: &Path) -> Result<u64, Fault> {
    let newest = numbered(folder)?.pop();
    newest.map(|(number, _)| number).ok_or_else(|| Fault::damaged("its journal is missing"))
}

/// The journals, oldest first.
fn list(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    Ok(numbered(folder)?.into_iter().map(|(_, path)| path).collect())
}

fn numbered(folder: &Path) -> Result<Vec<(u64, PathBuf)>, Fault> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("jnl")) {
            let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u64>().ok());
            let number = number.filter(|number| path.ends_with(format!("{number}.jnl")) && path.is_file());
            let name = path.display();
            files.push((number.ok_or_else(|| Fault::damaged(format!("{name} is not one of its journals")))?, path));
        }
    }
    files.sort();
    Ok(files)
}

/// Where the readable part of a journal ends.
struct JournalEnd {
    at: u64,
    /// Whether something other than zeros follows.
    torn: bool,
    /// The database's number of the last batch.
    batch: u64,
}

fn read(path: &Path, journals: &mut Journals) -> Result<JournalEnd, Fault> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut reader = BufReader::with_capacity(256 * 1024, file);
    let mut end = JournalEnd { at: 0, torn: false, batch: 0 };
    let mut item = Vec::new();
    while let Some(batch) = read_batch(&mut reader, length - end.at, &mut item)? {
        follow(path, journals, batch.group)?;
        end.at += batch.bytes;
        end.batch = batch.number;
    }
    end.torn = has_data(reader.get_ref(), end.at)?;
    Ok(end)
}

/// Checks that the batch carries the number of the next group.
fn follow(path: &Path, journals: &mut Journals, group: Option<u64>) -> Result<(), Fault> {
    let Some(group) = group else {
        return Err(Fault::damaged(format!("{} holds a batch that this program did not write", path.display())));
    };
    match &mut journals.groups {
        None => journals.groups = Some((group, group)),
        Some((_, last)) if group == *last + 1 => *last = group,
        Some((_, last)) => {
            return Err(Fault::damaged(format!("group {} is missing from its journals", *last + 1)));
        }
    }
    Ok(())
}

/// Whether there is anything but zeros at `from` or after.
fn has_data(file: &File, from: u64) -> io::Result<bool> {
    let mut at = from;
    // Skips the parts of the preallocated 64 MiB that were never written.
    while let Some((begin, end)) = written_part(file, at)? {
        if has_data_within(file, begin, end)? {
            return Ok(true);
        }
        at = end;
    }
    Ok(false)
}

/// The first part of the file at `from` or after that is not a hole; without holes the whole rest.
fn written_part(file: &File, from: u64) -> io::Result<Option<(u64, u64)>> {
    use rustix::fs::{SeekFrom, seek};
    let length = file.metadata()?.len();
    let begin = match seek(file, SeekFrom::Data(from)) {
        Err(rustix::io::Errno::NXIO) => length,
        other => other.unwrap_or(from),
    };
    let end = seek(file, SeekFrom::Hole(begin)).unwrap_or(length);
    Ok((begin < length).then_some((begin, end)))
}

fn has_data_within(file: &File, begin: u64, end: u64) -> io::Result<bool> {
    let mut chunk = vec![0; 64 * 1024];
    let mut at = begin;
    while at < end {
        let room = chunk.len().min((end - at) as usize);
        let read = file.read_at(&mut chunk[..room], at)?;
        if read == 0 {
            break;
        }
        if chunk[..read].iter().fold(0, |all, byte| all | byte) != 0 {
            return Ok(true);
        }
        at += read as u64;
    }
    Ok(false)
}

/// Whether there is a complete batch somewhere after the readable part.
fn has_batch_after(path: &Path, end: &JournalEnd) -> Result<bool, Fault> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(end.at))?;
    let mut rest = Vec::new();
    file.read_to_end(&mut rest)?;
    let mut item = Vec::new();
    for at in (0..rest.len()).filter(|at| rest[*at] == START) {
        let mut candidate = &rest[at..];
        if let Some(batch) = read_batch(&mut candidate, (rest.len() - at) as u64, &mut item)?
            && batch.number > end.batch
        {
            return Ok(true);
        }
    }
    Ok(false)
}

struct Batch {
    bytes: u64,
    number: u64,
    group: Option<u64>,
}

/// The batch at the reader's position; `None` if there is no complete batch with a matching checksum.
fn read_batch(reader: &mut impl Read, room: u64, item: &mut Vec<u8>) -> Result<Option<Batch>, Fault> {
    match parse(reader, room, item) {
        Ok(batch) => Ok(batch),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(Fault::Io(error)),
    }
}

fn parse(reader: &mut impl Read, room: u64, item: &mut Vec<u8>) -> io::Result<Option<Batch>> {
    let mut start = [0; START_BYTES];
    reader.read_exact(&mut start[..1])?;
    if start[0] != START {
        return Ok(None);
    }
    reader.read_exact(&mut start[1..])?;
    let mut batch = Batch { bytes: START_BYTES as u64, number: number(&start[5..]), group: None };
    let mut items = number(&start[1..5]);
    let mut checksum = Xxh3::new();
    loop {
        let mut tag = [0];
        reader.read_exact(&mut tag)?;
        item.clear();
        item.push(tag[0]);
        match tag[0] {
            ITEM if items > 0 => {
                let room = room.saturating_sub(batch.bytes);
                if !read_item(reader, room, item)? {
                    return Ok(None);
                }
                batch.group = batch.group.or(group(item));
            }
            CLEAR if items > 0 => extend(reader, item, 8)?,
            END if items == 0 => {
                extend(reader, item, 12)?;
                batch.bytes += item.len() as u64;
                let sound = number(&item[1..9]) == checksum.digest() && &item[9..] == MAGIC;
                return Ok(sound.then_some(batch));
            }
            _ => return Ok(None),
        }
        items -= 1;
        checksum.update(item);
        batch.bytes += item.len() as u64;
    }
}

/// Reads the rest of an item; `false` if its lengths exceed the file.
fn read_item(reader: &mut impl Read, room: u64, item: &mut Vec<u8>) -> io::Result<bool> {
    extend(reader, item, ITEM_BYTES - 1)?;
    let (key, value) = (number(&item[11..13]), number(&item[17..21]));
    if ITEM_BYTES as u64 + key + value > room {
        return Ok(false);
    }
    extend(reader, item, (key + value) as usize)?;
    Ok(true)
}

fn extend(reader: &mut impl Read, item: &mut Vec<u8>, bytes: usize) -> io::Result<()> {
    let from = item.len();
    item.resize(from + bytes, 0);
    reader.read_exact(&mut item[from..])
}

/// The group's number, if this item is the row that holds it.
fn group(item: &[u8]) -> Option<u64> {
    item[ITEM_BYTES..]
        .strip_prefix(SEQUENCE_KEY)
        .filter(|_| number(&item[11..13]) == SEQUENCE_KEY.len() as u64)
        .and_then(sequence)
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

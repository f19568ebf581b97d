//! A damaged or foreign folder is refused, or has all its rows: rows never disappear silently.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

mod common;

use common::{all_rows, block_on, copy_folder, open, write};
use jobline_store::{Error, Key, Row};
use jobline_store_embedded::{EmbeddedStore, OpenError, Options};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A store that has tables on several levels and, unless it was closed, groups that are only in the journal.
struct Sample {
    folder: TempDir,
    rows: Vec<(Key, Row)>,
}

fn sample(closed: bool) -> Sample {
    let live = temporary();
    let folder = temporary();
    let options = Options { memtable_bytes: 128 * 1024, ..Options::default() };
    let store = EmbeddedStore::open(live.path(), options).unwrap();
    let rows = block_on(async {
        write(&store, 0..800).await;
        let rows = all_rows(&store).await.unwrap();
        assert_eq!(rows.len(), 4000);
        if closed {
            store.close().await;
        }
        rows
    });
    // A kill leaves the files as they are in a running process.
    copy_settled(live.path(), folder.path());
    trim_journals(&folder.path().join("db"));
    Sample { folder, rows }
}

/// Copies a folder in which a worker may replace files, until nothing changes during the copy.
fn copy_settled(from: &Path, to: &Path) {
    loop {
        let before = files(from);
        let copied = std::panic::catch_unwind(|| copy_folder(from, to)).is_ok();
        if copied && files(from) == before && files(to).len() == before.len() {
            return;
        }
        fs::remove_dir_all(to).unwrap();
    }
}

/// Cuts off the preallocated zeros, which makes the copies small.
fn trim_journals(folder: &Path) {
    for path in files(folder) {
        if path.extension().is_some_and(|extension| extension == "jnl") {
            let bytes = fs::read(&path).unwrap();
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
            fs::write(&path, &bytes[..end]).unwrap();
        }
    }
}

/// All files below `folder`, except those that are only locked.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return all };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if entry.file_name() != "lock" {
            all.push(path);
        }
    }
    all.sort();
    all
}

/// A folder in memory if possible: these tests do not test the disk.
fn temporary() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

#[derive(Debug, Default)]
struct Tally {
    refused: usize,
    corrupt: usize,
    whole: usize,
}

/// Opens the folder, which must be refused as damaged, report damage when it is read, or have all rows.
fn judge(folder: &Path, sample: &Sample, what: &str, tally: &mut Tally) {
    let store = match open(folder) {
        Ok(store) => store,
        Err(error) => {
            let line = error.to_string();
            assert!(matches!(error, OpenError::Damaged { .. } | OpenError::Foreign { .. }), "{what}: {line}");
            assert!(line.contains(&*folder.to_string_lossy()) && !line.contains('\n'), "{what}: {line}");
            tally.refused += 1;
            return;
        }
    };
    match block_on(all_rows(&store)) {
        Ok(rows) => {
            assert!(rows == sample.rows, "{what}: {} rows of {} in silence", rows.len(), sample.rows.len());
            tally.whole += 1;
        }
        Err(Error::Corrupt(_)) => tally.corrupt += 1,
        Err(error) => panic!("{what}: {error}"),
    }
}

/// Applies `damage` to every file of the sample in turn, each in a fresh copy.
fn each_file(sample: &Sample, damage: impl Fn(&Path) -> Vec<(String, Vec<u8>)>) -> Tally {
    let mut tally = Tally::default();
    for file in files(sample.folder.path()) {
        let name = file.strip_prefix(sample.folder.path()).unwrap();
        for (what, bytes) in damage(&file) {
            let copy = temporary();
            copy_folder(sample.folder.path(), copy.path());
            fs::write(copy.path().join(name), bytes).unwrap();
            judge(copy.path(), sample, &format!("{}: {what}", name.display()), &mut tally);
        }
    }
    tally
}

fn flips(file: &Path) -> Vec<(String, Vec<u8>)> {
    let whole = fs::read(file).unwrap();
    let places = (0..12).map(|part| part * whole.len() / 12 + part % 5).chain([whole.len().saturating_sub(1)]);
    let mut all = Vec::new();
    for at in places.filter(|at| *at < whole.len()) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        all.push((format!("bit flipped in byte {at} of {}", whole.len()), bytes));
    }
    all
}

fn cuts(file: &Path) -> Vec<(String, Vec<u8>)> {
    let whole = fs::read(file).unwrap();
    let lengths = [0, 1, whole.len() / 2, whole.len().saturating_sub(1)];
    let cut = |length: usize| (format!("cut to {length} of {}", whole.len()), whole[..length].to_vec());
    lengths.into_iter().filter(|length| *length < whole.len()).map(cut).collect()
}

fn zeroed(file: &Path) -> Vec<(String, Vec<u8>)> {
    let mut bytes = fs::read(file).unwrap();
    let (from, to) = (bytes.len() / 3, bytes.len() / 2);
    bytes[from..to].fill(0);
    vec![(format!("bytes {from} to {to} zeroed"), bytes)]
}

#[test]
fn flipped_bits_lose_nothing_silently() {
    for closed in [true, false] {
        let tally = each_file(&sample(closed), flips);
        assert!(tally.refused > 20, "{tally:?}");
    }
}

#[test]
fn truncated_and_zeroed_files_lose_nothing_silently() {
    for closed in [true, false] {
        let sample = sample(closed);
        assert!(each_file(&sample, cuts).refused > 8);
        assert!(each_file(&sample, zeroed).refused > 3);
    }
}

#[test]
fn deleted_files_and_folders_lose_nothing_silently() {
    for closed in [true, false] {
        let sample = sample(closed);
        let mut tally = Tally::default();
        let root = sample.folder.path();
        let folders = ["db", "db/keyspaces", "db/keyspaces/0", "db/keyspaces/1", "db/keyspaces/1/tables"];
        for file in files(root).into_iter().chain(folders.iter().map(|name| root.join(name))) {
            let name = file.strip_prefix(root).unwrap();
            let copy = temporary();
            copy_folder(root, copy.path());
            let gone = copy.path().join(name);
            if gone.is_dir() { fs::remove_dir_all(&gone) } else { fs::remove_file(&gone) }.unwrap();
            judge(copy.path(), &sample, &format!("{} deleted", name.display()), &mut tally);
        }
        assert!(tally.refused > 8, "{tally:?}");
    }
}

#[test]
fn a_state_file_of_another_store_is_refused() {
    let (older, newer) = (sample(false), sample(false));
    let copy = temporary();
    copy_folder(older.folder.path(), copy.path());
    fs::copy(newer.folder.path().join("store.state"), copy.path().join("store.state")).unwrap();
    let error = open(copy.path()).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "another store's state file: {error}");
}

#[test]
fn a_torn_last_group_that_was_not_acknowledged_is_dropped() {
    let sample = sample(false);
    let journal = newest_journal(&sample.folder.path().join("db"));
    let whole = fs::read(&journal).unwrap();
    // The beginning of a next group, with bytes in its middle missing as after a power cut.
    let group = last_group(&whole);
    let mut torn = group.to_vec();
    let next = u64::from_le_bytes(torn[5..13].try_into().unwrap()) + 1;
    torn[5..13].copy_from_slice(&next.to_le_bytes());
    let middle = torn.len() / 2;
    torn[middle..middle + 200].fill(0);
    for length in [1, 5, 13, 14, 40, torn.len() / 3, torn.len() - 1, torn.len()] {
        let copy = temporary();
        copy_folder(sample.folder.path(), copy.path());
        let target = newest_journal(&copy.path().join("db"));
        fs::write(target, [whole.as_slice(), &torn[..length]].concat()).unwrap();
        let mut tally = Tally::default();
        judge(copy.path(), &sample, &format!("torn after {length}"), &mut tally);
        assert_eq!(tally.whole, 1, "torn after {length}: {tally:?}");
    }
}

/// A killed store with the state file that the disk had when half of the groups were written, as a power cut may leave it.
fn sample_with_older_state() -> Sample {
    let (live, folder) = (temporary(), temporary());
    let store = open(live.path()).unwrap();
    let (state, rows) = block_on(async {
        write(&store, 0..40).await;
        let state = fs::read(live.path().join("store.state")).unwrap();
        write(&store, 40..80).await;
        (state, all_rows(&store).await.unwrap())
    });
    copy_settled(live.path(), folder.path());
    fs::write(folder.path().join("store.state"), state).unwrap();
    trim_journals(&folder.path().join("db"));
    Sample { folder, rows }
}

#[test]
fn damage_that_the_state_file_does_not_know_of_is_refused() {
    let sample = sample_with_older_state();
    let mut tally = Tally::default();
    judge(sample.folder.path(), &sample, "not damaged", &mut tally);
    assert_eq!(tally.whole, 1, "{tally:?}");

    let sample = sample_with_older_state();
    let journal = newest_journal(&sample.folder.path().join("db"));
    let whole = fs::read(&journal).unwrap();
    // The first byte of the last group but one: a power cut tears only the last.
    let at = group_ends(&whole).into_iter().rev().nth(2).unwrap();
    let mut damaged = whole.clone();
    damaged[at] ^= 1;
    fs::write(&journal, damaged).unwrap();
    judge(sample.folder.path(), &sample, "damage after the state file's last group", &mut tally);
    assert_eq!(tally.refused, 1, "{tally:?}");
}

#[test]
fn a_damaged_journal_is_not_changed_when_it_is_refused() {
    let sample = sample(false);
    let journal = newest_journal(&sample.folder.path().join("db"));
    let mut bytes = fs::read(&journal).unwrap();
    let ends = group_ends(&bytes);
    bytes[ends[ends.len() / 2]] ^= 1;
    fs::write(&journal, &bytes).unwrap();
    for _ in 0..2 {
        let error = open(sample.folder.path()).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
        assert!(fs::read(&journal).unwrap() == bytes, "the bytes after the damage are unchanged");
    }
}

fn newest_journal(folder: &Path) -> PathBuf {
    let journals = files(folder).into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "jnl"));
    journals.max_by_key(|path| path.file_stem().unwrap().to_str().unwrap().parse::<u64>().unwrap()).unwrap()
}

/// The last batch of a journal: everything after the end of the previous batch.
fn last_group(journal: &[u8]) -> &[u8] {
    let ends = group_ends(journal);
    &journal[ends[ends.len() - 2]..ends[ends.len() - 1]]
}

/// Where the batches of a journal end.
fn group_ends(journal: &[u8]) -> Vec<usize> {
    journal.windows(4).enumerate().filter(|(_, four)| four == b"FJL\x03").map(|(at, _)| at + 4).collect()
}

#[test]
fn foreign_folders_are_refused_and_not_changed() {
    let folder = temporary();
    let file = folder.path().join("letter.txt");
    fs::write(&file, "Dear John").unwrap();
    for (place, hint) in [(folder.path(), "letter.txt"), (&file, "a file")] {
        let error = open(place).unwrap_err();
        assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
        assert!(error.to_string().contains(hint), "{error}");
    }
    assert_eq!(files(folder.path()), [file]);
    assert!(!folder.path().join("lock").exists());
}

#[test]
fn an_empty_and_a_missing_folder_become_a_store() {
    let folder = temporary();
    fs::create_dir(folder.path().join("lost+found")).unwrap();
    drop(open(folder.path()).unwrap());
    drop(open(&folder.path().join("a/b/c")).unwrap_or_else(|error| panic!("{error}")));
}

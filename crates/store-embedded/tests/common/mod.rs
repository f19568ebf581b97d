//! Helpers of the engine's tests.
#![allow(dead_code, reason = "each test binary uses its part")]

use jobline_store::{Commit, Condition, Consistency, Error, Key, Outcome, Range, Row, Scan, Store, Token};
use jobline_store_embedded::{EmbeddedStore, OpenError, Options};
use std::future::Future;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub fn open(folder: &Path) -> Result<EmbeddedStore, OpenError> {
    EmbeddedStore::open(folder, Options::default())
}

/// How soon a store has to be back: a second, and more for a machine that runs other tests. Attempts are at most a quarter
/// of a second apart, which the tests of `backoff` check.
pub const SOON: Duration = Duration::from_secs(3);

/// Options with which tables are written often and few rows are kept in memory, so that most reads go to the database.
pub fn small_options() -> Options {
    Options {
        memtable_bytes: 64 * 1024,
        row_cache_bytes: 16 * 1024,
        range_cache_bytes: 16 * 1024,
        block_cache_bytes: 64 * 1024,
        ..Options::default()
    }
}

pub fn key(partition: u64, sort: u64) -> Key {
    Key::new(format!("PARTITION#{partition:04}"), format!("ROW#{sort:06}"))
}

/// The value of the row at `key(partition, sort)` in these tests.
pub fn value(partition: u64, sort: u64, bytes: usize) -> String {
    let text = format!("{partition}/{sort}:");
    let mixed = partition.wrapping_mul(0x9e37_79b9) ^ sort.wrapping_mul(0x85eb_ca6b);
    let filler = (0..bytes as u64).map(|at| char::from(b'a' + (mixed.wrapping_add(at * at * 7) % 26) as u8));
    text.chars().chain(filler).collect()
}

/// The commit of five rows with number `number`; each row occurs once.
pub fn commit(number: u64, bytes: usize) -> Commit {
    let token = Token(u128::from(number + 1) << 64 | u128::from(number + 1));
    let mut commit = Commit::builder(token);
    for row in 0..5 {
        let (partition, sort) = (number % 7, number * 5 + row);
        commit = commit.put(key(partition, sort), Condition::Absent, value(partition, sort, bytes), None);
    }
    commit.build().unwrap()
}

pub async fn write(store: &EmbeddedStore, numbers: impl Iterator<Item = u64>) {
    for number in numbers {
        assert_eq!(store.commit(&commit(number, 300)).await.unwrap(), Outcome::Committed, "commit {number}");
    }
}

/// Whether the five rows of a commit exist; panics if only some of them do.
pub async fn is_there(store: &EmbeddedStore, number: u64, bytes: usize) -> Result<bool, Error> {
    let keys: Vec<Key> = (0..5).map(|row| key(number % 7, number * 5 + row)).collect();
    let rows = store.get_many(&keys, Consistency::Strong).await?;
    let there = rows.iter().flatten().count();
    assert!(there == 0 || there == 5, "commit {number} has {there} rows of 5");
    for (row, sort) in rows.iter().flatten().zip(number * 5..) {
        assert_eq!(row.value, value(number % 7, sort, bytes), "commit {number}");
    }
    Ok(there == 5)
}

/// All rows, by a scan.
pub async fn all_rows(store: &EmbeddedStore) -> Result<Vec<(Key, Row)>, Error> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = store.scan(after.as_ref(), 1000).await?;
        rows.extend(page.rows);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(rows),
        }
    }
}

pub fn partition(partition: u64) -> Range {
    Range::prefix(format!("PARTITION#{partition:04}"), "ROW#", 100)
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// Tries until `holds` returns true.
pub async fn eventually<F: Future<Output = bool>>(what: &str, holds: impl FnMut() -> F) {
    eventually_within(Duration::from_secs(30), what, holds).await;
}

/// Tries until `holds` returns true, for at most `limit`.
pub async fn eventually_within<F: Future<Output = bool>>(limit: Duration, what: &str, mut holds: impl FnMut() -> F) {
    let deadline = Instant::now() + limit;
    while !holds().await {
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        tokio::task::yield_now().await;
    }
}

pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A mounted file system, unmounted when it is dropped.
pub struct Mount(TempDir);

impl Mount {
    pub fn new(arguments: &[&str], source: &Path) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        run("mount", &[arguments, &[&*source.to_string_lossy(), &*folder.path().to_string_lossy()]].concat())
            .then_some(Self(folder))
    }

    pub fn memory(megabytes: u64) -> Option<Self> {
        Self::new(&["-t", "tmpfs", "-o", &format!("size={megabytes}m")], Path::new("none"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Whether the command could be run and succeeded.
pub fn run(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    let done = output.as_ref().is_ok_and(|output| output.status.success());
    if !done {
        eprintln!("skipped: {program} {arguments:?}: {output:?}");
    }
    done
}

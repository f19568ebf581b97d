//! The disk: commits reach it, a power cut loses none of them, and it may be full.
//!
//! Some tests mount a file system or trace a process; where that is not permitted they print that they were skipped.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

mod common;

use common::{
    Mount, SOON, all_rows, block_on, commit, eventually, eventually_within, is_there, key, open, partition, run,
    small_options, write,
};
use jobline_store::{Consistency, Error, Outcome, Store};
use jobline_store_embedded::{EmbeddedStore, OpenError, Options};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file that takes the remaining space of a file system.
fn fill(folder: &Path) -> PathBuf {
    let path = folder.join("filler");
    let mut file = File::create(&path).unwrap();
    for size in [1 << 20, 1 << 12] {
        let chunk = vec![1; size];
        while file.write_all(&chunk).is_ok() {}
    }
    path
}

/// Whether commit `number` was carried out; it may be refused as unavailable, and must not fail otherwise.
async fn try_write(store: &EmbeddedStore, number: u64, bytes: usize) -> bool {
    match store.commit(&commit(number, bytes)).await {
        Ok(outcome) => {
            assert_eq!(outcome, Outcome::Committed, "commit {number}");
            true
        }
        Err(Error::Unavailable(_)) => false,
        Err(error) => panic!("commit {number}: {error}"),
    }
}

#[test]
fn a_full_disk_refuses_commits_until_there_is_room() {
    let Some(mount) = Mount::memory(64) else { return };
    let folder = mount.path().join("store");
    block_on(async {
        let store = open(&folder).unwrap();
        write(&store, 0..200).await;
        let filler = fill(mount.path());
        assert!(matches!(store.commit(&commit(200, 300)).await, Err(Error::Unavailable(_))));
        assert!(!is_there(&store, 200, 300).await.unwrap(), "nothing happened");
        assert!(is_there(&store, 100, 300).await.unwrap(), "reads continue");
        assert!(!store.range(&partition(3)).await.unwrap().rows.is_empty());
        fs::remove_file(filler).unwrap();
        write(&store, 200..300).await;
        store.close().await;
        drop(store);
        assert_eq!(all_rows(&open(&folder).unwrap()).await.unwrap().len(), 1500);
    });
}

#[test]
fn a_full_disk_can_be_opened_read_and_closed() {
    let Some(mount) = Mount::memory(64) else { return };
    let folder = mount.path().join("store");
    block_on(async {
        let store = open(&folder).unwrap();
        write(&store, 0..200).await;
        let filler = fill(mount.path());
        drop(store);
        let store = open(&folder).unwrap();
        assert_eq!(all_rows(&store).await.unwrap().len(), 1000);
        assert!(!try_write(&store, 200, 300).await);
        fs::remove_file(filler).unwrap();
        eventually("commits are carried out again", || try_write(&store, 200, 300)).await;
        assert_eq!(all_rows(&store).await.unwrap().len(), 1005);
    });
}

#[test]
fn a_disk_that_fills_in_the_middle_of_a_write_loses_nothing() {
    let Some(mount) = Mount::memory(64) else { return };
    let folder = mount.path().join("store");
    // Without a reserve writes, flushes and compactions run out of space themselves.
    let options = Options { reserve_bytes: 0, memtable_bytes: 1 << 20, ..Options::default() };
    block_on(async {
        let store = EmbeddedStore::open(&folder, options).unwrap();
        write(&store, 0..20).await;
        let mut answered = Vec::new();
        let mut next = 20;
        for _ in 0..3 {
            let ballast = mount.path().join("ballast");
            // As much as fits beside the store's files of the previous rounds.
            let _ = fs::write(&ballast, vec![1; 16 << 20]);
            let (mut refused, mut numbers) = (0, next..next + 20_000);
            while refused < 40 {
                let number = numbers.next().unwrap();
                match try_write(&store, number, 4000).await {
                    true => answered.push(number),
                    false => refused += 1,
                }
                next = number + 1;
            }
            for number in 0..20 {
                let there = is_there(&store, number, 300).await;
                assert!(!matches!(there, Ok(false) | Err(Error::Corrupt(_))), "{there:?}");
            }
            fs::remove_file(ballast).unwrap();
            eventually("commits are carried out again", || try_write(&store, next, 10)).await;
            next += 1;
        }
        assert!(answered.len() > 100, "{}", answered.len());
        let check = async |store: &EmbeddedStore| {
            for number in &answered {
                assert!(is_there(store, *number, 4000).await.unwrap(), "commit {number} was answered");
            }
        };
        check(&store).await;
        let rows = all_rows(&store).await.unwrap();
        drop(store);
        let store = open(&folder).unwrap();
        check(&store).await;
        assert!(all_rows(&store).await.unwrap() == rows, "refused commits have no effect");
    });
}

#[test]
fn on_a_full_disk_all_rows_can_be_read() {
    let Some(mount) = Mount::memory(64) else { return };
    let folder = mount.path().join("store");
    block_on(async {
        let store = EmbeddedStore::open(&folder, small_options()).unwrap();
        write(&store, 0..1000).await;
        drop(store);
        let store = EmbeddedStore::open(&folder, small_options()).unwrap();
        let filler = fill(mount.path());
        for _ in 0..2 {
            let refused = store.commit(&commit(1000, 300)).await;
            assert!(matches!(&refused, Err(Error::Unavailable(why)) if why.contains("disk is full")), "{refused:?}");
            // The second time each is from the cache.
            for number in (0..1000).flat_map(|number| [number, number]) {
                assert!(is_there(&store, number, 300).await.unwrap(), "commit {number}");
            }
            assert_eq!(all_rows(&store).await.unwrap().len(), 5000);
        }
        assert!(matches!(store.sweep_expired(u64::MAX, 10).await, Err(Error::Unavailable(_))));
        fs::remove_file(filler).unwrap();
        eventually_within(SOON, "commits are carried out again", || try_write(&store, 1000, 300)).await;
    });
}

#[test]
fn a_write_that_runs_out_of_space_leaves_the_store_readable() {
    let Some(mount) = Mount::memory(64) else { return };
    let folder = mount.path().join("store");
    block_on(async {
        let store = EmbeddedStore::open(&folder, Options { reserve_bytes: 0, ..small_options() }).unwrap();
        write(&store, 0..200).await;
        let mut next = 200;
        for _ in 0..2 {
            let filler = fill(mount.path());
            for _ in 0..5 {
                while try_write(&store, next, 300).await {
                    next += 1;
                }
                for number in 0..next {
                    // After a failed write the database is opened again, and reads may be refused meanwhile.
                    let readable = async || is_there(&store, number, 300).await.is_ok();
                    eventually_within(SOON, "reads are answered", readable).await;
                    assert!(is_there(&store, number, 300).await.unwrap(), "commit {number}");
                }
            }
            fs::remove_file(filler).unwrap();
            eventually_within(SOON, "commits are carried out again", || try_write(&store, next, 300)).await;
            next += 1;
        }
        drop(store);
        assert_eq!(all_rows(&open(&folder).unwrap()).await.unwrap().len() as u64, next * 5);
    });
}

#[test]
fn a_read_only_folder_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    let Some(mount) = Mount::new(&["--bind"], folder.path()) else { return };
    if !run("mount", &["-o", "remount,ro,bind", &mount.path().to_string_lossy()]) {
        return;
    }
    for place in [mount.path().to_owned(), mount.path().join("new")] {
        let error = open(&place).unwrap_err();
        assert!(matches!(error, OpenError::Io { .. }), "{error}");
        assert!(error.to_string().contains(&*place.to_string_lossy()), "{error}");
    }
}

/// Copies the disk image without the writes that its file system still holds in memory.
fn cut_power(image: &Path, copy: &Path) {
    // Two equal copies show that nothing was written while they were made.
    loop {
        let (first, second) = (fs::read(image).unwrap(), fs::read(image).unwrap());
        if first == second {
            return fs::write(copy, second).unwrap();
        }
    }
}

#[test]
fn answered_commits_survive_a_power_cut() {
    let images = tempfile::tempdir().unwrap();
    let (image, copy) = (images.path().join("disk"), images.path().join("after"));
    File::create(&image).unwrap().set_len(192 << 20).unwrap();
    if !run("mkfs.ext4", &["-q", "-F", &image.to_string_lossy()]) {
        return;
    }
    let Some(disk) = Mount::new(&["-o", "loop"], &image) else { return };
    let options = || Options { memtable_bytes: 256 * 1024, ..Options::default() };
    block_on(async {
        let mut written = 0;
        let mut store = Some(EmbeddedStore::open(&disk.path().join("store"), options()).unwrap());
        for round in 0..5 {
            let live = store.as_ref().unwrap();
            let more = [1, 40, 600, 10, 300][round];
            write(live, written..written + more).await;
            written += more;
            if round == 2 {
                live.close().await;
            }
            let unsynced = format!("unsynced-{round}");
            fs::write(disk.path().join(&unsynced), "not there").unwrap();
            cut_power(&image, &copy);
            check_after_power_cut(&copy, written, &unsynced).await;
            if round == 2 {
                store = Some(EmbeddedStore::open(&disk.path().join("store"), options()).unwrap());
            }
        }
    });
}

async fn check_after_power_cut(image: &Path, written: u64, unsynced: &str) {
    let disk = Mount::new(&["-o", "loop"], image).expect("the first image was mounted");
    let unsynced = fs::read(disk.path().join(unsynced)).unwrap_or_default();
    assert!(unsynced.is_empty(), "the copy has a file that was never synced");
    let store = open(&disk.path().join("store")).unwrap();
    assert_eq!(all_rows(&store).await.unwrap().len() as u64, written * 5);
    write(&store, written..written + 1).await;
    store.close().await;
}

/// The environment variable that gives the traced child its folder.
const CHILD: &str = "JOBLINE_TEST_TRACED_STORE";
const TRACED: u64 = 25;

/// Runs only in the traced child process.
#[test]
fn traced_child() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let store = open(Path::new(&folder)).unwrap();
    File::create(Path::new(&folder).join("begin")).unwrap();
    block_on(write(&store, 0..TRACED));
    File::create(Path::new(&folder).join("end")).unwrap();
}

#[test]
fn every_commit_waits_for_fdatasync_of_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let trace = tempfile::tempdir().unwrap();
    let output = trace.path().join("trace");
    let traced = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fdatasync,openat", "-o"])
        .args([output.as_path(), &std::env::current_exe().unwrap()])
        .args(["traced_child", "--exact", "--test-threads=1"])
        .env(CHILD, folder.path())
        .output();
    if !traced.as_ref().is_ok_and(|traced| traced.status.success()) {
        return eprintln!("skipped: strace: {traced:?}");
    }
    let calls = fs::read_to_string(output).unwrap();
    let between = calls.split_once("/begin").unwrap().1.split_once("/end").unwrap().0;
    let syncs = between.lines().filter(|line| line.contains("fdatasync(") && line.contains(".jnl>"));
    assert!(syncs.count() as u64 >= TRACED, "{between}");
}

#[tokio::test]
async fn rows_too_large_for_the_cache_are_read_from_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    for (number, bytes) in [(0, 31 * 1024), (1, 33 * 1024), (2, 300 * 1024)] {
        assert!(try_write(&store, number, bytes).await);
        assert!(is_there(&store, number, bytes).await.unwrap());
    }
    store.close().await;
    drop(store);
    let store = open(folder.path()).unwrap();
    assert!(is_there(&store, 2, 300 * 1024).await.unwrap());
    assert!(store.get(&key(9, 9), Consistency::Strong).await.unwrap().is_none());
}

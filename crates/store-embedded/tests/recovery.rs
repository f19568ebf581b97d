//! A store whose database failed returns by itself, soon after the cause has gone.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

mod common;

use common::{SOON, all_rows, block_on, commit, eventually_within, is_there, open, small_options, write};
use jobline_store::{Error, Outcome, Store};
use jobline_store_embedded::EmbeddedStore;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Whether the commit was carried out; if not, it must be unavailable or damaged.
async fn try_write(store: &EmbeddedStore, number: u64) -> bool {
    match store.commit(&commit(number, 300)).await {
        Ok(outcome) => {
            assert_eq!(outcome, Outcome::Committed, "commit {number}");
            true
        }
        Err(Error::Unavailable(_) | Error::Corrupt(_)) => false,
        Err(error) => panic!("commit {number}: {error}"),
    }
}

/// Commits from `first` on until one is refused; the number of that one.
async fn write_until_refused(store: &EmbeddedStore, first: u64) -> u64 {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut number = first;
    while try_write(store, number).await {
        assert!(Instant::now() < deadline, "the database did not notice the failure");
        number += 1;
    }
    number
}

/// Whether this process has a journal below `folder` open, which only an open database has. Asks nothing of the store.
fn has_open_journal(folder: &Path) -> bool {
    let Ok(descriptors) = fs::read_dir("/proc/self/fd") else { return false };
    let targets = descriptors.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
    targets.into_iter().any(|path| path.starts_with(folder) && path.extension().is_some_and(|kind| kind == "jnl"))
}

async fn assert_whole(store: &EmbeddedStore, written: u64) {
    let rows = all_rows(store).await.unwrap();
    assert_eq!(rows.len() as u64, written * 5);
}

#[test]
fn a_database_that_cannot_be_opened_returns_without_any_request() {
    let folder = tempfile::tempdir().unwrap();
    let (db, elsewhere) = (folder.path().join("db"), folder.path().join("elsewhere"));
    block_on(async {
        let store = EmbeddedStore::open(folder.path(), small_options()).unwrap();
        write(&store, 0..50).await;
        let mut written = 50;
        for round in 0..3 {
            fs::rename(&db, &elsewhere).unwrap();
            written = write_until_refused(&store, written).await;
            let read = is_there(&store, 3, 300).await;
            assert!(matches!(read, Err(Error::Unavailable(_))), "round {round}: {read:?}");
            fs::rename(&elsewhere, &db).unwrap();
            eventually_within(SOON, "the store is open", async || has_open_journal(folder.path())).await;
            eventually_within(SOON, "a read is answered", async || is_there(&store, 3, 300).await.is_ok()).await;
            assert!(is_there(&store, written - 1, 300).await.unwrap(), "answered commits are stored");
            eventually_within(SOON, "a commit is carried out", || try_write(&store, written)).await;
            written += 1;
        }
        assert_whole(&store, written).await;
        store.close().await;
        drop(store);
        assert_whole(&open(folder.path()).unwrap(), written).await;
    });
}

#[test]
fn a_store_that_is_closed_while_its_database_is_away_can_be_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let (db, elsewhere) = (folder.path().join("db"), folder.path().join("elsewhere"));
    block_on(async {
        let store = EmbeddedStore::open(folder.path(), small_options()).unwrap();
        fs::rename(&db, &elsewhere).unwrap();
        let written = write_until_refused(&store, 0).await;
        store.close().await;
        fs::rename(&elsewhere, &db).unwrap();
        assert_whole(&open(folder.path()).unwrap(), written).await;
        assert!(matches!(all_rows(&store).await, Err(Error::Unavailable(_))), "the former handle stays closed");
    });
}

#[test]
fn reads_alone_notice_that_the_store_has_recovered() {
    let folder = tempfile::tempdir().unwrap();
    let (db, elsewhere) = (folder.path().join("db"), folder.path().join("elsewhere"));
    block_on(async {
        let store = EmbeddedStore::open(folder.path(), small_options()).unwrap();
        fs::rename(&db, &elsewhere).unwrap();
        let written = write_until_refused(&store, 0).await;
        // Long enough for several attempts to fail.
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(1) {
            let read = is_there(&store, 0, 300).await;
            assert!(matches!(read, Ok(true) | Err(Error::Unavailable(_))), "{read:?}");
            tokio::task::yield_now().await;
        }
        fs::rename(&elsewhere, &db).unwrap();
        eventually_within(SOON, "a read is answered", async || all_rows(&store).await.is_ok()).await;
        assert_whole(&store, written).await;
    });
}

/// The environment variable that gives a child process its folder.
const CHILD: &str = "JOBLINE_TEST_STORE_WITHOUT_DESCRIPTORS";

/// Runs a test of this file in a separate process, whose limits it may change.
fn run_child(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&child.stdout).into_owned() + &String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success() && text.contains("child done"), "{text}");
}

fn limit_descriptors(soft: u64) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(soft), maximum }).unwrap();
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn without_descriptors_reads_continue_and_commits_return() {
    run_child("the_store_recovers_after_descriptors_ran_out");
}

/// Runs only in a child process.
#[test]
fn the_store_recovers_after_descriptors_ran_out() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let soft = getrlimit(Resource::Nofile).current.unwrap_or(1024);
    block_on(async {
        let store = EmbeddedStore::open(Path::new(&folder), small_options()).unwrap();
        write(&store, 0..100).await;
        let mut written = 100;
        for round in 0..3 {
            // Below the number of open descriptors, so that no more can be opened.
            limit_descriptors(3);
            written = write_until_refused(&store, written).await;
            assert!(is_there(&store, written - 1, 300).await.unwrap(), "round {round}: reads continue");
            assert!(!try_write(&store, written).await);
            limit_descriptors(soft);
            eventually_within(SOON, "a commit is carried out", || try_write(&store, written)).await;
            written += 1;
        }
        assert_whole(&store, written).await;
    });
    println!("child done");
}

#[test]
fn the_store_returns_when_others_stop_taking_every_descriptor() {
    run_child("descriptors_are_taken");
}

/// Opens files as fast as it can until `over`, as a server does whose clients keep connecting.
fn take_descriptors(over: &AtomicBool) {
    let mut taken = Vec::new();
    while !over.load(Ordering::Relaxed) {
        match File::open("/dev/null") {
            Ok(file) => taken.push(file),
            Err(_) => thread::yield_now(),
        }
    }
}

struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs only in a child process.
#[test]
fn descriptors_are_taken() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let folder = Path::new(&folder);
    limit_descriptors(256);
    block_on(async {
        let store = EmbeddedStore::open(folder, small_options()).unwrap();
        write(&store, 0..100).await;
        let before = descriptors();
        let over = AtomicBool::new(false);
        let mut written = 100;
        thread::scope(|scope| {
            // Ends the thread, also after a panic.
            let _over = SetOnDrop(&over);
            scope.spawn(|| take_descriptors(&over));
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(async {
                    // The store may live on its spare descriptors for a while.
                    let begin = Instant::now();
                    while begin.elapsed() < Duration::from_secs(2) {
                        written += u64::from(try_write(&store, written).await);
                    }
                });
            });
        });
        // There are no requests.
        eventually_within(SOON, "the store is open", async || has_open_journal(folder)).await;
        eventually_within(SOON, "a read is answered", async || is_there(&store, 3, 300).await.is_ok()).await;
        eventually_within(SOON, "a commit is carried out", || try_write(&store, written)).await;
        written += 1;
        assert_whole(&store, written).await;
        assert!(descriptors() < before + 32, "attempts that failed kept descriptors: {before}, {}", descriptors());
    });
    println!("child done");
}

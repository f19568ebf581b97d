//! A power cut at any moment, on a disk that keeps what was synced and of the rest any part, in any order.
//!
//! A process writes under `strace`, which sees what it does to its files and when it says that a commit was answered. From
//! this, folders are made as a power cut may leave them, and opened. Needs the feature `power-cut-tests` and strace, which
//! `cargo xtask test` installs.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

#[path = "../common/mod.rs"]
mod common;
mod disk;
mod trace;

use common::{block_on, commit, key, small_options, value};
use disk::{Disk, RESTS, Rest};
use futures_util::future::join_all;
use jobline_store::{Consistency, Key, Outcome, Store};
use jobline_store_embedded::EmbeddedStore;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use trace::{Event, What};

/// The bytes of a row.
const BYTES: usize = 300;
/// Commits at a time, which share groups.
const AT_ONCE: u64 = 4;
/// How many commits are written between two starts, with which several tables are written and compacted.
const COMMITS: [u64; 2] = [160, 80];

/// The events of the traced process.
#[test]
#[ignore = "the other tests run it under strace"]
fn writes_and_says_what_was_answered() {
    let folder = PathBuf::from(env::var(trace::FOLDER).unwrap());
    block_on(async {
        let mut number = 0;
        for commits in COMMITS {
            let store = EmbeddedStore::open(&folder, small_options()).unwrap();
            let end = number + commits;
            while number < end {
                join_all((number..number + AT_ONCE).map(async |number| {
                    assert_eq!(store.commit(&commit(number, BYTES)).await.unwrap(), Outcome::Committed);
                    println!("answered {number}");
                }))
                .await;
                number += AT_ONCE;
            }
            store.close().await;
        }
    });
}

/// The events of a process that wrote.
fn recorded() -> &'static [Event] {
    static EVENTS: OnceLock<Vec<Event>> = OnceLock::new();
    EVENTS.get_or_init(|| {
        let events = trace::record("writes_and_says_what_was_answered");
        let answered = events.iter().filter(|event| matches!(event.what, What::Answered(_))).count() as u64;
        assert_eq!(answered, COMMITS.iter().sum::<u64>());
        events
    })
}

/// Opens what a power cut has left. Every commit in `answered` has to be there, and any other whole or not at all.
async fn judge(folder: &Path, answered: &[u64]) -> Result<(), String> {
    let open = || EmbeddedStore::open(folder, small_options()).map_err(|error| format!("it does not open: {error}"));
    let store = open()?;
    for number in 0..COMMITS.iter().sum() {
        let keys: Vec<Key> = (0..5).map(|row| key(number % 7, number * 5 + row)).collect();
        let rows = store.get_many(&keys, Consistency::Strong).await.map_err(|error| error.to_string())?;
        let there = rows.iter().flatten().count();
        let is_right = |(row, sort): (&jobline_store::Row, u64)| row.value == value(number % 7, sort, BYTES);
        if there != 0 && there != 5 || !rows.iter().flatten().zip(number * 5..).all(is_right) {
            return Err(format!("commit {number} is there in part"));
        }
        if there == 0 && answered.contains(&number) {
            return Err(format!("commit {number} was answered and is lost"));
        }
    }
    // It takes commits again, and still has them after the next start.
    let next = COMMITS.iter().sum::<u64>();
    let outcome = store.commit(&commit(next, BYTES)).await.map_err(|error| error.to_string())?;
    store.close().await;
    drop(store);
    let rows = open()?.get(&key(next % 7, next * 5), Consistency::Strong).await.map_err(|error| error.to_string())?;
    (outcome == Outcome::Committed && rows.is_some()).then_some(()).ok_or("it takes no more commits".to_owned())
}

fn cut(disk: &Disk<'_>, rests: &[Rest], seed: u64) -> Result<(), String> {
    disk.cut_often(rests, seed, |folder, answered| block_on(judge(folder, answered)))
}

#[test]
fn answered_commits_survive_a_power_cut_whatever_else_reached_the_disk() {
    cut(&Disk::new(recorded(), |_| true), &RESTS, 1).unwrap();
}

/// Some of the syncs, by what they sync.
type Syncs<'a> = (&'a str, &'a dyn Fn(&What) -> bool);

/// That the test above sees a sync that is missing.
#[test]
fn a_sync_that_is_left_out_is_noticed() {
    let events = recorded();
    let named = |path: &Path, end: &str| path.to_string_lossy().ends_with(end);
    let is_journal = |what: &What| matches!(what, What::SyncFile(path, _) if named(path, ".jnl"));
    let is_table =
        |what: &What| matches!(what, What::SyncFile(path, _) if path.parent().is_some_and(|one| named(one, "tables")));
    let is_folder = |what: &What| matches!(what, What::SyncFolder(_));
    let left_out: [Syncs<'_>; 3] = [("journals", &is_journal), ("tables", &is_table), ("folders", &is_folder)];
    for (name, is_left_out) in left_out {
        assert!(events.iter().any(|event| is_left_out(&event.what)), "nothing syncs {name}");
        let disk = Disk::new(events, |what| !is_left_out(what));
        let found = cut(&disk, &[Rest::Lost, Rest::Any], 2);
        println!("without the syncs of {name}: {found:?}");
        assert!(found.is_err(), "nobody noticed that {name} were not synced");
    }
}

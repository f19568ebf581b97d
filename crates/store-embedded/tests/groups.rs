//! Commits that are decided while the previous group is being written.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

mod common;

use common::{Mount, all_rows, block_on, commit, eventually, is_there, key, open};
use jobline_store::{Commit, Condition, Consistency, Error, Outcome, Store, Token};
use jobline_store_embedded::{EmbeddedStore, Options};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Adds one to the number in a row that others add to as well. Returns how many attempts it took.
async fn add_one(store: &EmbeddedStore, id: u64) -> u64 {
    let counter = key(0, 0);
    for attempt in 0.. {
        let row = store.get(&counter, Consistency::Strong).await.unwrap();
        let number = row.as_ref().map_or(0, |row| std::str::from_utf8(&row.value).unwrap().parse::<u64>().unwrap());
        let condition = row.map_or(Condition::Absent, |row| Condition::Version(row.version));
        let unique = u128::from(id << 20 | (attempt + 1));
        let token = Token(unique << 64 | unique);
        let value = (number + 1).to_string();
        let commit = Commit::builder(token).put(counter.clone(), condition, value, None).build().unwrap();
        match store.commit(&commit).await.unwrap() {
            Outcome::Committed => return attempt + 1,
            Outcome::Conflict(keys) => assert_eq!(keys, std::slice::from_ref(&counter)),
        }
    }
    unreachable!("the loop has no end")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_commits_that_read_the_same_row_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    let attempts = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (1..=16)
        .map(|client| {
            let (store, attempts) = (store.clone(), Arc::clone(&attempts));
            tokio::spawn(async move {
                for number in 0..50 {
                    attempts.fetch_add(add_one(&store, client << 10 | number).await, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let row = store.get(&key(0, 0), Consistency::Strong).await.unwrap().unwrap();
    assert_eq!(&*row.value, b"800");
    assert!(attempts.load(Ordering::Relaxed) > 800, "some attempts conflicted");
}

/// Commits the same commit twice, the second time after others had a turn. Returns both outcomes.
async fn commit_twice(store: &EmbeddedStore, number: u64) -> [Result<Outcome, Error>; 2] {
    let commit = commit(number, 4000);
    let again = async {
        for _ in 0..number % 40 {
            tokio::task::yield_now().await;
        }
        store.commit(&commit).await
    };
    let (one, other) = tokio::join!(store.commit(&commit), again);
    [one, other]
}

#[test]
fn answered_commits_remain_when_groups_fail() {
    let Some(mount) = Mount::memory(64) else { return };
    let folder = mount.path().join("store");
    // Without a reserve writes run out of space themselves.
    let options = Options { reserve_bytes: 0, memtable_bytes: 1 << 20, ..Options::default() };
    block_on(async {
        let store = EmbeddedStore::open(&folder, options).unwrap();
        let (mut answered, mut refused) = (Vec::new(), 0);
        let mut next = 0;
        for _ in 0..4 {
            let ballast = mount.path().join("ballast");
            let _ = fs::write(&ballast, vec![1; 24 << 20]);
            let before = refused;
            while refused < before + 200 {
                let numbers: Vec<u64> = (next..next + 64).collect();
                next += 64;
                let tasks = numbers.iter().map(|number| {
                    let (store, number) = (store.clone(), *number);
                    tokio::spawn(async move { (number, commit_twice(&store, number).await) })
                });
                for task in tasks.collect::<Vec<_>>() {
                    let (number, outcomes) = task.await.unwrap();
                    for outcome in outcomes {
                        match outcome {
                            Ok(outcome) => {
                                assert_eq!(outcome, Outcome::Committed, "commit {number}");
                                answered.push(number);
                            }
                            Err(Error::Unavailable(_) | Error::Unknown(_)) => refused += 1,
                            Err(error) => panic!("commit {number}: {error}"),
                        }
                    }
                }
            }
            fs::remove_file(ballast).unwrap();
            let carried_out = async || store.commit(&commit(next, 10)).await.is_ok();
            eventually("commits are carried out again", carried_out).await;
            next += 1;
            for number in &answered {
                assert!(is_there(&store, *number, 4000).await.unwrap(), "commit {number} was answered");
            }
        }
        let rows = all_rows(&store).await.unwrap();
        drop(store);
        assert!(all_rows(&open(&folder).unwrap()).await.unwrap() == rows, "refused commits have no effect");
    });
}

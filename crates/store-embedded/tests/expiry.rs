//! Deleting expired rows, which the expiry index finds.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

mod common;

use common::{all_rows, key, open};
use jobline_store::{Commit, Condition, Consistency, Outcome, Store, Token};
use jobline_store_embedded::{EmbeddedStore, Options};
use std::time::Instant;

async fn put(store: &EmbeddedStore, sort: u64, expires: Option<u64>) {
    let commit = Commit::builder(Token(rand::random())).put(key(0, sort), Condition::Any, "row", expires);
    assert_eq!(store.commit(&commit.build().unwrap()).await.unwrap(), Outcome::Committed);
}

async fn left(store: &EmbeddedStore) -> Vec<String> {
    all_rows(store).await.unwrap().into_iter().map(|(key, _)| key.sort).collect()
}

#[tokio::test]
async fn only_expired_rows_are_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    for (sort, expires) in [(1, Some(10)), (2, Some(20)), (3, Some(u64::MAX)), (4, None), (5, Some(0))] {
        put(&store, sort, expires).await;
    }
    assert_eq!(store.sweep_expired(20, 100).await.unwrap(), 2);
    assert_eq!(left(&store).await, ["ROW#000002", "ROW#000003", "ROW#000004"]);
    assert!(store.get(&key(0, 1), Consistency::Strong).await.unwrap().is_none());
    assert_eq!(store.sweep_expired(20, 100).await.unwrap(), 0);
    assert_eq!(store.sweep_expired(21, 100).await.unwrap(), 1);
    // Written with an expiry before that of the last sweep.
    put(&store, 6, Some(3)).await;
    assert_eq!(store.sweep_expired(21, 100).await.unwrap(), 1);
    assert_eq!(store.sweep_expired(u64::MAX, 100).await.unwrap(), 0, "expires == now is not before now");
}

#[tokio::test]
async fn a_row_with_a_later_expiry_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    for expires in [Some(10), Some(30), Some(30)] {
        put(&store, 1, expires).await;
        put(&store, 2, expires).await;
    }
    put(&store, 2, None).await;
    drop(store);
    // The cache is empty, so the writer does not know the row's former expiry.
    let store = open(folder.path()).unwrap();
    put(&store, 1, Some(50)).await;
    assert_eq!(store.sweep_expired(40, 100).await.unwrap(), 0);
    assert_eq!(left(&store).await.len(), 2);
    assert_eq!(store.sweep_expired(60, 100).await.unwrap(), 1);
    assert_eq!(left(&store).await, ["ROW#000002"]);
}

#[tokio::test]
async fn a_sweep_deletes_at_most_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { memtable_bytes: 64 * 1024, ..Options::default() };
    let store = EmbeddedStore::open(folder.path(), options).unwrap();
    for first in (0..3000).step_by(100) {
        let commit = (first..first + 100).fold(Commit::builder(Token(rand::random())), |commit, sort| {
            commit.put(key(0, sort), Condition::Absent, "row", (sort % 3 != 0).then_some(sort % 7))
        });
        assert_eq!(store.commit(&commit.build().unwrap()).await.unwrap(), Outcome::Committed);
    }
    assert_eq!(store.sweep_expired(7, 0).await.unwrap(), 0);
    assert_eq!(store.sweep_expired(7, 5).await.unwrap(), 5);
    assert_eq!(store.sweep_expired(7, 1000).await.unwrap(), 1000);
    assert_eq!(store.sweep_expired(7, usize::MAX).await.unwrap(), 995);
    assert_eq!(left(&store).await.len(), 1000);
    let begin = Instant::now();
    assert_eq!(store.sweep_expired(1000, usize::MAX).await.unwrap(), 0);
    assert!(begin.elapsed().as_millis() < 100, "a sweep reads only due rows, not every row");
}

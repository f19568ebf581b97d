//! Where reads run: from the caches and while their budget lasts on the caller's thread, otherwise on one that may block.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

mod common;

use common::{key, open, partition, value, write};
use jobline_store::{Consistency, Key, Store};
use jobline_store_embedded::{EmbeddedStore, Options};
use std::future::Future;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tempfile::TempDir;

/// A store with 200 commits on disk and nothing in its caches.
async fn cold(in_place: Duration) -> (TempDir, EmbeddedStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    write(&store, 0..200).await;
    store.close().await;
    drop(store);
    let store = EmbeddedStore::open(folder.path(), Options { in_place, ..Options::default() }).unwrap();
    (folder, store)
}

/// Awaits `read`; the first value says whether it ended on the caller's thread without waiting. The one thread that may
/// block is kept busy until that is known, so a read that went there cannot have ended already.
async fn observed<T>(read: impl Future<Output = T>) -> (bool, T) {
    let (release, released) = mpsc::channel::<()>();
    let occupant = tokio::task::spawn_blocking(move || released.recv());
    let mut read = pin!(read);
    let first = read.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    drop(release);
    occupant.await.unwrap().unwrap_err();
    match first {
        Poll::Ready(output) => (true, output),
        Poll::Pending => (false, read.await),
    }
}

/// Runs a test with one thread that may block.
fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build();
    runtime.unwrap().block_on(test);
}

/// The keys of the commits 0, 7, 14 and so on: all in partition 0.
fn keys() -> Vec<Key> {
    (0..20).map(|number| key(0, number * 7 * 5)).collect()
}

async fn check(store: &EmbeddedStore, in_place: bool) {
    let (at_once, row) = observed(store.get(&key(1, 5), Consistency::Strong)).await;
    assert_eq!((at_once, row.unwrap().unwrap().value), (in_place, value(1, 5, 300).into()));
    let (at_once, rows) = observed(store.get_many(&keys(), Consistency::Strong)).await;
    let rows = rows.unwrap();
    assert_eq!((at_once, rows.len()), (in_place, 20));
    for (row, key) in rows.iter().zip(keys()) {
        let sort = key.sort.trim_start_matches("ROW#").parse().unwrap();
        assert_eq!(row.as_ref().unwrap().value, value(0, sort, 300), "{key}");
    }
    let (at_once, page) = observed(store.range(&partition(2))).await;
    let page = page.unwrap();
    assert_eq!((at_once, page.rows.len(), page.next.is_some()), (in_place, 100, true));
    assert!(page.rows.is_sorted_by(|(one, _), (next, _)| one.sort < next.sort));
}

#[test]
fn a_read_without_time_leaves_the_callers_thread() {
    run(async {
        let (_folder, store) = cold(Duration::ZERO).await;
        check(&store, false).await;
    });
}

#[test]
fn a_read_with_enough_time_stays_on_it() {
    run(async {
        let (_folder, store) = cold(Duration::from_secs(600)).await;
        check(&store, true).await;
    });
}

#[test]
fn cached_rows_and_ranges_need_no_time() {
    run(async {
        let (_folder, store) = cold(Duration::ZERO).await;
        let absent = partition(900);
        store.get_many(&keys(), Consistency::Strong).await.unwrap();
        store.range(&absent).await.unwrap();
        assert!(observed(store.get_many(&keys(), Consistency::Strong)).await.0);
        assert!(observed(store.get(&keys()[3], Consistency::Strong)).await.0);
        assert!(observed(store.range(&absent)).await.0);
    });
}

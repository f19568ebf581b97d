//! The port's conformance suite, on the engine itself and under every decorator.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

use jobline_store::testing::{Counting, FaultRates, Faulty, Slow, WeaklyVisible, conformance};
use jobline_store::{Scan, Store};
use jobline_store_embedded::{EmbeddedStore, Options};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

fn store() -> (TempDir, EmbeddedStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path(), Options::default()).unwrap();
    (folder, store)
}

/// With caches and memtables so small that tables are compacted and rows are evicted while the suite runs.
fn small() -> (TempDir, EmbeddedStore) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        memtable_bytes: 16 * 1024,
        row_cache_bytes: 64 * 1024,
        range_cache_bytes: 64 * 1024,
        ..Options::default()
    };
    let store = EmbeddedStore::open(folder.path(), options).unwrap();
    (folder, store)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_conforms() {
    let (_folder, store) = store();
    conformance::run_all(Arc::new(store), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_conforms_with_small_memory() {
    let (_folder, store) = small();
    conformance::run_all(Arc::new(store), 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_conforms_when_no_read_is_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { in_place: Duration::ZERO, row_cache_bytes: 16 * 1024, ..Options::default() };
    let store = EmbeddedStore::open(folder.path(), options).unwrap();
    conformance::run_all(Arc::new(store), 8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms_when_counted() {
    let (_folder, store) = store();
    conformance::run_all(Arc::new(Counting::new(Arc::new(store))), 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms_when_slow() {
    let (_folder, store) = store();
    conformance::run_all(Arc::new(Slow::new(Arc::new(store), 4, Duration::from_millis(2))), 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms_when_weakly_visible() {
    let (_folder, store) = store();
    conformance::run_all(Arc::new(WeaklyVisible::new(Arc::new(store), 5, 8)), 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms_under_faults() {
    let (_folder, store) = small();
    conformance::run_all_under_faults(Arc::new(Faulty::new(Arc::new(store), 6, FaultRates::all())), 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scans_conform() {
    let (_folder, store) = store();
    let store = Arc::new(store);
    let (rows, scan): (Arc<dyn Store>, Arc<dyn Scan>) = (store.clone(), store);
    conformance::scan_all(rows, scan, 7).await;
}

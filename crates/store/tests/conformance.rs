//! The suite over the reference engine, over each decorator of it, and over all decorators at once.

use jobline_store::testing::{Counting, FaultRates, Faulty, Slow, WeaklyVisible, conformance};
use jobline_store::{MemoryStore, Store};
use std::sync::Arc;
use std::time::Duration;

const SEEDS: std::ops::Range<u64> = 0..8;

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

fn slow(inner: Arc<dyn Store>, seed: u64) -> Arc<dyn Store> {
    Arc::new(Slow::new(inner, seed, Duration::from_millis(20)))
}

fn weak(inner: Arc<dyn Store>, seed: u64) -> Arc<dyn Store> {
    Arc::new(WeaklyVisible::new(inner, seed, 8))
}

fn faulty(inner: Arc<dyn Store>, seed: u64) -> Arc<dyn Store> {
    Arc::new(Faulty::new(inner, seed, FaultRates::all()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_keeps_every_promise() {
    for seed in SEEDS {
        conformance::run_all(memory(), seed).await;
    }
}

#[tokio::test]
async fn memory_without_short_pages_keeps_every_promise() {
    conformance::run_all(Arc::new(MemoryStore::with_page_cap(usize::MAX)), 1).await;
    conformance::run_all(Arc::new(MemoryStore::with_page_cap(1)), 1).await;
}

#[tokio::test]
async fn memory_is_scanned_completely() {
    for page_cap in [1, 7, usize::MAX] {
        let store = Arc::new(MemoryStore::with_page_cap(page_cap));
        conformance::scan_all(store.clone(), store.clone(), 1).await;
        conformance::scan_all(store.clone(), store, 2).await;
    }
}

#[tokio::test]
async fn counting_keeps_every_promise() {
    conformance::run_all(Arc::new(Counting::new(memory())), 1).await;
}

#[tokio::test(start_paused = true)]
async fn slow_keeps_every_promise() {
    for seed in SEEDS {
        conformance::run_all(slow(memory(), seed), seed).await;
    }
}

#[tokio::test]
async fn weakly_visible_keeps_every_promise() {
    for seed in SEEDS {
        conformance::run_all(weak(memory(), seed), seed).await;
    }
}

#[tokio::test]
async fn faulty_keeps_every_promise() {
    for seed in SEEDS {
        conformance::run_all_under_faults(faulty(memory(), seed), seed).await;
    }
}

#[tokio::test]
async fn very_faulty_keeps_every_promise() {
    let rates = FaultRates { unavailable: 0.3, unknown_lost: 0.3, unknown_done: 0.3, unknown_late: 0.3, conflict: 0.3 };
    conformance::run_all_under_faults(Arc::new(Faulty::new(memory(), 1, rates)), 1).await;
}

#[tokio::test(start_paused = true)]
async fn all_decorators_at_once_keep_every_promise() {
    for seed in SEEDS {
        let outside = faulty(weak(slow(Arc::new(Counting::new(memory())), seed), seed), seed);
        conformance::run_all_under_faults(outside, seed).await;
        let inside = slow(weak(faulty(slow(memory(), seed), seed), seed), seed + 1);
        conformance::run_all_under_faults(inside, seed).await;
    }
}

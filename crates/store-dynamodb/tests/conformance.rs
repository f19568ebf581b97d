//! The port's conformance suite, on the engine itself, under every decorator, and through a network that fails.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

use jobline_store::testing::{Counting, FaultRates, Faulty, WeaklyVisible, conformance};
use jobline_store::{Commit, Condition, Consistency, Key, Outcome, Scan, Store, Token};
use jobline_store_dynamodb::testing::{self, Emulator, Proxy};
use jobline_store_dynamodb::{DynamoDbStore, Options};
use std::sync::Arc;
use std::time::Duration;

async fn store() -> (Emulator, Arc<DynamoDbStore>) {
    let emulator = Emulator::start_or_elsewhere().await;
    let store = emulator.store(&Emulator::name(), Options::default()).await;
    (emulator, Arc::new(store))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_conforms() {
    let (_emulator, store) = store().await;
    conformance::run_all(store, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms_when_counted() {
    let (_emulator, store) = store().await;
    conformance::run_all(Arc::new(Counting::new(store)), 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms_when_weakly_visible() {
    let (_emulator, store) = store().await;
    conformance::run_all(Arc::new(WeaklyVisible::new(store, 3, 8)), 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms_under_faults() {
    let (_emulator, store) = store().await;
    conformance::run_all_under_faults(Arc::new(Faulty::new(store, 4, FaultRates::all())), 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms_through_a_failing_network() {
    for seed in 5..8 {
        let (emulator, table) = (Emulator::start_or_elsewhere().await, Emulator::name());
        emulator.store(&table, Options::default()).await;
        let proxy = Proxy::start(emulator.address(), seed, testing::FaultRates::all(0.04)).await;
        // A deadline so short that some calls give up and the suite has to repeat them.
        let (deadline, pause) = (Duration::from_millis(20), Duration::from_millis(1));
        let options = Options { deadline, pause, ..Options::default() };
        let store = Arc::new(DynamoDbStore::new(proxy.config(), &table, options));
        conformance::run_all_under_faults(store.clone(), seed).await;
        let scan: Arc<dyn Scan> = store.clone();
        conformance::scan_all(store, scan, seed + 100).await;
        let injected = proxy.injected();
        assert_eq!(injected.len(), 9, "every kind of fault was met: {injected:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_conforms_on_engines_that_omit_optional_parts_of_answers() {
    let (emulator, table) = (Emulator::start_or_elsewhere().await, Emulator::name());
    emulator.store(&table, Options::default()).await;
    let proxy = Proxy::start(emulator.address(), 10, testing::FaultRates::default()).await;
    proxy.set_terse(true);
    let store = Arc::new(DynamoDbStore::new(proxy.config(), &table, Options::default()));
    conformance::run_all(store.clone(), 10).await;
    let scan: Arc<dyn Scan> = store.clone();
    conformance::scan_all(store, scan, 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scans_conform() {
    let (_emulator, store) = store().await;
    let (rows, scan): (Arc<dyn Store>, Arc<dyn Scan>) = (store.clone(), store);
    conformance::scan_all(rows, scan, 9).await;
}

#[tokio::test]
async fn a_token_is_valid_within_one_table() {
    let emulator = Emulator::start_or_elsewhere().await;
    let rows = [Key::new("P", "A"), Key::new("P", "B")];
    let commit = rows.iter().fold(Commit::builder(Token(7)), |commit, key| {
        commit.put(key.clone(), Condition::Absent, "the same in both", None)
    });
    let commit = commit.build().unwrap();
    for _ in 0..2 {
        let store = emulator.store(&Emulator::name(), Options::default()).await;
        for _ in 0..2 {
            assert_eq!(store.commit(&commit).await.unwrap(), Outcome::Committed);
        }
        let found = store.get_many(&rows, Consistency::Strong).await.unwrap();
        assert!(found.iter().all(Option::is_some), "{found:?}");
    }
}

//! A DynamoDB table for histories in virtual time.
//!
//! The SDK waits for the network in real time, and a virtual clock runs on while only the network is waited for, so every
//! request would time out at once. So the client runs on a runtime of its own, and a history stands still during each of its
//! calls. Calls of one history never overlap, so the engine and the proxy see the same requests in the same order in every
//! run. Delays and overtaking calls come from the decorators above, in virtual time, as on every engine.

use async_trait::async_trait;
use jobline_store::{Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Scan, ScanPage, Store};
use jobline_store_dynamodb::testing::{Emulator, FaultRates, Proxy};
use jobline_store_dynamodb::{DynamoDbStore, Options};
use std::sync::{Arc, LazyLock, mpsc};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// How often the network fails. Rarely enough that no call gives up: such failures come from the decorators above.
const FAILS: f64 = 0.01;
/// How often a page is shortened.
const SHORT: f64 = 0.2;

/// The runtime of the clients of all histories.
static NETWORK: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime"));

/// An empty table behind a network that fails sometimes, as the seed decides.
pub struct Ground {
    pub store: Arc<dyn Store>,
    pub scan: Arc<dyn Scan>,
}

impl Ground {
    pub fn new(seed: u64, _page_cap: usize) -> Self {
        let table = Arc::new(aside(Table::new(seed)));
        Self { store: table.clone(), scan: table }
    }
}

/// Runs `work` on the clients' runtime and returns its output; the caller's thread waits, and its virtual clock stands still.
fn aside<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let (tell, told) = mpsc::channel();
    NETWORK.spawn(async move { drop(tell.send(work.await)) });
    told.recv().expect("neither client nor emulator panics")
}

struct Table {
    store: Arc<DynamoDbStore>,
    _emulator: Emulator,
    _proxy: Proxy,
}

impl Table {
    async fn new(seed: u64) -> Self {
        let (emulator, name) = (Emulator::start_or_elsewhere().await, Emulator::name());
        emulator.store(&name, Options::default()).await;
        let rates = FaultRates { short: SHORT, ..FaultRates::all(FAILS) };
        let proxy = Proxy::start(emulator.address(), seed, rates).await;
        let options = Options { pause: Duration::from_millis(1), ..Options::default() };
        let store = Arc::new(DynamoDbStore::new(proxy.config(), name, options));
        Self { store, _emulator: emulator, _proxy: proxy }
    }
}

#[async_trait]
impl Store for Table {
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        let (store, key) = (Arc::clone(&self.store), key.clone());
        aside(async move { store.get(&key, consistency).await })
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        let (store, keys) = (Arc::clone(&self.store), keys.to_vec());
        aside(async move { store.get_many(&keys, consistency).await })
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        let (store, range) = (Arc::clone(&self.store), range.clone());
        aside(async move { store.range(&range).await })
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        let (store, commit) = (Arc::clone(&self.store), commit.clone());
        aside(async move { store.commit(&commit).await })
    }
}

#[async_trait]
impl Scan for Table {
    async fn scan(&self, after: Option<&Key>, limit: usize) -> Result<ScanPage, Error> {
        let (store, after) = (Arc::clone(&self.store), after.cloned());
        aside(async move { store.scan(after.as_ref(), limit).await })
    }

    async fn estimate(&self) -> Result<u64, Error> {
        let store = Arc::clone(&self.store);
        aside(async move { store.estimate().await })
    }
}

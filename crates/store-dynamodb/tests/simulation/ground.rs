//! A DynamoDB table for histories in virtual time. Calls of one history never overlap, so the engine and the proxy see the same
//! requests in the same order in every run.

#[path = "../../../chat/tests/simulation/aside.rs"]
mod aside;

use aside::{Aside, aside};
use jobline_store::{Scan, Store};
use jobline_store_dynamodb::testing::{Emulator, FaultRates, Proxy};
use jobline_store_dynamodb::{DynamoDbStore, Options};
use std::sync::Arc;
use std::time::Duration;

/// How often the network fails. Rarely enough that no call gives up: such failures come from the decorators above.
const FAILS: f64 = 0.01;
/// How often a page is shortened.
const SHORT: f64 = 0.2;

/// An empty table behind a network that fails sometimes, as the seed decides.
pub struct Ground {
    pub store: Arc<dyn Store>,
    pub scan: Arc<dyn Scan>,
}

impl Ground {
    pub fn new(seed: u64, _page_cap: usize) -> Self {
        let table = Arc::new(aside(table(seed)));
        Self { store: table.clone(), scan: table }
    }
}

async fn table(seed: u64) -> Aside<DynamoDbStore, (Emulator, Proxy)> {
    let (emulator, name) = (Emulator::start_or_elsewhere().await, Emulator::name());
    emulator.store(&name, Options::default()).await;
    let rates = FaultRates { short: SHORT, ..FaultRates::all(FAILS) };
    let proxy = Proxy::start(emulator.address(), seed, rates).await;
    let options = Options { pause: Duration::from_millis(1), ..Options::default() };
    Aside::new(DynamoDbStore::new(proxy.config(), name, options), (emulator, proxy))
}

//! What these tests run on: a table of an emulator, and the same through a proxy that cuts its pages.

use jobline_store::Store;
use jobline_store_dynamodb::testing::{Emulator, FaultRates, Proxy};
use jobline_store_dynamodb::{Consumed, DynamoDbStore, Options};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How many cases a property that sends a lot is tried with: each send is ten requests, and the rule is the domain's.
pub const LONG_CASES: u32 = 16;

/// A store of one test's own.
pub struct Engine {
    pub store: Arc<dyn Store>,
    /// Read and write units that were consumed.
    pub units: Option<Arc<Mutex<(f64, f64)>>>,
}

/// One behind a network that fails now and then, and cuts pages.
pub async fn start() -> Engine {
    let (emulator, table) = (Emulator::start_or_elsewhere().await, Emulator::name());
    emulator.store(&table, Options::default()).await;
    let rates = FaultRates { short: 0.3, ..FaultRates::all(0.01) };
    let proxy = Proxy::start(emulator.address(), 1, rates).await;
    let options = Options { pause: Duration::from_millis(1), ..Options::default() };
    let store = Arc::new(DynamoDbStore::new(proxy.config(), &table, options));
    // Both serve until the runtime of the test ends.
    std::mem::forget((emulator, proxy));
    Engine { store, units: None }
}

/// One that answers what it has, and whose units are counted.
pub async fn start_with_whole_pages() -> Engine {
    let units = Arc::new(Mutex::new((0.0, 0.0)));
    let counted = Arc::clone(&units);
    let observer = move |consumed: Consumed| {
        let mut units = counted.lock().unwrap();
        units.0 += consumed.reads;
        units.1 += consumed.writes;
    };
    let emulator = Emulator::start_or_elsewhere().await;
    let options = Options { observer: Some(Arc::new(observer)), ..Options::default() };
    let store = emulator.store(&Emulator::name(), options).await;
    std::mem::forget(emulator);
    Engine { store: Arc::new(store), units: Some(units) }
}

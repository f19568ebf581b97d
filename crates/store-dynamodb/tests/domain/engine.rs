//! The stores of these tests: a table of an emulator, directly or through a proxy that shortens its pages.

use jobline_store::Store;
use jobline_store_dynamodb::testing::{Emulator, FaultRates, Proxy};
use jobline_store_dynamodb::{Consumed, DynamoDbStore, Options};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Cases for properties that send many messages. Few, because each send is ten requests and the rule is the domain's.
pub const LONG_CASES: u32 = 16;

/// A store for one test.
pub struct Engine {
    pub store: Arc<dyn Store>,
    /// The read and write units consumed.
    pub units: Option<Arc<Mutex<(f64, f64)>>>,
}

/// A store behind a network that fails sometimes and shortens pages.
pub async fn start() -> Engine {
    let (emulator, table) = (Emulator::start_or_elsewhere().await, Emulator::name());
    emulator.store(&table, Options::default()).await;
    let rates = FaultRates { short: 0.3, ..FaultRates::all(0.01) };
    let proxy = Proxy::start(emulator.address(), 1, rates).await;
    let options = Options { pause: Duration::from_millis(1), ..Options::default() };
    let store = Arc::new(DynamoDbStore::new(proxy.config(), &table, options));
    // Both serve until the test's runtime ends.
    std::mem::forget((emulator, proxy));
    Engine { store, units: None }
}

/// A store directly on an emulator, whose units are counted.
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

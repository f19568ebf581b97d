//! The engine under these tests: the store in memory.

use jobline_store::{MemoryStore, Store};
use std::sync::{Arc, Mutex};

/// The number of cases for a property that sends many messages.
pub const LONG_CASES: u32 = 256;

/// The store of one test.
pub struct Engine {
    pub store: Arc<dyn Store>,
    /// The consumed read and write units, if the engine bills them.
    pub units: Option<Arc<Mutex<(f64, f64)>>>,
}

/// An engine whose pages are as short and as often empty as the port permits.
pub async fn start() -> Engine {
    Engine { store: Arc::new(MemoryStore::new()), units: None }
}

/// An engine with full pages: each short page would be one more round trip.
pub async fn start_with_whole_pages() -> Engine {
    Engine { store: Arc::new(MemoryStore::with_page_cap(usize::MAX)), units: None }
}

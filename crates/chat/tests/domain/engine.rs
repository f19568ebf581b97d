//! What these tests run on: the store in memory.

use jobline_store::{MemoryStore, Store};
use std::sync::{Arc, Mutex};

/// How many cases a property that sends a lot is tried with.
pub const LONG_CASES: u32 = 256;

/// A store of one test's own.
pub struct Engine {
    pub store: Arc<dyn Store>,
    /// Read and write units that were consumed, on an engine that bills them.
    pub units: Option<Arc<Mutex<(f64, f64)>>>,
}

/// One that makes use of every freedom that the port gives it.
pub async fn start() -> Engine {
    Engine { store: Arc::new(MemoryStore::new()), units: None }
}

/// One that does not cut pages short: each cut would be a read more than is counted.
pub async fn start_with_whole_pages() -> Engine {
    Engine { store: Arc::new(MemoryStore::with_page_cap(usize::MAX)), units: None }
}

//! The engine under the simulation: here the store in memory. The crates of other engines include the simulation with a
//! `ground` of their own.

use jobline_store::{MemoryStore, Scan, Store};
use std::sync::Arc;

/// An empty engine that answers without taking virtual time, and in the same way in every run.
pub struct Ground {
    pub store: Arc<dyn Store>,
    /// All of its rows, for deleting those that have expired.
    pub scan: Arc<dyn Scan>,
}

impl Ground {
    /// The engine of history `_seed`, with pages of at most `page_cap` rows.
    pub fn new(_seed: u64, page_cap: usize) -> Self {
        let memory = Arc::new(MemoryStore::with_page_cap(page_cap));
        Self { store: memory.clone(), scan: memory }
    }
}

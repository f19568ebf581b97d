//! A folder of the embedded engine for histories in virtual time. The engine decides, writes and syncs on threads of its own.

#[path = "../../../chat/tests/simulation/aside.rs"]
mod aside;

use aside::Aside;
use jobline_store::{Scan, Store};
use jobline_store_embedded::{EmbeddedStore, Options};
use std::sync::Arc;

/// An empty folder.
pub struct Ground {
    pub store: Arc<dyn Store>,
    pub scan: Arc<dyn Scan>,
}

impl Ground {
    pub fn new(_seed: u64, _page_cap: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = EmbeddedStore::open(folder.path(), Options::default()).expect("an empty folder");
        // The folder is deleted after the store is closed.
        let store = Arc::new(Aside::new(store, folder));
        Self { store: store.clone(), scan: store }
    }
}

//! A folder of the embedded engine for histories in virtual time.
//!
//! The engine decides, writes and syncs on threads of its own, in real time, and a virtual clock runs on while only threads are
//! waited for. So a history stands still during each of its calls. Delays and overtaking calls come from the decorators above, in
//! virtual time, as on every engine.

use async_trait::async_trait;
use jobline_store::{Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Scan, ScanPage, Store};
use jobline_store_embedded::{EmbeddedStore, Options};
use std::sync::{Arc, LazyLock, mpsc};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// The runtime of the engines of all histories.
static ENGINES: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).build().expect("a runtime"));

/// An empty folder.
pub struct Ground {
    pub store: Arc<dyn Store>,
    pub scan: Arc<dyn Scan>,
}

impl Ground {
    pub fn new(_seed: u64, _page_cap: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = EmbeddedStore::open(folder.path(), Options::default()).expect("an empty folder");
        let folder = Arc::new(Folder { store: Arc::new(store), _folder: folder });
        Self { store: folder.clone(), scan: folder }
    }
}

/// Runs `work` on the engines' runtime and returns its output; the caller's thread waits, and its virtual clock stands still.
fn aside<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let (tell, told) = mpsc::channel();
    ENGINES.spawn(async move { drop(tell.send(work.await)) });
    told.recv().expect("the engine does not panic")
}

struct Folder {
    store: Arc<EmbeddedStore>,
    /// Deleted after the store is closed.
    _folder: TempDir,
}

#[async_trait]
impl Store for Folder {
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
impl Scan for Folder {
    async fn scan(&self, after: Option<&Key>, limit: usize) -> Result<ScanPage, Error> {
        let (store, after) = (Arc::clone(&self.store), after.cloned());
        aside(async move { store.scan(after.as_ref(), limit).await })
    }

    async fn estimate(&self) -> Result<u64, Error> {
        let store = Arc::clone(&self.store);
        aside(async move { store.estimate().await })
    }
}

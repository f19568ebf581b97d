//! An engine that works in real time, under histories in virtual time.
//!
//! A virtual clock advances while a task waits only for the network or other threads, so every request would time out at
//! once. So the engine runs on a separate runtime, and virtual time stands still during each of its calls. Delays and
//! overtaking calls come from the decorators above, in virtual time, as on every engine.

use async_trait::async_trait;
use jobline_store::{Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Scan, ScanPage, Store};
use std::sync::{Arc, LazyLock, mpsc};
use tokio::runtime::{Builder, Runtime};

/// The runtime of the engines of all histories.
static ENGINES: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime"));

/// Runs `work` on the engines' runtime and returns its output; the caller's thread waits, and its virtual clock stands still.
pub fn aside<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let (tell, told) = mpsc::channel();
    ENGINES.spawn(async move { drop(tell.send(work.await)) });
    told.recv().expect("the engine does not panic")
}

/// An engine, and what has to live as long.
pub struct Aside<S, K> {
    store: Arc<S>,
    _below: K,
}

impl<S, K> Aside<S, K> {
    pub fn new(store: S, below: K) -> Self {
        Self { store: Arc::new(store), _below: below }
    }
}

#[async_trait]
impl<S: Store, K: Send + Sync + 'static> Store for Aside<S, K> {
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
impl<S: Scan, K: Send + Sync + 'static> Scan for Aside<S, K> {
    async fn scan(&self, after: Option<&Key>, limit: usize) -> Result<ScanPage, Error> {
        let (store, after) = (Arc::clone(&self.store), after.cloned());
        aside(async move { store.scan(after.as_ref(), limit).await })
    }

    async fn estimate(&self) -> Result<u64, Error> {
        let store = Arc::clone(&self.store);
        aside(async move { store.estimate().await })
    }
}

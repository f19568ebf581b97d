use async_trait::async_trait;
use jobline_store::{Cached, Commit, Consistency, Error, Key, MemoryStore, Outcome, Page, Range, Row, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A store for one test: in memory, or with `JOBLINE_TEST_STORE=dynamodb` (in a build with `cloud-tests`) on an
/// emulator.
pub async fn engine() -> Arc<dyn Store> {
    match std::env::var("JOBLINE_TEST_STORE").as_deref() {
        #[cfg(feature = "cloud-tests")]
        Ok("dynamodb") => {
            use jobline_store_dynamodb::{Options, testing::Emulator};
            let emulator = Emulator::start_or_elsewhere().await;
            let store = emulator.store(&Emulator::name(), Options::default()).await;
            // It serves until the runtime of the test ends.
            std::mem::forget(emulator);
            Arc::new(store)
        }
        Ok(other) => panic!("JOBLINE_TEST_STORE is {other:?}, which this build does not contain"),
        Err(_) => Arc::new(MemoryStore::default()),
    }
}

/// A store that a test can make fail.
pub struct FailingStore {
    store: Arc<dyn Store>,
    fails: AtomicBool,
}

impl FailingStore {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, fails: AtomicBool::new(false) }
    }

    pub fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), Error> {
        match self.fails.load(Ordering::SeqCst) {
            true => Err(Error::Unavailable("the disk of the test is gone".into())),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Store for FailingStore {
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        self.check()?;
        self.store.get(key, consistency).await
    }

    fn cached(&self, key: &Key) -> Cached {
        self.check().map_or(Cached::Unknown, |()| self.store.cached(key))
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        self.check()?;
        self.store.get_many(keys, consistency).await
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        self.check()?;
        self.store.range(range).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        self.check()?;
        self.store.commit(commit).await
    }
}

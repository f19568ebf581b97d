use async_trait::async_trait;
use jobline_store::{Commit, Consistency, Error, Key, MemoryStore, Outcome, Page, Range, Row, Store};
use std::sync::atomic::{AtomicBool, Ordering};

/// A store in memory that fails when a test says so.
pub struct FailingStore {
    store: MemoryStore,
    fails: AtomicBool,
}

impl FailingStore {
    pub fn new(store: MemoryStore) -> Self {
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

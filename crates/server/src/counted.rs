//! A store that counts and times its calls.

use async_trait::async_trait;
use jobline_api::metrics::Metrics;
use jobline_store::{Cached, Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Store};
use std::sync::Arc;
use std::time::Instant;

/// Passes calls on to another store and records them in [`Metrics`].
pub struct CountedStore {
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
}

impl CountedStore {
    /// Counts the calls to `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, metrics: Arc<Metrics>) -> Self {
        Self { store, metrics }
    }

    fn count<T>(&self, call: &'static str, begun: Instant, result: &Result<T, Error>) {
        let outcome = result.as_ref().map_or_else(failed, |_| "done");
        self.metrics.store_call(call, outcome, begun.elapsed());
    }
}

fn failed(error: &Error) -> &'static str {
    match error {
        Error::Unavailable(_) => "unavailable",
        Error::Unknown(_) => "unknown",
        Error::TooLarge(_) => "too_large",
        Error::Corrupt(_) => "corrupt",
    }
}

#[async_trait]
impl Store for CountedStore {
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        let begun = Instant::now();
        let result = self.store.get(key, consistency).await;
        self.count("get", begun, &result);
        result
    }

    fn cached(&self, key: &Key) -> Cached {
        let begun = Instant::now();
        let cached = self.store.cached(key);
        // A row that is not cached is read by `get`, which counts it.
        if cached != Cached::Unknown {
            self.metrics.store_call("get", "done", begun.elapsed());
        }
        cached
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        let begun = Instant::now();
        let result = self.store.get_many(keys, consistency).await;
        self.count("get_many", begun, &result);
        result
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        let begun = Instant::now();
        let result = self.store.range(range).await;
        self.count("range", begun, &result);
        result
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        let begun = Instant::now();
        let _waiting = self.metrics.commit_begins();
        let result = self.store.commit(commit).await;
        let outcome = match &result {
            Ok(Outcome::Committed) => "done",
            Ok(Outcome::Conflict(_)) => "conflict",
            Err(error) => failed(error),
        };
        self.metrics.store_call("commit", outcome, begun.elapsed());
        result
    }
}

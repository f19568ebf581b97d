//! A store that counts and times its calls.

use async_trait::async_trait;
use jobline_api::metrics::{DONE, Metrics, StoreCallMetrics};
use jobline_store::{Cached, Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Store};
use std::sync::Arc;
use std::time::Instant;

/// Passes calls on to another store and records them in [`Metrics`].
pub struct CountedStore {
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
    gets: StoreCallMetrics,
    gets_of_many: StoreCallMetrics,
    ranges: StoreCallMetrics,
    commits: StoreCallMetrics,
}

impl CountedStore {
    /// Counts the calls to `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, metrics: Arc<Metrics>) -> Self {
        Self {
            gets: metrics.store_calls("get"),
            gets_of_many: metrics.store_calls("get_many"),
            ranges: metrics.store_calls("range"),
            commits: metrics.store_calls("commit"),
            store,
            metrics,
        }
    }
}

fn count<T>(calls: &StoreCallMetrics, begun: Instant, result: &Result<T, Error>) {
    calls.call_ends(result.as_ref().map_or_else(failed, |_| DONE), begun.elapsed());
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
        count(&self.gets, begun, &result);
        result
    }

    fn cached(&self, key: &Key) -> Cached {
        let begun = Instant::now();
        let cached = self.store.cached(key);
        // A row that is not cached is read by `get`, which counts it.
        if cached != Cached::Unknown {
            self.gets.call_ends(DONE, begun.elapsed());
        }
        cached
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        let begun = Instant::now();
        let result = self.store.get_many(keys, consistency).await;
        count(&self.gets_of_many, begun, &result);
        result
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        let begun = Instant::now();
        let result = self.store.range(range).await;
        count(&self.ranges, begun, &result);
        result
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        let begun = Instant::now();
        let _waiting = self.metrics.commit_begins();
        let result = self.store.commit(commit).await;
        match &result {
            Ok(Outcome::Conflict(_)) => self.commits.call_ends("conflict", begun.elapsed()),
            result => count(&self.commits, begun, result),
        }
        result
    }
}

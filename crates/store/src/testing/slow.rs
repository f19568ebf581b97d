use super::rng::Rng;
use crate::{Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Store};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// A [`Store`] that takes its time: before and after each call it waits for a seeded random while.
///
/// Calls of different tasks so interleave and overtake each other in both directions: an effect may come later than
/// that of a call which began after it, and an answer may arrive when it is no longer true. Under tokio's paused clock
/// the waits cost nothing and the interleaving is that of the seed.
pub struct Slow {
    inner: Arc<dyn Store>,
    rng: Rng,
    max: Duration,
}

impl Slow {
    /// Waits up to `max` before and again up to `max` after each call of `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>, seed: u64, max: Duration) -> Self {
        Self { inner, rng: Rng::new(seed), max }
    }

    async fn wait(&self) {
        let max = u64::try_from(self.max.as_micros()).unwrap_or(u64::MAX);
        tokio::time::sleep(Duration::from_micros(self.rng.up_to(max))).await;
    }

    async fn around<T>(&self, call: impl Future<Output = T>) -> T {
        self.wait().await;
        let answer = call.await;
        self.wait().await;
        answer
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl Store for Slow {
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        self.around(self.inner.get(key, consistency)).await
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        self.around(self.inner.get_many(keys, consistency)).await
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        self.around(self.inner.range(range)).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        self.around(self.inner.commit(commit)).await
    }
}

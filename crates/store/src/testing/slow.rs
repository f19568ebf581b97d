use super::random::Rng;
use crate::{Cached, Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Store};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// A [`Store`] that waits for a random time, drawn from a seed, before and after each call.
///
/// So calls of different tasks overtake each other in both directions: a call may take effect after one that began
/// later, and an answer may arrive when it is no longer true. Under tokio's paused clock the waits take no real time and
/// the seed decides the order.
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
    /// Nothing, so that no read bypasses this store.
    fn cached(&self, _: &Key) -> Cached {
        Cached::Unknown
    }

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

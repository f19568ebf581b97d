use crate::{Cached, Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Store};
use async_trait::async_trait;
use std::sync::{Arc, Mutex, PoisonError};

/// How many round trips a store was asked for, and how much they carried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Round trips that read: each `get`, `get_many` and `range` is one, whether it succeeds or not.
    pub reads: u64,
    /// Those among `reads` that were strongly consistent; they cost twice as much on DynamoDB.
    pub strong_reads: u64,
    /// Rows that the reads answered, missing ones excluded.
    pub rows: u64,
    /// Round trips that commit, whatever their outcome.
    pub commits: u64,
    /// Operations in those commits.
    pub operations: u64,
}

/// A [`Store`] that counts round trips and changes nothing.
///
/// The design states what requests cost ("an idle poll is one read"); with this decorator tests assert it.
pub struct Counting {
    inner: Arc<dyn Store>,
    counts: Mutex<Counts>,
}

impl Counting {
    /// Counts the calls to `inner` from now on.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, counts: Mutex::default() }
    }

    /// What was counted since the beginning or the last [`Counting::reset`].
    #[must_use]
    pub fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resets the counts to zero and answers what they were.
    pub fn reset(&self) -> Counts {
        std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn read(&self, consistency: Consistency) {
        self.count(|counts| {
            counts.reads += 1;
            counts.strong_reads += u64::from(consistency == Consistency::Strong);
        });
    }

    fn rows(&self, rows: usize) {
        self.count(|counts| counts.rows += rows as u64);
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl Store for Counting {
    /// Nothing, so that no read bypasses this store.
    fn cached(&self, _: &Key) -> Cached {
        Cached::Unknown
    }

    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        self.read(consistency);
        let row = self.inner.get(key, consistency).await?;
        self.rows(usize::from(row.is_some()));
        Ok(row)
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        self.read(consistency);
        let rows = self.inner.get_many(keys, consistency).await?;
        self.rows(rows.iter().flatten().count());
        Ok(rows)
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        self.read(range.consistency);
        let page = self.inner.range(range).await?;
        self.rows(page.rows.len());
        Ok(page)
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        self.count(|counts| {
            counts.commits += 1;
            counts.operations += commit.operations().len() as u64;
        });
        self.inner.commit(commit).await
    }
}

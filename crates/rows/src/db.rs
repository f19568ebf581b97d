//! The store as operations use it: whole ranges instead of pages, and commits that are repeated until their outcome is
//! known.

use crate::{
    clock::{Clock, Random},
    encoding,
    turns::{Turn, Turns},
};
use jobline_base::error::{Error, Result};
use jobline_store::{Cached, Commit, CommitBuilder, Consistency, Key, Outcome, Page, Range, Row, Store, Token, limits};
use serde::de::DeserializeOwned;
use std::{sync::Arc, time::Duration};

/// How often a commit of unknown outcome is repeated.
const REPEATS: u32 = 5;
/// For how long a commit of unknown outcome is repeated. An engine that took this long has already retried by itself,
/// and the caller is waiting.
const REPEATING_MS: u64 = 3_000;

/// Whether a commit is repeated that the store does not take now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Its caller wants it done.
    Now,
    /// The next call brings it again, and this one has something to answer without it.
    CanWait,
}

/// Access to the store.
pub struct Db {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    turns: Turns,
}

impl Db {
    /// Over a store, with the ports of time and randomness.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { store, clock, random, turns: Turns::default() }
    }

    /// The row at `key`; `None` when there is none.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>> {
        match self.store.cached(key) {
            Cached::Row(row) => Ok(row),
            Cached::Unknown => Ok(self.store.get(key, consistency).await?),
        }
    }

    /// The rows at `keys`, which must be different. One round trip for each hundred of those that the engine does not have
    /// in memory.
    pub async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>> {
        let (mut rows, mut missing) = (Vec::with_capacity(keys.len()), Vec::new());
        for (at, key) in keys.iter().enumerate() {
            rows.push(match self.store.cached(key) {
                Cached::Row(row) => row,
                Cached::Unknown => {
                    missing.push(at);
                    None
                }
            });
        }
        if missing.len() == keys.len() {
            return self.read_many(keys, consistency).await;
        }
        let wanted: Vec<Key> = missing.iter().map(|at| keys[*at].clone()).collect();
        for (at, row) in missing.into_iter().zip(self.read_many(&wanted, consistency).await?) {
            rows[at] = row;
        }
        Ok(rows)
    }

    async fn read_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>> {
        let mut rows = Vec::with_capacity(keys.len());
        for keys in keys.chunks(limits::KEYS_PER_READ) {
            rows.extend(self.store.get_many(keys, consistency).await?);
        }
        Ok(rows)
    }

    /// The first `range.limit` rows of `range`, over as many pages as that takes.
    pub async fn range(&self, range: Range) -> Result<Vec<(Key, Row)>> {
        let (limit, mut range) = (range.limit, range);
        let mut rows = Vec::new();
        loop {
            let Page { rows: page, next } = self.store.range(&range).await?;
            if rows.is_empty() {
                rows = page;
            } else {
                rows.extend(page);
            }
            match next {
                Some(next) if rows.len() < limit => {
                    range = range.after(&next);
                    range.limit = limit - rows.len();
                }
                _ => return Ok(rows),
            }
        }
    }

    /// One page of `range`.
    pub async fn page(&self, range: &Range) -> Result<Page> {
        Ok(self.store.range(range).await?)
    }

    /// Every row of `range`, whose limit is the size of a page.
    pub async fn range_all(&self, mut range: Range) -> Result<Vec<(Key, Row)>> {
        let mut rows = Vec::new();
        loop {
            let page = self.store.range(&range).await?;
            rows.extend(page.rows);
            match page.next {
                Some(next) => range = range.after(&next),
                None => return Ok(rows),
            }
        }
    }

    /// [`Db::range`], decoded.
    pub async fn decode_range<T: DeserializeOwned>(&self, range: Range) -> Result<Vec<T>> {
        let rows = self.range(range).await?;
        // `collect` would not know how many there are, and move them as it grows.
        let mut decoded = Vec::with_capacity(rows.len());
        for (_, row) in &rows {
            decoded.push(encoding::decode(row)?);
        }
        Ok(decoded)
    }

    /// Begins a commit with a new token.
    pub fn begin(&self) -> CommitBuilder {
        Commit::builder(Token(self.random.bits()))
    }

    /// Builds and carries out a commit.
    pub async fn commit(&self, builder: CommitBuilder) -> Result<Outcome> {
        self.commit_built(&builder.build()?).await
    }

    /// Carries out a commit. While its outcome is unknown, or the store takes none, it is repeated with the same token.
    pub async fn commit_built(&self, commit: &Commit) -> Result<Outcome> {
        self.commit_by_urgency(commit, Urgency::Now).await
    }

    /// [`Db::commit_built`], where `urgency` says whether it is repeated while the store takes none.
    pub async fn commit_by_urgency(&self, commit: &Commit, urgency: Urgency) -> Result<Outcome> {
        let (begun, mut repeats) = (self.clock.now_ms(), 0);
        loop {
            let in_time = || self.clock.now_ms().saturating_sub(begun) < REPEATING_MS;
            match self.store.commit(commit).await {
                Ok(outcome) => return Ok(outcome),
                Err(jobline_store::Error::Unavailable(cause)) if urgency == Urgency::CanWait => {
                    return Err(Error::unavailable(cause));
                }
                Err(jobline_store::Error::Unknown(_) | jobline_store::Error::Unavailable(_))
                    if repeats < REPEATS && in_time() =>
                {
                    repeats += 1;
                    self.back_off(repeats).await;
                }
                Err(jobline_store::Error::Unknown(cause)) => return Err(Error::undecided(cause)),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Carries out a commit none of whose conditions can fail.
    pub async fn commit_unconditionally(&self, builder: CommitBuilder) -> Result<()> {
        match self.commit(builder).await? {
            Outcome::Committed => Ok(()),
            Outcome::Conflict(keys) => {
                Err(Error::unavailable(format!("a commit without conditions was answered a conflict at {keys:?}")))
            }
        }
    }

    /// A random wait whose longest duration doubles with each try, up to 64 ms.
    pub async fn back_off(&self, tries: u32) {
        self.wait_up_to(1 << tries.min(6)).await;
    }

    /// A random wait of at most `longest_ms` milliseconds.
    pub async fn wait_up_to(&self, longest_ms: u64) {
        let wait = Duration::from_micros(u64::try_from(self.random.bits() % 1_000).unwrap_or(0) * longest_ms);
        self.clock.sleep(wait).await;
    }

    /// The turn at `key`, if nobody has it.
    pub fn free_turn(&self, key: &Key) -> Option<Turn<'_>> {
        self.turns.free(key)
    }

    /// Waits for the turn at `key`: see `turns.rs`.
    pub async fn wait_for_turn(&self, key: &Key) -> Turn<'_> {
        self.turns.wait(key).await
    }
}

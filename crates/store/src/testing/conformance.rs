//! The promises of the crate documentation, as checks that run over any [`Store`].
//!
//! An engine passes [`run_all`]; a store with injected faults passes [`run_all_under_faults`]; an engine that can be
//! exported passes [`scan_all`]. A check that fails panics with the promise that was broken.
//!
//! Every check uses partitions of its own, so one store serves the whole suite and need not be empty. Names and tokens
//! come from the seed: the same seed on a new store is the same run, but each run over one store needs another seed.
//!
//! # What is asserted
//!
//! - Of strong reads, everything. Of eventual reads, only that they show the last state within [`EVENTUAL_READS`] tries
//!   once writing has stopped.
//! - [`Error::Unavailable`] and [`Error::Unknown`] are part of the port: reads are made again, and commits are repeated
//!   with the same token, up to [`TRIES`] times.
//! - A conflict while nobody else writes is a bug of the engine, and it must name exactly the keys whose conditions do
//!   not hold. [`run_all_under_faults`] allows spurious conflicts, retries them with a new token as any caller does, and
//!   requires only that the true answer comes within [`TRIES`] tries and that what is refused has no effect.

mod commits;
mod eventual;
mod races;
mod ranges;
mod rows;
mod scans;
mod tokens;

use super::random::Rng;
use crate::{
    Action, Cached, Commit, Condition, Consistency, Direction, Error, Key, Operation, Outcome, Page, Range, Row, Scan,
    Store, Token, Version,
};
use std::sync::Arc;

/// How often a failing call is repeated before the store counts as broken.
pub const TRIES: usize = 200;
/// Within how many eventual reads the last state must be visible once nobody writes.
pub const EVENTUAL_READS: usize = 2_000;
/// More pages than any range of the suite has. A range that takes more does not end.
const PAGES: usize = 2_000;

/// Checks every promise of an engine.
///
/// # Panics
/// With the promise that `store` breaks.
pub async fn run_all(store: Arc<dyn Store>, seed: u64) {
    all(&Arc::new(Suite { store, rng: Rng::new(seed), faults: false })).await;
}

/// Checks every promise of a store that answers spurious conflicts, such as [`Faulty`](super::Faulty).
///
/// # Panics
/// With the promise that `store` breaks.
pub async fn run_all_under_faults(store: Arc<dyn Store>, seed: u64) {
    all(&Arc::new(Suite { store, rng: Rng::new(seed), faults: true })).await;
}

/// Checks what [`Scan`] promises of the rows that are written through `store`.
///
/// # Panics
/// With the promise that `scan` breaks.
pub async fn scan_all(store: Arc<dyn Store>, scan: Arc<dyn Scan>, seed: u64) {
    let suite = Arc::new(Suite { store, rng: Rng::new(seed), faults: false });
    scans::all(&suite, &*scan).await;
}

async fn all(suite: &Arc<Suite>) {
    // Each part uses only what the parts before it have checked, so that the first failure names the right promise.
    rows::all(suite).await;
    ranges::all(suite).await;
    commits::all(suite).await;
    tokens::all(suite).await;
    races::all(suite).await;
    eventual::all(suite).await;
}

/// What every check needs: the store, fresh names, and calls that are repeated until they are answered.
struct Suite {
    store: Arc<dyn Store>,
    rng: Rng,
    /// Whether conflicts may be spurious.
    faults: bool,
}

impl Suite {
    /// A partition that no other check uses.
    fn partition(&self, check: &str) -> String {
        format!("CONFORMANCE#{check}#{:016x}", self.token().version().0)
    }

    fn token(&self) -> Token {
        Token(self.rng.bits())
    }

    /// A new commit of `operations`.
    fn commit(&self, operations: &[Operation]) -> Commit {
        let builder = operations.iter().cloned().fold(Commit::builder(self.token()), |b, o| b.operation(o));
        builder.build().expect("the suite keeps to the limits")
    }

    /// The outcome of `commit`, which is repeated with its token until it is known.
    async fn commit_until_decided(&self, commit: &Commit) -> Outcome {
        for _ in 0..TRIES {
            match self.store.commit(commit).await {
                Ok(outcome) => return outcome,
                Err(Error::Unavailable(_) | Error::Unknown(_)) => {}
                Err(error) => panic!("promise broken: a commit within the limits is carried out: {error}"),
            }
        }
        panic!("promise broken: a commit is decided within {TRIES} tries")
    }

    /// Commits `operations`, whose conditions hold and whose rows nobody else changes, and answers the commit.
    async fn must_commit(&self, promise: &str, operations: &[Operation]) -> Commit {
        for _ in 0..self.tries() {
            let commit = self.commit(operations);
            match self.commit_until_decided(&commit).await {
                Outcome::Committed => return commit,
                Outcome::Conflict(keys) => self.named(promise, &commit, &keys),
            }
        }
        panic!("promise broken: {promise} (all conditions hold, yet the commit is refused)")
    }

    /// Commits `operations`, of which exactly the conditions on `failing` do not hold, and checks that it is refused
    /// because of them.
    async fn must_conflict(&self, promise: &str, operations: &[Operation], failing: &[Key]) {
        let mut named = Vec::new();
        for _ in 0..self.tries() {
            let commit = self.commit(operations);
            let Outcome::Conflict(keys) = self.commit_until_decided(&commit).await else {
                panic!("promise broken: {promise} (it was committed although a condition does not hold)")
            };
            self.named(promise, &commit, &keys);
            named = keys;
            named.sort();
            if named == failing {
                return;
            }
        }
        panic!("promise broken: {promise} (the conflict names {named:?} instead of {failing:?})")
    }

    /// Checks what is true of the keys of every conflict, spurious or not.
    fn named(&self, promise: &str, commit: &Commit, keys: &[Key]) {
        let known = |key: &Key| commit.operations().iter().any(|operation| operation.key == *key);
        assert!(!keys.is_empty(), "promise broken: a conflict names at least one key ({promise})");
        assert!(keys.iter().all(known), "promise broken: a conflict names keys of the commit ({promise}): {keys:?}");
    }

    /// How often a refused commit is tried again.
    fn tries(&self) -> usize {
        if self.faults { TRIES } else { 1 }
    }

    async fn read<T, F: Future<Output = Result<T, Error>>>(&self, read: impl Fn() -> F) -> T {
        for _ in 0..TRIES {
            match read().await {
                Ok(answer) => return answer,
                Err(Error::Unavailable(_)) => {}
                Err(error) => panic!("promise broken: a read answers, or is unavailable: {error}"),
            }
        }
        panic!("promise broken: a read is answered within {TRIES} tries")
    }

    async fn get(&self, key: &Key) -> Option<Row> {
        self.get_with(key, Consistency::Strong).await
    }

    async fn get_with(&self, key: &Key, consistency: Consistency) -> Option<Row> {
        self.read(|| self.store.get(key, consistency)).await
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Vec<Option<Row>> {
        let rows = self.read(|| self.store.get_many(keys, consistency)).await;
        assert_eq!(rows.len(), keys.len(), "promise broken: get_many answers one place for each key");
        rows
    }

    async fn page(&self, range: &Range) -> Page {
        let page = self.read(|| self.store.range(range)).await;
        assert!(page.rows.len() <= range.limit, "promise broken: a page has at most `limit` rows: {range:?}");
        page
    }

    /// All rows of `range`, page by page.
    async fn range(&self, range: &Range) -> Vec<(Key, Row)> {
        let (mut rest, mut rows) = (range.clone(), Vec::new());
        for _ in 0..PAGES {
            let page = self.page(&rest).await;
            rows.extend(page.rows);
            let Some(next) = page.next else {
                in_order(range, &rows);
                return rows;
            };
            rest = rest.after(&next);
        }
        panic!("promise broken: following `next` comes to an end: {range:?} is now {rest:?}")
    }
}

/// Checks what is true of the rows of every range.
fn in_order(range: &Range, rows: &[(Key, Row)]) {
    let inside = |key: &Key| key.partition == range.partition && range.from <= key.sort && key.sort < range.to;
    let ordered = rows.windows(2).all(|pair| match range.direction {
        Direction::Ascending => pair[0].0.sort < pair[1].0.sort,
        Direction::Descending => pair[0].0.sort > pair[1].0.sort,
    });
    let keys: Vec<_> = rows.iter().map(|(key, _)| key).collect();
    assert!(
        rows.iter().all(|(key, _)| inside(key)),
        "promise broken: a range keeps to its bounds: {range:?}: {keys:?}"
    );
    assert!(ordered, "promise broken: a range is in byte order, each row once: {range:?}: {keys:?}");
}

/// Everything in a partition, `limit` rows at a time.
fn whole(partition: &str, limit: usize, direction: Direction) -> Range {
    let (from, to) = (String::new(), "\u{10ffff}".to_owned());
    Range { partition: partition.to_owned(), from, to, direction, limit, consistency: Consistency::Strong }
}

fn put(key: &Key, condition: Condition, value: impl Into<crate::Bytes>) -> Operation {
    Operation { key: key.clone(), condition, action: Action::Put { value: value.into(), expires: None } }
}

fn delete(key: &Key, condition: Condition) -> Operation {
    Operation { key: key.clone(), condition, action: Action::Delete }
}

fn check(key: &Key, condition: Condition) -> Operation {
    Operation { key: key.clone(), condition, action: Action::Check }
}

/// The row that `commit` wrote with `value`.
fn row(commit: &Commit, value: &str) -> Row {
    Row { value: value.to_owned().into(), version: commit.version(), expires: None }
}

/// What a read of that row answers.
fn written(commit: &Commit, value: &str) -> Option<Row> {
    Some(row(commit, value))
}

/// The condition that a row is as the commit with `version` wrote it.
fn is(version: Version) -> Condition {
    Condition::Version(version)
}

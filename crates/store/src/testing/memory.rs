use crate::{
    Action, Commit, Condition, Consistency, Direction, Error, Key, Operation, Outcome, Page, Range, Row, Scan,
    ScanPage, Store, Token, limits,
};
use async_trait::async_trait;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many tokens of past commits are remembered: far more than commits that can run at once.
const TOKENS: usize = 100_000;

/// Rows on a page by default: so few that code which does not follow [`Page::next`] fails at once.
const PAGE_CAP: usize = 7;

/// A store in memory: the reference for what the port means.
///
/// It keeps every promise of the crate documentation, and deliberately no other: pages are shorter than their
/// limit without being the last, some are empty with [`Page::next`] set, and a full page always has a `next`, even if
/// nothing follows. Which pages are cut depends only on the range and the rows, so a run repeats exactly. Expired rows
/// stay until they are deleted. Stale reads, faults and delays are added by the decorators beside it.
#[derive(Debug)]
pub struct MemoryStore {
    page_cap: usize,
    contents: Mutex<Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    rows: BTreeMap<Key, Row>,
    committed: HashSet<Token>,
    /// The tokens of `committed`, oldest first.
    order: VecDeque<Token>,
}

impl MemoryStore {
    /// An empty store whose pages have at most seven rows.
    #[must_use]
    pub fn new() -> Self {
        Self::with_page_cap(PAGE_CAP)
    }

    /// An empty store whose pages have at most `page_cap` rows, whatever limit is asked for.
    ///
    /// With `usize::MAX`, pages are as long as their limit and never empty without being the last: for tests that
    /// count round trips, where each cut page would be one more.
    #[must_use]
    pub fn with_page_cap(page_cap: usize) -> Self {
        Self { page_cap: page_cap.max(1), contents: Mutex::default() }
    }

    /// A panic cannot leave a commit half done, because all conditions are checked first. So a poisoned lock is harmless.
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cuts_pages(&self) -> bool {
        self.page_cap != usize::MAX
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Contents {
    fn holds(&self, operation: &Operation) -> bool {
        let row = self.rows.get(&operation.key);
        match operation.condition {
            Condition::Any => true,
            Condition::Absent => row.is_none(),
            Condition::Version(version) => row.is_some_and(|row| row.version == version),
        }
    }

    fn apply(&mut self, commit: &Commit) {
        for Operation { key, action, .. } in commit.operations() {
            match action {
                Action::Put { value, expires } => {
                    let row = Row { value: value.clone(), version: commit.version(), expires: *expires };
                    self.rows.insert(key.clone(), row);
                }
                Action::Delete => drop(self.rows.remove(key)),
                Action::Check => {}
            }
        }
    }

    fn remember(&mut self, token: Token) {
        if self.order.len() == TOKENS
            && let Some(oldest) = self.order.pop_front()
        {
            self.committed.remove(&oldest);
        }
        self.committed.insert(token);
        self.order.push_back(token);
    }

    /// At most `count` rows of `range`, in its direction.
    fn rows(&self, range: &Range, count: usize) -> Vec<(Key, Row)> {
        // `BTreeMap::range` panics where this is an empty range.
        if range.from >= range.to {
            return Vec::new();
        }
        let bounds = Key::new(&*range.partition, &*range.from)..Key::new(&*range.partition, &*range.to);
        let rows = self.rows.range(bounds).map(|(key, row)| (key.clone(), row.clone()));
        match range.direction {
            Direction::Ascending => rows.take(count).collect(),
            Direction::Descending => rows.rev().take(count).collect(),
        }
    }
}

/// The `next` of an empty page before `first`, the first row of `range`. `None` if there is no key between the two, which
/// also ends a run of empty pages.
fn before(range: &Range, first: &str) -> Option<String> {
    match range.direction {
        Direction::Ascending if range.from.ends_with("\0\0") || range.from == first => None,
        Direction::Ascending => Some(range.from.clone()),
        Direction::Descending => Some(format!("{first}\0")).filter(|next| *next < range.to),
    }
}

/// Whether `range` begins with an empty page: about every third range does, always the same ones.
fn begins_empty(range: &Range) -> bool {
    let bytes = range.partition.bytes().chain(range.from.bytes()).chain(range.to.bytes());
    bytes.map(u64::from).sum::<u64>() % 3 == 0
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &Key, _: Consistency) -> Result<Option<Row>, Error> {
        Ok(self.contents().rows.get(key).cloned())
    }

    async fn get_many(&self, keys: &[Key], _: Consistency) -> Result<Vec<Option<Row>>, Error> {
        if keys.len() > limits::KEYS_PER_READ {
            return Err(Error::TooLarge(format!("{} keys; the limit is {}", keys.len(), limits::KEYS_PER_READ)));
        }
        let mut seen = HashSet::with_capacity(keys.len());
        if let Some(twice) = keys.iter().find(|key| !seen.insert(*key)) {
            return Err(Error::TooLarge(format!("{twice} is asked for twice")));
        }
        let contents = self.contents();
        Ok(keys.iter().map(|key| contents.rows.get(key).cloned()).collect())
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        let limit = range.limit.clamp(1, self.page_cap);
        let rows = self.contents().rows(range, limit);
        if self.cuts_pages()
            && begins_empty(range)
            && let Some(next) = rows.first().and_then(|(key, _)| before(range, &key.sort))
        {
            return Ok(Page { rows: Vec::new(), next: Some(next) });
        }
        // As on DynamoDB, a full page does not say whether anything follows it.
        let next = rows.get(limit - 1).map(|(key, _)| key.sort.clone());
        Ok(Page { rows, next })
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        let mut contents = self.contents();
        if contents.committed.contains(&commit.token()) {
            return Ok(Outcome::Committed);
        }
        let failed: Vec<Key> =
            commit.operations().iter().filter(|o| !contents.holds(o)).map(|o| o.key.clone()).collect();
        if !failed.is_empty() {
            return Ok(Outcome::Conflict(failed));
        }
        contents.apply(commit);
        contents.remember(commit.token());
        Ok(Outcome::Committed)
    }
}

#[async_trait]
impl Scan for MemoryStore {
    async fn scan(&self, after: Option<&Key>, limit: usize) -> Result<ScanPage, Error> {
        use std::ops::Bound::{Excluded, Unbounded};
        let limit = limit.clamp(1, self.page_cap);
        let contents = self.contents();
        let rest = contents.rows.range((after.map_or(Unbounded, Excluded), Unbounded));
        let rows: Vec<_> = rest.take(limit).map(|(key, row)| (key.clone(), row.clone())).collect();
        let next = rows.get(limit - 1).map(|(key, _)| key.clone());
        Ok(ScanPage { rows, next })
    }

    async fn estimate(&self) -> Result<u64, Error> {
        Ok(self.contents().rows.len() as u64)
    }
}

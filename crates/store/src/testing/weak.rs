use super::random::Rng;
use crate::{
    Action, Cached, Commit, Condition, Consistency, Direction, Error, Key, Outcome, Page, Range, Row, Store, Token,
};
use async_trait::async_trait;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One in this many pages is cut short.
const CUT_ONE_IN: u64 = 3;

/// A [`Store`] whose eventual reads are stale.
///
/// Each row of an eventual read is, independently of the others, in the state it had up to `lag` commits ago: recently
/// written rows are missing or old, deleted ones are still there, two rows of one commit disagree, and the next read may
/// go further back. How far is drawn for each row of each read and may be zero, so a reader that tries again sees the
/// last state eventually. Strong reads are passed through. Pages of either kind are cut short at random.
///
/// It knows only the commits that went through this decorator and were answered with [`Outcome::Committed`]:
/// begin with an empty store. Several of these decorators may be over one store, each with its own past.
pub struct WeaklyVisible {
    inner: Arc<dyn Store>,
    rng: Rng,
    lag: u64,
    past: Mutex<Past>,
}

/// The states of a row, oldest first, each with the number of the commit that wrote it.
type States = VecDeque<(u64, Option<Row>)>;

#[derive(Default)]
struct Past {
    /// The number of the last commit.
    now: u64,
    rows: BTreeMap<Key, States>,
    /// The commits that are in `rows` already: a repetition is no new state.
    recorded: HashSet<Token>,
}

impl Past {
    fn record(&mut self, commit: &Commit, lag: u64) {
        if !self.recorded.insert(commit.token()) {
            return;
        }
        self.now += 1;
        for operation in commit.operations() {
            let state = match &operation.action {
                Action::Check => continue,
                Action::Delete => None,
                Action::Put { value, expires } => {
                    Some(Row { value: value.clone(), version: commit.version(), expires: *expires })
                }
            };
            let states = self.rows.entry(operation.key.clone()).or_default();
            // A row is absent before its first write, unless that write says that it replaces something.
            if states.is_empty() && !matches!(operation.condition, Condition::Version(_)) {
                states.push_back((0, None));
            }
            states.push_back((self.now, state));
            // States that are superseded for more than `lag` commits can no longer be shown.
            while states.len() > 1 && states[1].0 + lag <= self.now {
                states.pop_front();
            }
        }
    }
}

/// The row as it was after the commit with number `then`. `None` if that is not known or is its last state: the inner
/// store knows the present better.
fn past_state(states: &States, then: u64) -> Option<&Option<Row>> {
    let at = states.iter().rposition(|(since, _)| *since <= then)?;
    (at + 1 < states.len()).then(|| &states[at].1)
}

impl WeaklyVisible {
    /// Eventual reads are up to `lag` commits late, each row independently.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>, seed: u64, lag: u64) -> Self {
        Self { inner, rng: Rng::new(seed), lag, past: Mutex::default() }
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an eventual read shows of a row whose true state is `present`.
    fn seen(&self, past: &Past, states: Option<&States>, present: Option<Row>) -> Option<Row> {
        let then = past.now.saturating_sub(self.rng.up_to(self.lag));
        match states.and_then(|states| past_state(states, then)) {
            Some(state) => state.clone(),
            None => present,
        }
    }

    /// What an eventual range shows of the part of `range` that `page` covers.
    fn page_of_the_past(&self, range: &Range, page: Page) -> Page {
        let (from, to) = covered(range, page.next.as_deref());
        let mut rows: BTreeMap<Key, Row> = page.rows.into_iter().collect();
        let past = self.past();
        if from < to {
            let bounds = Key::new(&*range.partition, from)..Key::new(&*range.partition, to);
            for (key, states) in past.rows.range(bounds) {
                let present = rows.remove(key);
                rows.extend(self.seen(&past, Some(states), present).map(|row| (key.clone(), row)));
            }
        }
        let rows: Vec<_> = match range.direction {
            Direction::Ascending => rows.into_iter().collect(),
            Direction::Descending => rows.into_iter().rev().collect(),
        };
        cut(Page { rows, next: page.next }, range.limit)
    }

    fn cut_at_random(&self, page: Page) -> Page {
        match page.rows.len() {
            2.. if self.rng.up_to(CUT_ONE_IN - 1) == 0 => {
                let keep = 1 + self.rng.index(page.rows.len() - 1);
                cut(page, keep)
            }
            _ => page,
        }
    }
}

/// The part of `range` whose rows are on its page that ends with `next`.
fn covered(range: &Range, next: Option<&str>) -> (String, String) {
    let (from, to) = (range.from.clone(), range.to.clone());
    match (next, range.direction) {
        (None, _) => (from, to),
        (Some(next), Direction::Ascending) => (from, format!("{next}\0")),
        (Some(next), Direction::Descending) => (next.to_owned(), to),
    }
}

/// The first `keep` rows of `page`; what is cut off is on the page that follows.
fn cut(mut page: Page, keep: usize) -> Page {
    if page.rows.len() > keep {
        page.rows.truncate(keep);
        page.next = page.rows.last().map(|(key, _)| key.sort.clone());
    }
    page
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl Store for WeaklyVisible {
    /// Nothing, so that no read bypasses this store.
    fn cached(&self, _: &Key) -> Cached {
        Cached::Unknown
    }

    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        let present = self.inner.get(key, consistency).await?;
        if consistency == Consistency::Strong {
            return Ok(present);
        }
        let past = self.past();
        Ok(self.seen(&past, past.rows.get(key), present))
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        let present = self.inner.get_many(keys, consistency).await?;
        if consistency == Consistency::Strong {
            return Ok(present);
        }
        let past = self.past();
        let seen = keys.iter().zip(present).map(|(key, present)| self.seen(&past, past.rows.get(key), present));
        Ok(seen.collect())
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        let page = self.inner.range(range).await?;
        let page = match range.consistency {
            Consistency::Strong => page,
            Consistency::Eventual => self.page_of_the_past(range, page),
        };
        Ok(self.cut_at_random(page))
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        let outcome = self.inner.commit(commit).await?;
        if outcome == Outcome::Committed {
            self.past().record(commit, self.lag);
        }
        Ok(outcome)
    }
}

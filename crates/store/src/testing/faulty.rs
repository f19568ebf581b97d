use super::rng::Rng;
use crate::{Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Store, Token};
use async_trait::async_trait;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How often a [`Faulty`] store fails: probabilities from 0 to 1, each drawn by itself. The default is never.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FaultRates {
    /// Of every call: nothing happens, [`Error::Unavailable`] is answered.
    pub unavailable: f64,
    /// Of commits: nothing happens, [`Error::Unknown`] is answered.
    pub unknown_lost: f64,
    /// Of commits: it is carried out, [`Error::Unknown`] is answered.
    pub unknown_done: f64,
    /// Of commits: [`Error::Unknown`] is answered, and it is carried out some calls later, as a request that was held
    /// up on its way. If it is repeated before that, the repetition takes its place.
    pub unknown_late: f64,
    /// Of commits: nothing happens, [`Outcome::Conflict`] is answered although every condition may hold. It names all
    /// keys of the commit or one of them.
    pub conflict: f64,
}

impl FaultRates {
    /// Every fault, each in one call of twenty: enough for all of them to meet in any longer test.
    #[must_use]
    pub fn all() -> Self {
        Self { unavailable: 0.05, unknown_lost: 0.05, unknown_done: 0.05, unknown_late: 0.05, conflict: 0.05 }
    }
}

/// A [`Store`] that fails as a network and a busy database do: without effect, with an effect that nobody is told of,
/// and by conflicts with writers that one never sees.
///
/// It lies only as far as the port lets an engine lie: a commit that may already have taken effect is never answered
/// with a made-up conflict, because a conflict says that nothing happened.
pub struct Faulty {
    inner: Arc<dyn Store>,
    rng: Rng,
    rates: Mutex<FaultRates>,
    /// The commits that have reached `inner`, and so may have taken effect.
    reached: Mutex<HashSet<Token>>,
    /// The commits that are still on their way, oldest first.
    late: Mutex<Vec<Commit>>,
    arrivals: tokio::sync::Mutex<()>,
}

/// One in this many calls lets a late commit arrive before it.
const ARRIVES_ONE_IN: u64 = 4;

impl Faulty {
    /// Fails at `rates`, as the seed decides.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>, seed: u64, rates: FaultRates) -> Self {
        Self {
            inner,
            rng: Rng::new(seed),
            rates: Mutex::new(rates),
            reached: Mutex::default(),
            late: Mutex::default(),
            arrivals: tokio::sync::Mutex::default(),
        }
    }

    /// Fails at other rates from here on.
    pub fn set_rates(&self, rates: FaultRates) {
        *self.rates() = rates;
    }

    /// Fails no more: for the end of a test, when everything has to come right. Commits that are still on their way
    /// arrive before the next call.
    pub fn calm(&self) {
        self.set_rates(FaultRates::default());
    }

    fn rates(&self) -> MutexGuard<'_, FaultRates> {
        self.rates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn strikes(&self, rate: impl FnOnce(&FaultRates) -> f64) -> bool {
        let rate = rate(&self.rates());
        self.rng.fraction() < rate
    }

    /// What comes before every call: late commits arrive, other than that with the token `repeated`. Its repetition is
    /// to decide: were it to arrive after that was refused, the conflict would have been a lie.
    async fn begin(&self, repeated: Option<Token>) -> Result<(), Error> {
        // Held until all have been answered, so that nobody repeats what is just arriving.
        let arrivals = self.arrivals.lock().await;
        self.late().retain(|late| Some(late.token()) != repeated);
        while let Some(commit) = self.arriving() {
            // Nobody waits for its answer.
            drop(self.inner.commit(&commit).await);
        }
        drop(arrivals);
        match self.strikes(|rates| rates.unavailable) {
            true => Err(Error::Unavailable("injected: nothing happened".into())),
            false => Ok(()),
        }
    }

    fn arriving(&self) -> Option<Commit> {
        let calm = self.rates().unknown_late == 0.0;
        let mut late = self.late();
        let arrives = !late.is_empty() && (calm || self.rng.up_to(ARRIVES_ONE_IN - 1) == 0);
        arrives.then(|| late.remove(0))
    }

    fn late(&self) -> MutexGuard<'_, Vec<Commit>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reach(&self, token: Token) {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner).insert(token);
    }

    fn has_reached(&self, token: Token) -> bool {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner).contains(&token)
    }

    fn conflict(&self, commit: &Commit) -> Outcome {
        let keys = commit.operations().iter().map(|operation| operation.key.clone());
        Outcome::Conflict(match self.rng.up_to(1) {
            0 => keys.collect(),
            _ => keys.skip(self.rng.index(commit.operations().len())).take(1).collect(),
        })
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl Store for Faulty {
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        self.begin(None).await?;
        self.inner.get(key, consistency).await
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        self.begin(None).await?;
        self.inner.get_many(keys, consistency).await
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        self.begin(None).await?;
        self.inner.range(range).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        self.begin(Some(commit.token())).await?;
        if self.strikes(|rates| rates.unknown_lost) {
            return Err(Error::Unknown("injected: the commit was lost".into()));
        }
        if self.strikes(|rates| rates.conflict) && !self.has_reached(commit.token()) {
            return Ok(self.conflict(commit));
        }
        self.reach(commit.token());
        if self.strikes(|rates| rates.unknown_late) {
            self.late().push(commit.clone());
            return Err(Error::Unknown("injected: the commit is held up".into()));
        }
        let outcome = self.inner.commit(commit).await;
        if self.strikes(|rates| rates.unknown_done) {
            return Err(Error::Unknown("injected: the answer was lost".into()));
        }
        outcome
    }
}

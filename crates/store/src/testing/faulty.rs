use super::random::Rng;
use crate::{Cached, Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Store, Token};
use async_trait::async_trait;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How often a [`Faulty`] store fails: probabilities from 0 to 1, each drawn independently. The default is never.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FaultRates {
    /// Of every call: nothing happens, [`Error::Unavailable`] is answered.
    pub unavailable: f64,
    /// Of commits: nothing happens, [`Error::Unknown`] is answered.
    pub unknown_lost: f64,
    /// Of commits: it is carried out, [`Error::Unknown`] is answered.
    pub unknown_done: f64,
    /// Of commits: [`Error::Unknown`] is answered, and it is carried out some calls later, like a request that was
    /// delayed in the network. If it is repeated before that, the repetition takes its place.
    pub unknown_late: f64,
    /// Of commits: nothing happens, [`Outcome::Conflict`] is answered although every condition may hold. It names all
    /// keys of the commit or one of them.
    pub conflict: f64,
}

impl FaultRates {
    /// Every fault, each in one call of twenty: enough for all of them to occur together in any longer test.
    #[must_use]
    pub fn all() -> Self {
        Self { unavailable: 0.05, unknown_lost: 0.05, unknown_done: 0.05, unknown_late: 0.05, conflict: 0.05 }
    }
}

/// A [`Store`] that fails as a network and a busy database do: without an effect, with an effect that is not
/// acknowledged, and by conflicts with unseen writers.
///
/// It does only what the port permits an engine to do: a commit that may already have taken effect is never answered with
/// a spurious conflict, because a conflict says that nothing happened.
pub struct Faulty {
    inner: Arc<dyn Store>,
    rng: Rng,
    rates: Mutex<FaultRates>,
    /// The commits that have reached `inner`, and so may have taken effect.
    reached: Mutex<HashSet<Token>>,
    /// The commits that are still delayed, oldest first.
    late: Mutex<Vec<Commit>>,
    arrivals: tokio::sync::Mutex<()>,
}

/// Before one in this many calls a delayed commit arrives.
const ARRIVES_ONE_IN: u64 = 4;

impl Faulty {
    /// Fails at `rates`; the seed decides when.
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

    /// Fails at other rates from now on.
    pub fn set_rates(&self, rates: FaultRates) {
        *self.rates() = rates;
    }

    /// Stops failing, for the end of a test. Delayed commits arrive before the next call.
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

    /// Runs before every call: delayed commits arrive, except the one with the token `repeated`. Its repetition takes its
    /// place: if the delayed one arrived after the repetition was refused, the conflict would have been false.
    async fn begin(&self, repeated: Option<Token>) -> Result<(), Error> {
        // Held until all have arrived, so that none of them is repeated meanwhile.
        let arrivals = self.arrivals.lock().await;
        self.late().retain(|late| Some(late.token()) != repeated);
        while let Some(commit) = self.arriving() {
            // Its caller was answered before.
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
    /// Nothing, so that no read bypasses this store.
    fn cached(&self, _: &Key) -> Cached {
        Cached::Unknown
    }

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

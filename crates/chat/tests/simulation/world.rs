//! Servers over one store, with everything that can go wrong between them.

use super::{
    dice::Dice,
    model::{Check, Model},
    mutant::Mutated,
    plan::Plan,
    trace::Trace,
};
use crate::ground::Ground;
use crate::support::{MORNING, MemoryFiles, SeededRandom};
use async_trait::async_trait;
use jobline_chat::{Chat, Clock, Error, Result, Secrets};
use jobline_store::{
    Commit, Condition, Consistency, Error as StoreError, Key, Outcome, Page, Range, Row, Scan, Store, Token,
    testing::{Counting, FaultRates, Faulty, Slow, WeaklyVisible},
};
use jobline_wire::Code;
use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    fmt::{Debug, Display},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// A clock that is ahead or behind by an amount that may change at any time.
pub struct SkewedClock {
    started: Instant,
    skew_ms: AtomicI64,
}

impl SkewedClock {
    pub fn set_skew(&self, skew_ms: i64) {
        self.skew_ms.store(skew_ms, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for SkewedClock {
    fn now_ms(&self) -> u64 {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).expect("a short history");
        (MORNING + elapsed).saturating_add_signed(self.skew_ms.load(Ordering::SeqCst))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Makes eventual reads stale, or current once it is calm. Counts commits.
pub struct Gate {
    past: WeaklyVisible,
    present: Arc<dyn Store>,
    calm: AtomicBool,
    committed: Mutex<HashSet<u128>>,
    /// When each commit was first answered.
    times: Mutex<Vec<Instant>>,
    lag: usize,
    started: Instant,
}

impl Gate {
    /// Every read from now on, however stale, shows what was committed up to this time.
    pub fn shown_ms(&self) -> u64 {
        let times = self.times.lock().expect("nobody panics with it");
        let oldest = times.len().checked_sub(self.lag + 1).map_or(self.started, |index| times[index]);
        MORNING + u64::try_from(oldest.duration_since(self.started).as_millis()).expect("a short history")
    }

    /// The true time.
    pub fn now_ms(&self) -> u64 {
        MORNING + u64::try_from(self.started.elapsed().as_millis()).expect("a short history")
    }

    fn store(&self) -> &dyn Store {
        if self.calm.load(Ordering::SeqCst) { &*self.present } else { &self.past }
    }

    pub fn calm(&self) {
        self.calm.store(true, Ordering::SeqCst);
    }

    pub fn commits(&self) -> u64 {
        self.committed.lock().expect("nobody panics with it").len() as u64
    }
}

#[async_trait]
impl Store for Gate {
    async fn get(&self, key: &Key, consistency: Consistency) -> std::result::Result<Option<Row>, StoreError> {
        self.store().get(key, consistency).await
    }

    async fn get_many(
        &self,
        keys: &[Key],
        consistency: Consistency,
    ) -> std::result::Result<Vec<Option<Row>>, StoreError> {
        self.store().get_many(keys, consistency).await
    }

    async fn range(&self, range: &Range) -> std::result::Result<Page, StoreError> {
        self.store().range(range).await
    }

    async fn commit(&self, commit: &Commit) -> std::result::Result<Outcome, StoreError> {
        let outcome = self.past.commit(commit).await?;
        if outcome == Outcome::Committed {
            let first = self.committed.lock().expect("nobody panics with it").insert(commit.token().0);
            self.times.lock().expect("nobody panics with it").extend(first.then(Instant::now));
        }
        Ok(outcome)
    }
}

/// One process of the deployment.
pub struct Server {
    pub chat: Chat,
    pub clock: Arc<SkewedClock>,
    pub faulty: Arc<Faulty>,
}

/// What a client gets for a request.
#[derive(Debug)]
pub enum Response<T> {
    Answer(T),
    Refusal(Error),
    /// The server died, the answer was lost, or it was `unavailable`: the outcome is unknown.
    Lost,
}

impl<T> Response<T> {
    /// The answer of a request that may not be refused.
    pub fn answer(self, what: &str) -> Check<Option<T>> {
        match self {
            Self::Answer(answer) => Ok(Some(answer)),
            Self::Lost => Ok(None),
            Self::Refusal(error) => Err(format!("{what} was refused: {error}")),
        }
    }
}

pub struct World {
    pub plan: Plan,
    pub model: RefCell<Model>,
    pub trace: RefCell<Trace>,
    pub servers: Vec<Server>,
    /// Every row of the engine.
    pub rows: Arc<dyn Scan>,
    pub counting: Arc<Counting>,
    pub gate: Arc<Gate>,
    pub files: Arc<MemoryFiles>,
    /// How often each kind of event happened: a history without events proves nothing.
    pub tally: RefCell<std::collections::BTreeMap<&'static str, u64>>,
    quiet: Cell<bool>,
}

impl World {
    pub async fn new(plan: Plan) -> Self {
        Self::over(plan, Instant::now(), &[]).await
    }

    /// The same deployment some time after a restore of `rows`: its store has these rows, its servers are new and know
    /// nothing, and the trace continues. [`World::take_back`] ends it.
    pub async fn restored(&self, rows: &[(Key, Row)]) -> Self {
        // From now on events are independent of those after the backup.
        let plan = Plan { seed: !self.plan.seed, ..self.plan.clone() };
        let world = Self::over(plan, self.gate.started, rows).await;
        world.trace.swap(&self.trace);
        world.tally.swap(&self.tally);
        world
    }

    /// Takes over the trace of the world after the restore.
    pub fn take_back(&self, restored: &Self) {
        restored.trace.swap(&self.trace);
        restored.tally.swap(&self.tally);
    }

    async fn over(plan: Plan, started: Instant, rows: &[(Key, Row)]) -> Self {
        let ground = Ground::new(plan.seed, plan.page_cap);
        let random = Arc::new(SeededRandom::new(plan.seed));
        let counting = Arc::new(Counting::new(ground.store));
        let present: Arc<dyn Store> = match plan.mutant {
            Some(mutant) => Arc::new(Mutated::new(counting.clone(), mutant)),
            None => counting.clone(),
        };
        let past = WeaklyVisible::new(present.clone(), plan.seed, plan.lag);
        fill(&past, rows, plan.lag).await.expect("a store without faults");
        let secrets = Secrets::load(&*present, &*random).await.expect("a store without faults");
        let (calm, committed) = (AtomicBool::new(false), Mutex::default());
        let lag = usize::try_from(plan.lag).expect("a short lag");
        let gate = Arc::new(Gate { past, present, calm, committed, times: Mutex::default(), lag, started });
        let files = Arc::new(MemoryFiles::default());
        let servers = (0..plan.servers as u64).map(|number| {
            let seed = plan.seed.wrapping_mul(31).wrapping_add(number);
            let faulty = Arc::new(Faulty::new(gate.clone(), seed, FaultRates::default()));
            let slow = Arc::new(Slow::new(faulty.clone(), seed, Duration::from_millis(plan.delay_ms)));
            let clock = Arc::new(SkewedClock { started, skew_ms: AtomicI64::new(0) });
            let chat = Chat::new(slow, files.clone(), clock.clone(), random.clone(), &secrets, plan.settings);
            Server { chat, clock, faulty }
        });
        Self {
            model: RefCell::new(Model::new(&plan, gate.clone())),
            trace: RefCell::default(),
            servers: servers.collect(),
            rows: ground.scan,
            counting,
            gate,
            files,
            tally: RefCell::default(),
            quiet: Cell::new(false),
            plan,
        }
    }

    /// Every row of the engine, as it is at this moment.
    pub async fn backup(&self) -> Vec<(Key, Row)> {
        let (mut after, mut rows) = (None, Vec::new());
        loop {
            let page = self.rows.scan(after.as_ref(), 100).await.expect("an engine that is well");
            rows.extend(page.rows);
            after = page.next;
            if after.is_none() {
                return rows;
            }
        }
    }

    /// The true time.
    pub fn now_ms(&self) -> u64 {
        self.gate.now_ms()
    }

    pub fn tick(&self) -> u64 {
        self.model.borrow_mut().tick()
    }

    pub fn count(&self, what: &'static str) {
        *self.tally.borrow_mut().entry(what).or_default() += 1;
    }

    /// Adds a line to the trace, if tracing is on.
    pub fn note(&self, who: &str, line: impl Display, more: &impl Debug) {
        if !self.plan.traced {
            return self.trace.borrow_mut().count();
        }
        let at = self.now_ms() - MORNING;
        self.trace.borrow_mut().add(format!("{at:>8} ms {who}: {line}"), &format!("{more:?}"));
    }

    /// From now on nothing fails, clocks are right, and every read is current.
    pub fn stop_faults(&self) {
        self.quiet.set(true);
        self.gate.calm();
        for server in &self.servers {
            server.faulty.calm();
            server.clock.set_skew(0);
        }
    }

    /// Any server.
    pub fn server(&self, dice: &mut Dice) -> &Chat {
        &dice.pick(&self.servers).chat
    }

    pub async fn pause(&self, dice: &mut Dice) {
        let wait = dice.up_to(self.plan.pause_ms);
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }

    /// What a client receives for `request`: the server may die at any point of it, and the answer may be lost.
    pub fn hear<'a, T: Debug + 'a>(
        &'a self,
        dice: &'a mut Dice,
        who: &'a str,
        what: impl Display + 'a,
        request: impl Future<Output = Result<T>> + 'a,
    ) -> impl Future<Output = Response<T>> + 'a {
        // The state of a request is large, so it is moved once, not from one future into the next.
        self.hear_boxed(dice, who, what, Box::pin(request))
    }

    async fn hear_boxed<T: Debug>(
        &self,
        dice: &mut Dice,
        who: &str,
        what: impl Display,
        request: Pin<Box<impl Future<Output = Result<T>>>>,
    ) -> Response<T> {
        if self.quiet.get() {
            return self.heard(who, what, Some(request.await));
        }
        let patience = if dice.chance(self.plan.crash) { dice.up_to(12 * self.plan.delay_ms + 5) } else { 3_600_000 };
        let lost = dice.chance(self.plan.lost);
        let outcome = tokio::time::timeout(Duration::from_millis(patience), request).await.ok();
        if outcome.is_none() {
            self.count("server died");
        }
        let outcome = outcome.filter(|_| {
            if lost {
                self.count("answer lost");
            }
            !lost
        });
        self.heard(who, what, outcome)
    }

    fn heard<T: Debug>(&self, who: &str, what: impl Display, outcome: Option<Result<T>>) -> Response<T> {
        match &outcome {
            None => self.note(who, format_args!("{what} -> nothing"), &()),
            Some(Ok(answer)) => self.note(who, format_args!("{what} -> answered"), answer),
            Some(Err(error)) => self.note(who, format_args!("{what} -> {error}"), error),
        }
        match outcome {
            None => Response::Lost,
            Some(Ok(answer)) => Response::Answer(answer),
            Some(Err(error)) if error.code == Code::Unavailable => {
                self.count("unavailable");
                Response::Lost
            }
            Some(Err(error)) => Response::Refusal(error),
        }
    }
}

/// Puts `rows` into an empty store, with their versions, and so long ago that every read shows them.
async fn fill(store: &dyn Store, rows: &[(Key, Row)], lag: u64) -> std::result::Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    for (nth, (key, row)) in (1..).zip(rows) {
        let token = Token(nth << 64 | u128::from(row.version.0));
        let put = Commit::builder(token).put(key.clone(), Condition::Absent, row.value.clone(), row.expires);
        let outcome = store.commit(&put.build()?).await?;
        assert_eq!(outcome, Outcome::Committed, "{key:?}");
    }
    for nth in 0..=u128::from(lag) {
        let nothing = Commit::builder(Token(!nth)).check(Key::new("NOTHING", "NOTHING"), Condition::Absent);
        let outcome = store.commit(&nothing.build()?).await?;
        assert_eq!(outcome, Outcome::Committed);
    }
    Ok(())
}

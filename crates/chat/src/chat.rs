//! The domain's one object, and what all its operations share: settings, horizons, commits and their retries.

use crate::{
    base::clock::{Clock, Random},
    base::cursor::Sealer,
    base::error::{Error, Result},
    base::memo::Memos,
    base::secrets::Secrets,
    base::turns::Turns,
    files::port::Files,
};
use jobline_store::{Commit, CommitBuilder, Consistency, Key, Outcome, Page, Range, Row, Store, Token, limits};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// How often a lost race is run again before the caller is asked to. With the pauses between, that is some seconds.
const ATTEMPTS: u32 = 64;
/// How often a commit of unknown outcome is repeated.
const REPEATS: u32 = 5;
/// For how long it is: an engine that itself tried for so long has tried enough, and somebody waits for the answer.
const REPEATING_MS: u64 = 3_000;
const DAY_MS: u64 = 86_400_000;

/// What an operator can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Messages a minute for one sender, and how many at once; 0 is no limit.
    pub send_rate: u32,
    /// Messages and files older than this many days are gone; 0 keeps them.
    pub retention_days: u32,
    /// Files older than this many days are gone, their messages stay; 0 keeps them.
    pub file_retention_days: u32,
    /// About how many bytes a user's head may spend on the conversations that moved lately: 850 keep the row within one
    /// write unit of DynamoDB. A poller who is away while more conversations move than fit gets a fresh start.
    pub window_bytes: usize,
}

impl Default for Settings {
    /// The defaults of the contract.
    fn default() -> Self {
        Self { send_rate: 10, retention_days: 0, file_retention_days: 0, window_bytes: 4_000 }
    }
}

/// The conversations of one deployment. Clones are handles to the same.
#[derive(Clone)]
pub struct Chat {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    files: Arc<dyn Files>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    sealer: Sealer,
    settings: Settings,
    turns: Turns,
    memos: Memos,
    /// In hundredths.
    slowdown: AtomicU32,
}

impl Chat {
    /// The domain over its ports.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        files: Arc<dyn Files>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        secrets: &Secrets,
        settings: Settings,
    ) -> Self {
        let sealer = Sealer::new(secrets.derive("cursors"));
        let (turns, memos, slowdown) = (Turns::default(), Memos::default(), AtomicU32::new(100));
        Self { inner: Arc::new(Inner { store, files, clock, random, sealer, settings, turns, memos, slowdown }) }
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn ready(&self) -> Result<()> {
        self.get(&crate::keys::secrets(), Consistency::Strong).await.map(drop)
    }

    /// Makes clients poll `factor` times less often than they would: for a server that is short of something.
    pub fn set_slowdown(&self, factor: f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1.00 to 100.00 in hundredths")]
        let hundredths = (factor.clamp(1.0, 100.0) * 100.0) as u32;
        self.inner.slowdown.store(hundredths, Ordering::Relaxed);
    }

    /// When a client should ask again about something that last moved at `moved`: soon while it moves, less and less as
    /// it rests.
    pub(crate) fn next_poll_ms(&self, moved: u64, now: u64) -> u64 {
        let rest = match now.saturating_sub(moved) {
            0..300_000 => 3_000,
            300_000..3_600_000 => 10_000,
            _ => 30_000,
        };
        rest * u64::from(self.inner.slowdown.load(Ordering::Relaxed)) / 100
    }

    pub(crate) fn files(&self) -> &dyn Files {
        &*self.inner.files
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.inner.random
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    pub(crate) fn memos(&self) -> &Memos {
        &self.inner.memos
    }

    pub(crate) fn settings(&self) -> Settings {
        self.inner.settings
    }

    pub(crate) fn now(&self) -> u64 {
        self.inner.clock.now_ms()
    }

    /// Messages accepted before this instant do not exist any more.
    pub(crate) fn horizon(&self, now: u64) -> u64 {
        match self.inner.settings.retention_days {
            0 => 0,
            days => now.saturating_sub(u64::from(days) * DAY_MS),
        }
    }

    /// Files of messages accepted before this instant do not exist any more.
    pub(crate) fn file_horizon(&self, now: u64) -> u64 {
        let horizon = match self.inner.settings.file_retention_days {
            0 => 0,
            days => now.saturating_sub(u64::from(days) * DAY_MS),
        };
        horizon.max(self.horizon(now))
    }

    /// When the engine may drop a row that belongs to something that happened at `at`.
    pub(crate) fn expires(&self, at: u64) -> Option<u64> {
        match self.inner.settings.retention_days {
            0 => None,
            days => Some((at + u64::from(days) * DAY_MS).div_ceil(1_000)),
        }
    }

    pub(crate) async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>> {
        Ok(self.inner.store.get(key, consistency).await?)
    }

    /// One round trip for each hundred keys, which must be different.
    pub(crate) async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>> {
        let mut rows = Vec::with_capacity(keys.len());
        for keys in keys.chunks(limits::KEYS_PER_READ) {
            rows.extend(self.inner.store.get_many(keys, consistency).await?);
        }
        Ok(rows)
    }

    /// The first `range.limit` rows of `range`, over as many pages as that takes.
    pub(crate) async fn range(&self, range: Range) -> Result<Vec<(Key, Row)>> {
        let (limit, mut range) = (range.limit, range);
        let mut rows = Vec::new();
        loop {
            let Page { rows: page, next } = self.inner.store.range(&range).await?;
            rows.extend(page);
            match next {
                Some(next) if rows.len() < limit => {
                    range = range.after(&next);
                    range.limit = limit - rows.len();
                }
                _ => return Ok(rows),
            }
        }
    }

    /// Every row of `range`, whose limit is the size of a page.
    pub(crate) async fn range_all(&self, mut range: Range) -> Result<Vec<(Key, Row)>> {
        let mut rows = Vec::new();
        loop {
            let page = self.inner.store.range(&range).await?;
            rows.extend(page.rows);
            match page.next {
                Some(next) => range = range.after(&next),
                None => return Ok(rows),
            }
        }
    }

    /// Begins a commit.
    pub(crate) fn begin(&self) -> CommitBuilder {
        Commit::builder(Token(self.inner.random.bits()))
    }

    /// Carries out a commit. One of unknown outcome is repeated with its token until it is known.
    pub(crate) async fn commit(&self, builder: CommitBuilder) -> Result<Outcome> {
        self.carry_out(builder.build()?).await
    }

    /// [`Chat::commit`] of a commit whose version is wanted.
    pub(crate) async fn carry_out(&self, commit: Commit) -> Result<Outcome> {
        let (begun, mut repeats) = (self.inner.clock.now_ms(), 0);
        loop {
            let in_time = || self.inner.clock.now_ms().saturating_sub(begun) < REPEATING_MS;
            match self.inner.store.commit(&commit).await {
                Ok(outcome) => return Ok(outcome),
                Err(jobline_store::Error::Unknown(_) | jobline_store::Error::Unavailable(_))
                    if repeats < REPEATS && in_time() =>
                {
                    repeats += 1;
                    self.pause(repeats).await;
                }
                Err(jobline_store::Error::Unknown(cause)) => return Err(Error::undecided(cause)),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Begins the attempts at something that others may get in the way of.
    pub(crate) fn attempts(&self) -> Attempts<'_> {
        Attempts { chat: self, made: 0, turn: None }
    }

    /// A random wait that grows with the number of tries.
    async fn pause(&self, tries: u32) {
        let longest = 1_u64 << tries.min(6);
        let wait = Duration::from_micros(u64::try_from(self.inner.random.bits() % 1_000).unwrap_or(0) * longest);
        self.inner.clock.sleep(wait).await;
    }
}

/// Attempts at a read, a decision and a commit, repeated for as long as the commit loses races.
///
/// The first attempt may decide on eventual reads, for its conditions find out what was stale; later ones read
/// strongly. Whoever lost a race waits for its turn at the row it was about, so that on one server a crowd forms a queue
/// instead of running into each other; the first attempt never waits.
pub(crate) struct Attempts<'a> {
    chat: &'a Chat,
    made: u32,
    turn: Option<crate::base::turns::Turn<'a>>,
}

impl Attempts<'_> {
    /// How the rows of this attempt are to be read.
    pub fn consistency(&self) -> Consistency {
        if self.made == 0 { Consistency::Eventual } else { Consistency::Strong }
    }

    /// Whether what was read may be behind what was committed.
    pub fn may_be_stale(&self) -> bool {
        self.made == 0
    }

    /// Reads strongly from now on.
    pub fn insist(&mut self) {
        self.made = self.made.max(1);
    }

    /// After a lost race: waits before the next attempt, or gives up.
    pub async fn again(&mut self, conflict: &[Key]) -> Result<()> {
        self.made += 1;
        if self.made > ATTEMPTS {
            return Err(Error::unavailable(format!("{ATTEMPTS} attempts lost the race for {conflict:?}")));
        }
        if self.turn.is_none() {
            if let Some(key) = conflict.first() {
                self.turn = Some(self.chat.inner.turns.wait(key).await);
            }
        } else {
            self.chat.pause(self.made).await;
        }
        Ok(())
    }
}

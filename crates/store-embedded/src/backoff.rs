//! When a failed database is tried again.

use jobline_store::Error;
use std::time::{Duration, Instant};

const FIRST_DELAY: Duration = Duration::from_millis(50);
/// Short, so that the store is back within a second after the cause of its failure has gone.
const LONGEST_DELAY: Duration = Duration::from_millis(250);
/// A slow attempt, which reads a long journal, is followed by a pause twice as long, so that a store that keeps failing
/// occupies at most a third of a processor.
const PAUSE_PER_COST: u32 = 2;

/// A failure of the database, and when to try again.
pub(crate) struct Backoff {
    error: Error,
    delay: Duration,
    retry_at: Instant,
    /// How often the database was opened since the last group was written.
    reopened: u32,
}

impl Backoff {
    /// The state after another failure at `now`, in an attempt that took `cost`.
    pub(crate) fn after(previous: Option<&Self>, error: Error, now: Instant, cost: Duration) -> Self {
        let delay = previous.map_or(FIRST_DELAY, |previous| (previous.delay * 2).min(LONGEST_DELAY));
        let retry_at = now + delay.max(cost * PAUSE_PER_COST);
        Self { error, delay, retry_at, reopened: previous.map_or(0, |previous| previous.reopened) }
    }

    pub(crate) fn retry_at(&self) -> Instant {
        self.retry_at
    }

    /// The error to answer until the next attempt is due.
    pub(crate) fn check(&self, now: Instant) -> Result<(), Error> {
        if now < self.retry_at { Err(self.error.clone()) } else { Ok(()) }
    }

    pub(crate) fn note_reopened(&mut self) {
        self.reopened += 1;
    }

    /// Whether the database could be opened and failed again before it wrote anything.
    pub(crate) fn fails_after_reopening(&self) -> bool {
        self.reopened > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(previous: Option<&Backoff>, now: Instant, cost: Duration) -> Backoff {
        Backoff::after(previous, Error::Unavailable("no disk".into()), now, cost)
    }

    #[test]
    fn the_delay_grows_to_a_quarter_of_a_second() {
        let now = Instant::now();
        let mut backoff = failure(None, now, Duration::ZERO);
        let mut delays = Vec::new();
        for _ in 0..5 {
            delays.push((backoff.retry_at() - now).as_millis());
            backoff = failure(Some(&backoff), now, Duration::ZERO);
        }
        assert_eq!(delays, [50, 100, 200, 250, 250]);
    }

    #[test]
    fn an_expensive_attempt_is_followed_by_a_longer_pause() {
        let now = Instant::now();
        let backoff = failure(None, now, Duration::from_millis(500));
        assert_eq!(backoff.retry_at() - now, Duration::from_secs(1));
    }

    #[test]
    fn the_error_is_answered_until_the_next_attempt_is_due() {
        let now = Instant::now();
        let backoff = failure(None, now, Duration::ZERO);
        assert!(matches!(backoff.check(now), Err(Error::Unavailable(reason)) if reason == "no disk"));
        assert!(backoff.check(backoff.retry_at()).is_ok());
    }

    #[test]
    fn reopening_is_counted_over_failures() {
        let now = Instant::now();
        let mut backoff = failure(None, now, Duration::ZERO);
        backoff.note_reopened();
        assert!(!backoff.fails_after_reopening());
        let mut backoff = failure(Some(&backoff), now, Duration::ZERO);
        backoff.note_reopened();
        assert!(backoff.fails_after_reopening());
    }
}

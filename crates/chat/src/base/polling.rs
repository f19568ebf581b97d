//! When clients poll again.

use std::sync::atomic::{AtomicU32, Ordering};

/// How long clients wait between polls, and by how much a server under pressure lengthens that.
pub(crate) struct Polling {
    /// In hundredths.
    slowdown: AtomicU32,
}

impl Default for Polling {
    fn default() -> Self {
        Self { slowdown: AtomicU32::new(100) }
    }
}

impl Polling {
    /// Makes clients poll `factor` times less often; 1 to 100.
    pub fn set_slowdown(&self, factor: f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1.00 to 100.00 in hundredths")]
        let hundredths = (factor.clamp(1.0, 100.0) * 100.0) as u32;
        self.slowdown.store(hundredths, Ordering::Relaxed);
    }

    /// In how many milliseconds to poll again for something that last changed at `moved`: the longer ago, the longer
    /// the wait.
    pub fn next_poll_ms(&self, moved: u64, now: u64) -> u64 {
        let interval = match now.saturating_sub(moved) {
            0..300_000 => 3_000,
            300_000..3_600_000 => 10_000,
            _ => 30_000,
        };
        interval * u64::from(self.slowdown.load(Ordering::Relaxed)) / 100
    }
}

#[cfg(test)]
mod tests {
    use super::Polling;

    #[test]
    fn the_advised_interval_depends_on_activity_and_server_load() {
        let (polling, now) = (Polling::default(), 10_000_000);
        let after = |rested: u64| polling.next_poll_ms(now - rested, now);
        assert_eq!([0, 299_999, 300_000, 3_599_999, 3_600_000].map(after), [3_000, 3_000, 10_000, 10_000, 30_000]);
        assert_eq!(polling.next_poll_ms(now + 5_000, now), 3_000, "a clock that is ahead");
        polling.set_slowdown(2.5);
        assert_eq!(polling.next_poll_ms(now, now), 7_500);
        polling.set_slowdown(0.1);
        assert_eq!(polling.next_poll_ms(now, now), 3_000, "never sooner");
    }
}

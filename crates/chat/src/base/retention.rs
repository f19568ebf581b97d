//! How long messages and files are kept.

const DAY_MS: u64 = 86_400_000;

/// How long messages and files are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention {
    /// 0 keeps messages forever.
    pub message_days: u32,
    /// For files alone; 0 keeps them as long as their messages.
    pub file_days: u32,
}

impl Retention {
    /// Messages accepted before this instant no longer exist, whether or not their rows were deleted yet.
    pub fn horizon(self, now: u64) -> u64 {
        days_before(now, self.message_days)
    }

    /// Files of messages accepted before this instant no longer exist.
    pub fn file_horizon(self, now: u64) -> u64 {
        days_before(now, self.file_days).max(self.horizon(now))
    }

    /// From when on the engine may delete a row that belongs to something that happened at `at`: Unix seconds.
    pub fn expires(self, at: u64) -> Option<u64> {
        days_after(at, self.message_days)
    }

    /// From when on the engine may delete the row of a file whose message was accepted at `at`: Unix seconds.
    pub fn file_expires(self, at: u64) -> Option<u64> {
        let days = [self.message_days, self.file_days].into_iter().filter(|days| *days > 0).min()?;
        days_after(at, days)
    }
}

fn days_before(now: u64, days: u32) -> u64 {
    match days {
        0 => 0,
        days => now.saturating_sub(u64::from(days) * DAY_MS),
    }
}

fn days_after(at: u64, days: u32) -> Option<u64> {
    match days {
        0 => None,
        days => Some((at + u64::from(days) * DAY_MS).div_ceil(1_000)),
    }
}

//! Rate limits of a user: token buckets, which are stored in the user's rows so that all servers share them.

use crate::error::{Error, Result};
use jobline_wire::Code;
use serde::{Deserialize, Serialize};

/// A token bucket: how many more messages its user may send, in thousandths, and at what time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct Bucket {
    thousandths: u64,
    at: u64,
}

impl From<(u64, u64)> for Bucket {
    fn from((thousandths, at): (u64, u64)) -> Self {
        Self { thousandths, at }
    }
}

impl From<Bucket> for (u64, u64) {
    fn from(bucket: Bucket) -> Self {
        (bucket.thousandths, bucket.at)
    }
}

impl Bucket {
    /// A full bucket at `rate` messages a minute.
    #[must_use]
    pub fn full(rate: u32, now: u64) -> Self {
        Self { thousandths: u64::from(rate) * 1_000, at: now }
    }

    /// `bucket`, or a full one where there is none yet, after one more message at `rate` messages a minute. `None` when
    /// the rate is 0, which is no limit.
    ///
    /// # Errors
    /// `rate_limited`, with the wait.
    pub fn take_from(bucket: Option<Self>, rate: u32, now: u64) -> Result<Option<Self>> {
        Self::take_one(bucket, rate, now, "messages")
    }

    /// The same for edits and reactions, which have a separate bucket.
    ///
    /// # Errors
    /// `rate_limited`, with the wait.
    pub fn take_change(bucket: Option<Self>, rate: u32, now: u64) -> Result<Option<Self>> {
        Self::take_one(bucket, rate, now, "edits and reactions")
    }

    /// The same for reports.
    ///
    /// # Errors
    /// `rate_limited`, with the wait.
    pub fn take_report(bucket: Option<Self>, rate: u32, now: u64) -> Result<Option<Self>> {
        Self::take_one(bucket, rate, now, "reports")
    }

    /// The same for push subscriptions.
    ///
    /// # Errors
    /// `rate_limited`, with the wait.
    pub fn take_subscription(bucket: Option<Self>, rate: u32, now: u64) -> Result<Option<Self>> {
        Self::take_one(bucket, rate, now, "push subscriptions")
    }

    fn take_one(bucket: Option<Self>, rate: u32, now: u64, what: &str) -> Result<Option<Self>> {
        if rate == 0 {
            return Ok(None);
        }
        bucket.unwrap_or_else(|| Self::full(rate, now)).take(rate, now).map(Some).map_err(|wait| {
            let seconds = wait.div_ceil(1_000);
            let detail = format!("At most {rate} {what} a minute are accepted. Try again in {seconds} s.");
            Error { retry_after_ms: Some(wait), ..Error::new(Code::RateLimited, detail) }
        })
    }

    /// The bucket after one more message, or in how many milliseconds there is room for one.
    ///
    /// A clock that is set back neither fills nor empties it. A bucket from more than a minute in the future is replaced
    /// by a full one: the clock that wrote it was wrong, and the wait would have no bound.
    ///
    /// # Errors
    /// The wait, in milliseconds.
    pub fn take(self, rate: u32, now: u64) -> std::result::Result<Self, u64> {
        if self.at > now + 60_000 {
            return Self::full(rate, now).take(rate, now);
        }
        let rate = u64::from(rate);
        // `rate` messages a minute are `rate / 60` thousandths a millisecond.
        let elapsed = now.saturating_sub(self.at).min(120_000);
        let refilled = (self.thousandths * 60 + elapsed * rate).min(rate * 60_000);
        let left = refilled.checked_sub(60_000).ok_or_else(|| (60_000 - refilled).div_ceil(rate))?;
        Ok(Self { thousandths: left / 60, at: self.at.max(now) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_messages_at_once_then_one_every_six_seconds() {
        let mut bucket = Bucket::full(10, 1_000);
        for _ in 0..10 {
            bucket = bucket.take(10, 1_000).unwrap();
        }
        assert_eq!(bucket.take(10, 1_000), Err(6_000));
        assert_eq!(bucket.take(10, 4_000), Err(3_000));
        bucket = bucket.take(10, 7_000).unwrap();
        assert_eq!(bucket.take(10, 500), Err(6_000), "a clock that runs backwards does not fill the bucket");
        bucket = bucket.take(10, 13_000).unwrap();
        assert_eq!(bucket.take(10, 13_000), Err(6_000));
        let far_ahead = Bucket { at: 9_000_000, ..bucket };
        let after = far_ahead.take(10, 13_000).expect("a clock that was set back does not block anybody");
        assert_eq!(after, Bucket::full(10, 13_000).take(10, 13_000).unwrap());
    }

    #[test]
    fn a_long_pause_fills_the_bucket_and_never_overfills_it() {
        let mut bucket = Bucket::full(3, 0);
        for _ in 0..3 {
            bucket = bucket.take(3, u64::from(u32::MAX)).unwrap();
        }
        assert!(bucket.take(3, u64::from(u32::MAX)).is_err());
    }

    #[test]
    fn a_message_is_accepted_after_the_wait_in_the_error() {
        for rate in [1, 3, 7, 10, 59, 600] {
            let mut bucket = Bucket::full(rate, 0);
            let mut now = 0;
            for _ in 0..3 * rate {
                bucket = bucket.take(rate, now).unwrap_or_else(|wait| {
                    now += wait;
                    bucket.take(rate, now).expect("the wait is over")
                });
            }
        }
    }
}

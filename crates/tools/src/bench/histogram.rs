//! A histogram of times.

use hdrhistogram::Histogram as Counts;
use std::time::Duration;

/// The longest time that is recorded exactly; longer ones count as this.
const LONGEST: Duration = Duration::from_secs(3_600);
/// Significant digits of every time.
const DIGITS: u8 = 3;

/// Counts of measured times, from nanoseconds to an hour, each exact to a thousandth.
#[derive(Clone)]
pub(super) struct Histogram(Counts<u64>);

impl Histogram {
    pub(super) fn new() -> Self {
        let longest = u64::try_from(LONGEST.as_nanos()).expect("an hour is a number of nanoseconds");
        Self(Counts::new_with_max(longest, DIGITS).expect("the bounds are those that the histogram accepts"))
    }

    pub(super) fn add(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("all have the same bounds");
    }

    pub(super) fn total(&self) -> u64 {
        self.0.len()
    }

    /// The percentile `percent` of the times; zero without any.
    pub(super) fn percentile(&self, percent: f64) -> Duration {
        Duration::from_nanos(self.0.value_at_percentile(percent))
    }

    /// The longest of the times.
    pub(super) fn longest(&self) -> Duration {
        Duration::from_nanos(self.0.max())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_close() {
        let mut times = Histogram::new();
        (1..=1_000).for_each(|i| times.add(Duration::from_micros(i)));
        let mut others = Histogram::new();
        others.add(Duration::from_secs(100_000));
        let near = |times: &Histogram, percent, micros: f64| {
            let found = times.percentile(percent).as_secs_f64() * 1e6;
            assert!((found - micros).abs() / micros < 0.002, "{percent}: {found}");
        };
        near(&times, 50.0, 500.0);
        near(&times, 99.0, 990.0);
        near(&times, 100.0, 1_000.0);
        times.merge(&others);
        assert_eq!(times.total(), 1_001);
        near(&times, 99.9, 1_000.0);
        assert!(times.longest() >= LONGEST, "longer times count as the longest");
    }
}

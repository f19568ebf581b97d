//! A histogram of times with 64 buckets for each doubling, so that a percentile is exact to 1.6 %.

use std::time::Duration;

const STEPS: u32 = 6;
const BUCKETS: usize = (64 - STEPS as usize + 1) << STEPS;

/// Counts of measured times.
#[derive(Clone)]
pub(super) struct Histogram {
    counts: Box<[u32]>,
    total: u64,
}

impl Histogram {
    pub(super) fn new() -> Self {
        Self { counts: vec![0; BUCKETS].into_boxed_slice(), total: 0 }
    }

    pub(super) fn add(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.counts[bucket(nanos)] += 1;
        self.total += 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(mine, theirs)| *mine += theirs);
        self.total += other.total;
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The percentile `percent` of the times.
    pub(super) fn percentile(&self, percent: u64) -> Duration {
        let wanted = (self.total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += u64::from(*count);
            seen >= wanted
        });
        Duration::from_nanos(found.map_or(0, floor))
    }
}

fn bucket(nanos: u64) -> usize {
    let doublings = (u64::BITS - nanos.leading_zeros()).saturating_sub(STEPS + 1);
    ((doublings as usize) << STEPS) + (nanos >> doublings) as usize
}

/// The smallest time of a bucket, in nanoseconds.
fn floor(bucket: usize) -> u64 {
    let doublings = (bucket >> STEPS).saturating_sub(1);
    ((bucket - (doublings << STEPS)) as u64) << doublings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_close() {
        let mut times = Histogram::new();
        (1..=1_000).for_each(|i| times.add(Duration::from_micros(i)));
        let near = |percent, micros: f64| {
            let found = times.percentile(percent).as_secs_f64() * 1e6;
            assert!((found - micros).abs() / micros < 0.02, "{percent}: {found}");
        };
        near(50, 500.0);
        near(99, 990.0);
        near(100, 1_000.0);
    }

    #[test]
    fn every_time_has_a_bucket_that_begins_at_or_below_it() {
        for nanos in (0..200).chain([1 << 20, (1 << 40) + 12_345, u64::MAX]) {
            assert!(floor(bucket(nanos)) <= nanos);
            assert!(bucket(nanos) < BUCKETS);
            assert_eq!(bucket(floor(bucket(nanos))), bucket(nanos));
        }
    }
}

//! The resources that a server uses after each slice of a long load.

use crate::bench::machine;
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// The largest ratio of the last third to the second, for every resource: rows between two sweeps come and go.
const GROWTH: f64 = 1.25;
/// The fewest samples that show a trend.
const LEAST: usize = 9;

/// One sample of the server.
pub(super) struct Sample {
    at: Duration,
    requests: u64,
    /// Memory in bytes.
    memory: u64,
    /// Open files and connections.
    descriptors: u64,
    /// Bytes in the folder.
    disk: u64,
}

/// All samples.
#[derive(Default)]
pub(super) struct Samples(Vec<Sample>);

impl Sample {
    /// A sample of the process with this id, which keeps its data in `folder`.
    pub(super) fn of(process: &str, folder: &Path, at: Duration, requests: u64) -> Result<Self, String> {
        let unknown = || "what a process uses is known on Linux only".to_owned();
        let memory = machine::resident(process).ok_or_else(unknown)?;
        let descriptors = machine::descriptors(process).ok_or_else(unknown)?;
        let disk = machine::bytes_in(folder);
        Ok(Self { at, requests, memory, descriptors, disk })
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, requests, memory, descriptors, disk } = self;
        let [memory, disk] = [memory, disk].map(|bytes| *bytes as f64 / f64::from(1 << 20));
        let at = at.as_secs();
        write!(
            out,
            "{at:>6} s: {requests:>7} requests, {memory:.1} MB of memory, {descriptors} descriptors, {disk:.1} MB on disk"
        )
    }
}

impl Samples {
    pub(super) fn add(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    /// One line for each figure.
    ///
    /// # Errors
    /// Which resources grew, or that the run was too short to tell.
    pub(super) fn verdict(&self) -> Result<String, String> {
        if self.0.len() < LEAST {
            return Err(format!("{} samples are too few to say what grows: --soak has to be longer", self.0.len()));
        }
        let third = self.0.len() / 3;
        let mut lines = Vec::new();
        let mut grew = false;
        for (name, values) in self.figures() {
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            let ratio = mean(&values[2 * third..]) / mean(&values[third..2 * third]);
            grew |= ratio > GROWTH;
            lines.push(format!("{name}: the last third used {ratio:.2} of the second"));
        }
        let text = lines.join("\n");
        if grew { Err(format!("something keeps growing:\n{text}")) } else { Ok(text) }
    }

    fn figures(&self) -> [(&'static str, Vec<f64>); 3] {
        let all = |get: fn(&Sample) -> u64| self.0.iter().map(|sample| get(sample) as f64).collect();
        [
            ("memory", all(|sample| sample.memory)),
            ("descriptors", all(|sample| sample.descriptors)),
            ("disk", all(|sample| sample.disk)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(memory: impl Fn(u64) -> u64) -> Samples {
        let sample = |number| Sample {
            at: Duration::from_secs(number),
            requests: 1,
            memory: memory(number),
            descriptors: 20,
            disk: 1_000_000,
        };
        Samples((0..30).map(sample).collect())
    }

    #[test]
    fn fluctuation_is_no_growth_and_a_steady_rise_is() {
        assert!(samples(|number| 10_000_000 + number % 3 * 1_000_000).verdict().is_ok());
        assert!(samples(|number| (number.min(8) + 2) * 1_000_000).verdict().is_ok(), "it grew at first");
        let grown = samples(|number| (number + 2) * 1_000_000).verdict().unwrap_err();
        assert!(grown.contains("memory: the last third used 1.61"), "{grown}");
    }

    #[test]
    fn too_few_samples_are_an_error() {
        assert!(Samples::default().verdict().unwrap_err().contains("too few"));
    }
}

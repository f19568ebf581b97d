//! The options of `jobline bench`.

use clap::Args;
use std::path::{Path, PathBuf};

/// What to measure.
#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    /// Seconds for each measurement.
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    pub seconds: f64,
    /// Numbers of connections to measure with, comma separated.
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', default_values_t = [1, 16, 64])]
    pub connections: Vec<usize>,
    /// Messages to store before the first measurement.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub messages: u64,
    /// All senders write into one conversation instead of one each.
    #[arg(long)]
    pub shared: bool,
    /// Also measure the memory of the server alone while this many connections poll every three seconds.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub pollers: usize,
    /// Also measure live connections: how soon a message is seen, and the cost of this many connections.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub live_connections: usize,
    /// How often everything is measured over the same store; each run is a separate report.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub runs: u32,
    /// Instead of measuring, run a mix of everything for this many seconds, and say whether memory, open files and the disk
    /// grow.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub soak: u64,
    /// Where to create the folder of the measured store: on the disk that is to be measured.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Serves the hello-world servers of a measurement, prints their addresses, and ends when standard input does.
    #[arg(long, hide = true)]
    pub hello: bool,
    /// The binary that is measured, as a separate process; by default this one.
    #[arg(skip = std::env::current_exe().ok())]
    pub program: Option<PathBuf>,
}

impl BenchArgs {
    /// Checks the options, and returns the program that is measured.
    pub(super) fn check(&self) -> Result<&Path, String> {
        let bounds = [
            (self.seconds >= 0.1 && self.seconds <= 600.0, "--seconds must be from 0.1 to 600"),
            (!self.connections.is_empty(), "--connections must have at least one number"),
            (self.connections.iter().all(|count| (1..=1_024).contains(count)), "--connections must be from 1 to 1024"),
            (self.messages <= 10_000_000, "--messages must be at most 10000000"),
            (self.pollers <= 10_000, "--pollers must be at most 10000"),
            (self.live_connections <= 10_000, "--live-connections must be at most 10000"),
            (self.soak <= 7 * 86_400, "--soak must be at most a week"),
            ((1..=100).contains(&self.runs), "--runs must be from 1 to 100"),
        ];
        match bounds.iter().find(|(kept, _)| !kept) {
            Some((_, bound)) => Err((*bound).to_owned()),
            None => self.program.as_deref().ok_or_else(|| "the path of this program is unknown".to_owned()),
        }
    }
}

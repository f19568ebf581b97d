//! Endurance: a mix of everything for a long time, and whether memory, open files and the disk grow.
//!
//! Messages are kept for a day. `cargo xtask soak` lets the clock of this program and of the server run faster, so that days
//! pass and expired messages make room for new ones.

mod churn;
mod samples;

use super::Run;
use super::dataset::Dataset;
use super::live::watch;
use super::load::{self, Pace};
use super::program::Program;
use churn::Churn;
use samples::{Sample, Samples};
use std::io::Write;
use std::time::{Duration, Instant};

/// How long the load runs before a sample is taken and connections are opened again.
const SLICE: Duration = Duration::from_secs(10);
/// Requests a second of the kinds of load, by all connections together.
const SENDS: f64 = 150.0;
const MIX: f64 = 300.0;
const CHURN: f64 = 30.0;
const UPLOADS: f64 = 9.0;
const CONNECTIONS: usize = 16;
/// How long messages are kept, and may be edited: with a faster clock, a stall of the machine lasts minutes.
const KEPT: [&str; 4] = ["--retention-days", "1", "--edit-minutes", "1440"];

/// Runs the mix for `run.args.soak` seconds, prints a line for each slice, and says what grew.
pub(super) async fn run(run: &Run<'_>, out: &mut (dyn Write + Send)) -> Result<(), String> {
    let mut server = Program::start_with(run.program, run.folder, &KEPT).await?;
    run.dataset.first_answer(server.address).await?;
    let (begun, length) = (Instant::now(), Duration::from_secs(run.args.soak));
    let mut samples = Samples::default();
    for slice in 0.. {
        if begun.elapsed() >= length {
            break;
        }
        let requests = load(&server, run.dataset, slice).await?;
        let sample = Sample::of(&server.id(), run.folder, begun.elapsed(), requests)?;
        writeln!(out, "{sample}").and_then(|()| out.flush()).map_err(|error| error.to_string())?;
        samples.add(sample);
    }
    server.kill().await?;
    let verdict = samples.verdict()?;
    writeln!(out, "{verdict}").map_err(|error| error.to_string())
}

/// All kinds of load at once. Returns the number of requests.
async fn load(server: &Program, dataset: &Dataset, slice: u32) -> Result<u64, String> {
    let (address, name) = (server.address, format!("soak-{slice}"));
    let count = CONNECTIONS.min(dataset.writers());
    let run = async |callers, rate| load::run(address, callers, SLICE, Pace::Rate(rate)).await;
    let churn = (0..count).map(|place| Box::new(Churn::new(dataset.writer(place), &name)) as _).collect();
    let watchers = &dataset.audience.watchers;
    let (sends, mix, churn, uploads, ()) = tokio::try_join!(
        run(dataset.senders(count, false, &name), SENDS),
        run(dataset.mixed(count), MIX),
        run(churn, CHURN),
        run(dataset.uploaders(count), UPLOADS),
        watch(address, &watchers[..watchers.len().min(count)], SLICE),
    )?;
    Ok([sends, mix, churn, uploads].iter().map(|figures| figures.times.total()).sum())
}

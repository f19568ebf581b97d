//! Many histories on every core, for `cargo xtask sim`: progress, figures, and a failing history made shorter.

use super::histories::{ALL, mutant::Mutant, plan::Plan, run};
use std::{
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How often progress is printed.
const REPORT_EVERY: Duration = Duration::from_secs(10);
/// How many shorter histories are tried to shrink a failing one.
const SHRINKS: usize = 600;

/// The totals of the histories that were run.
#[derive(Debug, Default, Clone, Copy)]
pub struct Totals {
    /// Histories, each with its histories of calls and crews.
    pub seeds: u64,
    /// Things that happened: requests, answers, faults.
    pub lines: u64,
    /// Virtual time multiplied by the devices that lived through it.
    pub client_ms: u64,
    /// The same for the histories in which no message expires: the others pause for hours between two steps.
    pub busy_client_ms: u64,
}

/// A history that broke a promise.
pub struct Broken {
    pub seed: u64,
    pub reason: String,
}

/// Runs the histories of `seeds` on `jobs` threads. After a failure no further history begins, unless `goes_on` is set.
///
/// # Errors
/// The histories that failed, by their seeds.
pub fn run_all(seeds: Range<u64>, jobs: usize, goes_on: bool) -> Result<Totals, Vec<Broken>> {
    let (next, stop) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let progress = Mutex::new(Progress::new(seeds.clone()));
    let broken = Mutex::new(Vec::new());
    thread::scope(|threads| {
        for _ in 0..jobs.max(1) {
            threads.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    match run_one(seed) {
                        Ok(lived) => progress.lock().expect("nobody panics with it").add(lived),
                        Err(reason) => {
                            stop.store(!goes_on, Ordering::Relaxed);
                            println!("seed {seed} failed");
                            broken.lock().expect("nobody panics with it").push(Broken { seed, reason });
                        }
                    }
                }
            });
        }
    });
    let progress = progress.into_inner().expect("nobody panics with it");
    progress.print();
    let mut broken = broken.into_inner().expect("nobody panics with it");
    broken.sort_by_key(|broken| broken.seed);
    if broken.is_empty() { Ok(progress.totals) } else { Err(broken) }
}

/// The histories of a seed.
fn run_one(seed: u64) -> Result<Totals, String> {
    let plan = Plan::of(seed);
    let devices = plan.devices.len() as u64;
    let expires = plan.retention_ms().is_some();
    let [everything, rest @ ..] = ALL;
    let report = (everything.run)(plan)?;
    for history in rest {
        (history.run)((history.plan)(seed))?;
    }
    let client_ms = report.virtual_ms * devices;
    let busy_client_ms = if expires { 0 } else { client_ms };
    Ok(Totals { seeds: 1, lines: report.lines, client_ms, busy_client_ms })
}

struct Progress {
    of: u64,
    totals: Totals,
    began: Instant,
    printed: Instant,
}

impl Progress {
    fn new(seeds: Range<u64>) -> Self {
        let now = Instant::now();
        Self { of: seeds.end - seeds.start, totals: Totals::default(), began: now, printed: now }
    }

    fn add(&mut self, lived: Totals) {
        self.totals.seeds += lived.seeds;
        self.totals.lines += lived.lines;
        self.totals.client_ms += lived.client_ms;
        self.totals.busy_client_ms += lived.busy_client_ms;
        if self.printed.elapsed() >= REPORT_EVERY {
            self.printed = Instant::now();
            self.print();
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "printed in whole numbers")]
    fn print(&self) {
        let seconds = self.began.elapsed().as_secs_f64().max(0.001);
        let Totals { seeds, lines, client_ms, busy_client_ms } = self.totals;
        let a_minute = |ms: u64| ms as f64 / 3_600_000.0 * 60.0 / seconds;
        println!(
            "{seeds} of {} seeds in {seconds:.0} s: {:.1} seeds a second, {lines} steps; client-hours a minute: {:.0}, \
             {:.0} of them without expiring histories",
            self.of,
            seeds as f64 / seconds,
            a_minute(client_ms),
            a_minute(busy_client_ms),
        );
    }
}

/// The shortest failing history that is found by leaving out parts of `plan`, and its failure. `None` if `plan` does not
/// fail.
pub fn shrink(plan: Plan) -> Option<(Plan, String)> {
    let fails = |plan: &Plan| quietly(plan).err();
    let reason = fails(&plan)?;
    let panics = reason.contains("panicked: ");
    let (mut plan, mut reason, mut left) = (plan, reason, SHRINKS);
    'again: loop {
        for smaller in smaller(&plan) {
            if left == 0 {
                return Some((plan, reason));
            }
            left -= 1;
            // A history that was cut too short for its own actors panics, which is another failure.
            if let Some(failure) = fails(&smaller).filter(|failure| panics || !failure.contains("panicked: ")) {
                (plan, reason) = (smaller, failure);
                continue 'again;
            }
        }
        return Some((plan, reason));
    }
}

fn quietly(plan: &Plan) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| run(plan.clone()).map(drop))).unwrap_or_else(|_| Err("panicked: ".to_owned()))
}

/// Plans that are `plan` with less of something, the largest parts first.
fn smaller(plan: &Plan) -> Vec<Plan> {
    let mut all = Vec::new();
    let mut add = |differs: &dyn Fn(&mut Plan)| {
        let mut other = plan.clone();
        differs(&mut other);
        if format!("{other:?}") != format!("{plan:?}") {
            all.push(other);
        }
    };
    add(&|plan| plan.steps /= 2);
    add(&|plan| plan.sends /= 2);
    add(&|plan| plan.devices.truncate(plan.devices.len().div_ceil(2)));
    add(&|plan| plan.host_lines /= 2);
    add(&|plan| plan.host_steps /= 2);
    add(&|plan| plan.blocks /= 2);
    add(&|plan| plan.changes = false);
    add(&|plan| plan.servers = 1);
    add(&|plan| (plan.crash, plan.lost) = (0.0, 0.0));
    add(&|plan| plan.lag = 0);
    add(&|plan| plan.delay_ms = 0);
    add(&|plan| plan.skew_ms = 0);
    for device in 0..plan.devices.len() {
        add(&|plan| plan.devices = [&plan.devices[..device], &plan.devices[device + 1..]].concat());
    }
    add(&|plan| plan.steps = plan.steps.saturating_sub(1));
    add(&|plan| plan.sends = plan.sends.saturating_sub(1));
    all
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[test]
#[ignore = "as long as one likes: `cargo xtask sim --seeds 100000`"]
fn as_many_histories_as_asked_keep_the_promise() {
    let first = setting("SIM_FIRST").unwrap_or(0);
    let seeds = first..first + setting("SIM_SEEDS").unwrap_or(1_000);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let jobs = setting("SIM_JOBS").map_or(cores, |jobs| usize::try_from(jobs).unwrap_or(1));
    let goes_on = setting("SIM_GOES_ON") == Some(1);
    let Err(broken) = run_all(seeds, jobs, goes_on) else { return };
    let all: Vec<u64> = broken.iter().map(|broken| broken.seed).collect();
    let Broken { seed, reason } = &broken[0];
    println!("{reason}");
    let shorter = if setting("SIM_SHRINK") == Some(0) { None } else { shrink(Plan::of(*seed)) };
    match shorter {
        Some((plan, shorter)) => {
            println!("{shorter}\nmade shorter: {} steps of {} devices", plan.steps, plan.devices.len());
        }
        None => {
            println!("not shortened: only the main history can be (not calls, crews, restores), or SIM_SHRINK=0 is set")
        }
    }
    panic!("promises are broken by the seeds {all:?}: `cargo xtask sim --seed {seed}` runs the first again");
}

#[test]
fn a_failing_history_is_made_shorter_and_still_fails() {
    let plan = (0..12).map(|seed| Plan::with(seed, Mutant::Loses)).find(|plan| run(plan.clone()).is_err());
    let plan = plan.expect("a store that loses commits is detected");
    let (shorter, reason) = shrink(plan.clone()).expect("it fails");
    assert!(run(shorter.clone()).is_err(), "{shorter:?}");
    assert!(shorter.steps + shorter.sends + shorter.devices.len() < plan.steps + plan.sends + plan.devices.len());
    assert!(reason.contains(&format!("SIM_SEED={}", plan.seed)), "{reason}");
}

#[test]
fn several_threads_run_every_history_once() {
    let totals = run_all(100..108, 2, false);
    let totals = totals.unwrap_or_else(|broken| panic!("seed {}: {}", broken[0].seed, broken[0].reason));
    assert_eq!(totals.seeds, 8);
    assert!(totals.busy_client_ms > 0 && totals.client_ms > totals.busy_client_ms, "{totals:?}");
}

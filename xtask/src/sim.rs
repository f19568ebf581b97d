//! `cargo xtask sim`: any number of histories of the domain's simulation.

use crate::run::cargo;

/// Which histories to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many histories. [default: 10000, or 1 with --seed]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// The seed of the first.
    #[arg(long)]
    seed: Option<u64>,
    /// On how many threads. [default: one for each core]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    jobs: Option<u64>,
    /// Continues after a failure, and lists all seeds that fail.
    #[arg(long)]
    keep_going: bool,
}

/// Runs them.
pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let first = arguments.seed.unwrap_or(0);
    let seeds = arguments.seeds.unwrap_or(if arguments.seed.is_some() { 1 } else { 10_000 });
    if first.checked_add(seeds).is_none() {
        return Err(format!("--seed {first} leaves no room for --seeds {seeds}"));
    }
    let (first, seeds) = (first.to_string(), seeds.to_string());
    let jobs = arguments.jobs.map(|jobs| jobs.to_string());
    let mut variables = vec![("SIM_FIRST", first.as_str()), ("SIM_SEEDS", seeds.as_str())];
    variables.extend(jobs.as_deref().map(|jobs| ("SIM_JOBS", jobs)));
    if arguments.keep_going {
        variables.push(("SIM_GOES_ON", "1"));
    }
    let test = "many::as_many_histories_as_asked_keep_the_promise";
    let suite = ["test", "--profile", "simulation", "--package", "jobline-chat", "--test", "simulation", "--"];
    cargo(&[&suite[..], &["--ignored", "--exact", "--nocapture", test]].concat(), &variables)
}

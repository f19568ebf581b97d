//! `cargo xtask bench`: every figure of `docs/performance.md`, each the median of several runs, its goals, and its plots.

mod figures;
mod goals;
mod page;
mod plots;

use crate::run::{WITH_APP, cargo, root, run};
use figures::Figures;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const BEGIN: &str = "<!-- figures: written by `cargo xtask bench` -->\n";
const END: &str = "<!-- end of the figures -->\n";

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Messages stored before a measurement: the first is the least, and the last the most.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 100_000, 10_000_000])]
    messages: Vec<u64>,
    /// Seconds for each measurement.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How many times to take each measurement.
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// Live connections, measured with the second number of messages.
    #[arg(long, default_value_t = 10_000)]
    live: usize,
    /// Only writes the page, from the reports of an earlier run.
    #[arg(long)]
    page_only: bool,
}

/// Measures, and writes `docs/performance.md` and its plots.
pub(crate) fn bench(arguments: &Arguments) -> Result<(), String> {
    if !arguments.page_only {
        cargo(&["build", "--release", "--package", "jobline"], &[WITH_APP])?;
        for (place, messages) in arguments.messages.iter().enumerate() {
            measure(arguments, *messages, place == 1)?;
        }
    }
    let figures = arguments.messages.iter().map(|messages| read(*messages)).collect::<Result<Vec<_>, _>>()?;
    let [least, .., most] = figures.as_slice() else {
        return Err("--messages has to name two numbers at least".to_owned());
    };
    let middle = figures.get(1).unwrap_or(least);
    let goals = goals::all(least, middle, most);
    let text = page::write(&figures, &goals);
    println!("{text}");
    write_page(&text)?;
    plots::write(&figures, middle, &root().join("docs/pictures"))
}

/// The reports of a run, kept so that the page can be written again.
fn kept(messages: u64) -> PathBuf {
    root().join(format!("target/bench/{messages}.json"))
}

fn measure(arguments: &Arguments, messages: u64, with_live: bool) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("target/bench: {error}");
    let path = kept(messages);
    fs::create_dir_all(root().join("target/bench")).map_err(failed)?;
    let mut options = format!("--messages {messages} --seconds {} --runs {}", arguments.seconds, arguments.runs);
    if with_live {
        options += &format!(" --pollers 1000 --live-connections {}", arguments.live);
    }
    let line = format!("jobline bench {options} --connections 1,64 --json");
    let out = fs::File::create(&path).map_err(failed)?;
    let mut command = Command::new(root().join("target/release/jobline"));
    command.arg("bench").args(options.split(' ')).args(["--connections", "1,64", "--json", "--folder", "target/bench"]);
    run(&line, command.stdout(Stdio::from(out)))
}

fn read(messages: u64) -> Result<Figures, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", kept(messages).display());
    let text = fs::read_to_string(kept(messages)).map_err(|error| failed(&error))?;
    let reports: Vec<Value> = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    Ok(Figures::new(messages, reports))
}

fn write_page(text: &str) -> Result<(), String> {
    let path = root().join("docs/performance.md");
    let page = fs::read_to_string(&path).map_err(|error| format!("docs/performance.md: {error}"))?;
    let (before, rest) = page.split_once(BEGIN).ok_or("docs/performance.md has no beginning of the figures")?;
    let (_, after) = rest.split_once(END).ok_or("docs/performance.md has no end of the figures")?;
    fs::write(path, format!("{before}{BEGIN}\n{text}\n{END}{after}"))
        .map_err(|error| format!("docs/performance.md: {error}"))
}

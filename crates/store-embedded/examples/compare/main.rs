//! Which embedded database: fjall, SQLite or redb, each with durable commits, in one run on one disk.
//!
//! ```text
//! cargo run --release -p jobline-store-embedded --example compare [FOLDER]
//! ```
//!
//! `ROWS` in the environment sets how many rows are loaded for the starts (1000000), `ENGINES` which engines take part.
//! Prints the table of `docs/decisions/0002-embedded-engine.md`. The engine of this crate, which is fjall with conditions, an
//! expiry index and a state file, is measured with them. Every measurement runs in a separate process, so that its memory is
//! that of one engine.

mod engines;
mod load;

use load::{child, millis};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;
pub(crate) type Rows = Vec<(Vec<u8>, Vec<u8>)>;

const ENGINES: [&str; 4] = ["fjall", "sqlite", "redb", "jobline"];
pub(crate) const RUN: Duration = Duration::from_secs(5);
pub(crate) const CLIENTS: usize = 64;

type Figures = BTreeMap<String, f64>;

/// Runs one measurement in a separate process; with `kill`, that process is killed when it has loaded.
fn measure(engine: &str, what: &str, folder: &Path, kill: bool) -> Result<Figures> {
    let mut process = Command::new(std::env::current_exe()?)
        .args([engine, what])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut figures = Figures::new();
    for line in BufReader::new(process.stdout.take().ok_or("no output")?).lines() {
        let line = line?;
        let Some((name, figure)) = line.split_once(' ') else { continue };
        if name == "loaded" {
            if kill {
                process.kill()?;
            } else if let Some(mut input) = process.stdin.take() {
                input.write_all(b"close\n")?;
            }
        }
        figures.insert(name.into(), figure.parse()?);
    }
    process.wait()?;
    Ok(figures)
}

/// Megabytes that the files in `folder` occupy.
fn size(folder: &Path) -> Result<f64> {
    let mut bytes = 0.0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.metadata()?;
        bytes += if found.is_dir() { size(&entry.path())? } else { found.blocks() as f64 * 512.0 / 1e6 };
    }
    Ok(bytes)
}

/// Milliseconds of one `fdatasync` after a page was appended: the minimum for a durable commit.
fn bare_sync(folder: &Path) -> Result<(f64, f64)> {
    let file = File::create(folder.join("bare"))?;
    let mut times = Vec::new();
    for page in 0..500 {
        file.write_all_at(&[7; 4096], page * 4096)?;
        let begin = Instant::now();
        file.sync_data()?;
        times.push(millis(begin.elapsed()));
    }
    times.sort_by(f64::total_cmp);
    Ok((times[times.len() / 2], times[times.len() * 99 / 100]))
}

fn all_figures(engine: &str, folder: &Path) -> Result<Figures> {
    let mut all = Figures::new();
    let place = folder.join(engine);
    for what in ["clients", "300", "1000"] {
        fs::create_dir_all(&place)?;
        add(&mut all, what, measure(engine, what, &place, false)?);
        fs::remove_dir_all(&place)?;
    }
    for (what, kill) in [("clean", false), ("kill", true)] {
        fs::create_dir_all(&place)?;
        add(&mut all, what, measure(engine, "load", &place, kill)?);
        all.insert(format!("{what} size"), size(&place)?);
        add(&mut all, &format!("after {what}"), measure(engine, "start", &place, false)?);
        fs::remove_dir_all(&place)?;
    }
    Ok(all)
}

fn add(all: &mut Figures, what: &str, figures: Figures) {
    all.extend(figures.into_iter().map(|(name, figure)| (format!("{what} {name}"), figure)));
}

/// One line for each figure: absolute, and as a ratio to the first engine's.
fn print(names: &[&str], figures: &[Figures]) {
    println!("| | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
    let lines = [
        ("rows/s, 64 clients waiting for one row each", "clients rows"),
        ("rows/s, batches of 64 × 5 rows of 300 B", "300 rows"),
        ("… slowest batch of 100, ms", "300 p99"),
        ("… slowest batch, ms", "300 worst"),
        ("rows/s, batches of 64 × 5 rows of 1 KB", "1000 rows"),
        ("… slowest batch of 100, ms", "1000 p99"),
        ("… slowest batch, ms", "1000 worst"),
        ("loaded rows: memory after loading, MB", "clean memory"),
        ("loaded rows: files, MB", "clean size"),
        ("loaded rows: start after a clean close, ms", "after clean start"),
        ("loaded rows: start after kill -9, ms", "after kill start"),
        ("loaded rows: memory after that start, MB", "after kill memory"),
    ];
    for (label, name) in lines {
        let all: Vec<f64> = figures.iter().map(|figures| figures.get(name).copied().unwrap_or(f64::NAN)).collect();
        let cells = all.iter().map(|figure| format!("{} ({:.2})", short(*figure), figure / all[0]));
        println!("| {label} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    let found = figures
        .iter()
        .all(|figures| ["after clean found", "after kill found"].iter().all(|name| figures[*name] == 1.0));
    println!("\nevery row looked for was there after every start: {found}");
}

fn short(figure: f64) -> String {
    if figure >= 1000.0 { format!("{:.0}k", figure / 1000.0) } else { format!("{figure:.1}") }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [engine, what, folder] = &arguments[..] {
        return child(engine, what, Path::new(folder));
    }
    let parent = arguments.first().map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let folder = tempfile::tempdir_in(parent)?;
    let (median, p99) = bare_sync(folder.path())?;
    println!("bare fdatasync: {median:.2} ms median, {p99:.2} ms p99\n");
    let only = std::env::var("ENGINES").ok();
    let mut engines = ENGINES.to_vec();
    engines.retain(|engine| only.as_ref().is_none_or(|only| only.contains(engine)));
    let mut figures = Vec::new();
    for engine in &engines {
        eprintln!("measuring {engine}");
        figures.push(all_figures(engine, folder.path())?);
    }
    print(&engines, &figures);
    Ok(())
}

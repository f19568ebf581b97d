//! Which embedded database: fjall, SQLite or redb, each with durable commits, in one run on one disk.
//!
//! ```text
//! cargo run --release -p jobline-store-embedded --example compare [FOLDER]
//! ```
//!
//! `ROWS` in the environment says how many rows are loaded for the starts (1000000), `ENGINES` which engines take part.
//! Prints the table of `docs/decisions/0002-embedded-engine.md`. The engine of this crate, which is fjall with conditions, an
//! expiry index and a state file, stands beside them. Every measurement has a process of its own, so that memory is one engine's.

use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use jobline_store::{Commit, Condition, Key, Store, Token};
use jobline_store_embedded::{EmbeddedStore, Options};
use redb::{ReadableDatabase, TableDefinition};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;
type Rows = Vec<(Vec<u8>, Vec<u8>)>;

const ENGINES: [&str; 4] = ["fjall", "sqlite", "redb", "jobline"];
const RUN: Duration = Duration::from_secs(5);
const CLIENTS: usize = 64;

/// What is compared: writing rows durably, and reading one.
trait Engine {
    fn write(&mut self, rows: Rows) -> Result<()>;
    fn read(&mut self, key: &[u8]) -> Result<bool>;
    fn close(self: Box<Self>);
}

fn open(name: &str, folder: &Path) -> Result<Box<dyn Engine>> {
    Ok(match name {
        "fjall" => Box::new(Fjall::open(folder)?),
        "sqlite" => Box::new(Sqlite::open(folder)?),
        "redb" => Box::new(Redb::open(folder)?),
        _ => Box::new(Jobline::open(folder)?),
    })
}

struct Fjall(Database, Keyspace);

impl Fjall {
    fn open(folder: &Path) -> Result<Self> {
        let database = Database::builder(folder)
            .cache_size(8 << 20)
            .journal_compression(CompressionType::None)
            .worker_threads(2)
            .open()?;
        let rows = database.keyspace("rows", || KeyspaceCreateOptions::default().max_memtable_size(8 << 20))?;
        Ok(Self(database, rows))
    }
}

impl Engine for Fjall {
    fn write(&mut self, rows: Rows) -> Result<()> {
        let mut batch = self.0.batch().durability(Some(PersistMode::SyncData));
        rows.into_iter().for_each(|(key, value)| batch.insert(&self.1, key, value));
        Ok(batch.commit()?)
    }

    fn read(&mut self, key: &[u8]) -> Result<bool> {
        Ok(self.1.get(key)?.is_some())
    }

    fn close(self: Box<Self>) {}
}

struct Sqlite(Connection);

impl Sqlite {
    fn open(folder: &Path) -> Result<Self> {
        let connection = Connection::open(folder.join("sqlite"))?;
        connection.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192;
             CREATE TABLE IF NOT EXISTS rows (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;",
        )?;
        Ok(Self(connection))
    }
}

impl Engine for Sqlite {
    fn write(&mut self, rows: Rows) -> Result<()> {
        let transaction = self.0.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO rows VALUES (?1, ?2)")?;
            for row in rows {
                insert.execute(row)?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn read(&mut self, key: &[u8]) -> Result<bool> {
        Ok(self.0.prepare_cached("SELECT 1 FROM rows WHERE key = ?1")?.exists([key])?)
    }

    fn close(self: Box<Self>) {}
}

const TABLE: TableDefinition<&[u8], &[u8]> = TableDefinition::new("rows");

struct Redb(redb::Database);

impl Redb {
    fn open(folder: &Path) -> Result<Self> {
        Ok(Self(redb::Builder::new().set_cache_size(16 << 20).create(folder.join("redb"))?))
    }
}

impl Engine for Redb {
    fn write(&mut self, rows: Rows) -> Result<()> {
        let transaction = self.0.begin_write()?;
        {
            let mut table = transaction.open_table(TABLE)?;
            for (key, value) in &rows {
                table.insert(key.as_slice(), value.as_slice())?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn read(&mut self, key: &[u8]) -> Result<bool> {
        Ok(self.0.begin_read()?.open_table(TABLE)?.get(key)?.is_some())
    }

    fn close(self: Box<Self>) {}
}

struct Jobline {
    store: EmbeddedStore,
    runtime: tokio::runtime::Runtime,
    token: u128,
}

impl Jobline {
    fn open(folder: &Path) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(Self { store: EmbeddedStore::open(folder, Options::default())?, runtime, token: 0 })
    }
}

impl Engine for Jobline {
    /// Commits of five rows, at once, so that they form a group as those of concurrent callers do.
    fn write(&mut self, rows: Rows) -> Result<()> {
        let mut commits = Vec::new();
        for rows in rows.chunks(5) {
            self.token += 1;
            let mut commit = Commit::builder(Token(self.token));
            for (key, value) in rows {
                commit = commit.put(port_key(key)?, Condition::Absent, value.clone(), None);
            }
            commits.push(commit.build()?);
        }
        let store = &self.store;
        self.runtime.block_on(async {
            // Each is queued when it is polled first.
            let mut waiting: Vec<_> = commits.iter().map(|commit| store.commit(commit)).collect();
            let mut done = Vec::new();
            std::future::poll_fn(|context| {
                waiting.retain_mut(|commit| match commit.as_mut().poll(context) {
                    std::task::Poll::Ready(outcome) => {
                        done.push(outcome);
                        false
                    }
                    std::task::Poll::Pending => true,
                });
                if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
            })
            .await;
            done.into_iter().try_for_each(|outcome| outcome.map(drop))
        })?;
        Ok(())
    }

    fn read(&mut self, key: &[u8]) -> Result<bool> {
        let key = port_key(key)?;
        Ok(self.runtime.block_on(self.store.get(&key, jobline_store::Consistency::Strong))?.is_some())
    }

    fn close(self: Box<Self>) {
        self.runtime.block_on(self.store.close());
    }
}

fn port_key(key: &[u8]) -> Result<Key> {
    let text = std::str::from_utf8(key)?;
    let (partition, sort) = text.split_once('\0').ok_or("a key has two parts")?;
    Ok(Key::new(partition, sort))
}

/// Row `number`: as messages of ten thousand conversations come in.
fn row(number: u64, bytes: usize) -> (Vec<u8>, Vec<u8>) {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let key = format!("CONVERSATION#conv_{:04}\0MESSAGE#2026-01-01T{number:012}#{mixed:016x}", (mixed >> 40) % 10_000);
    let mut value = format!("{{\"v\":1,\"number\":{number},\"content\":\"");
    let mut state = mixed | 1;
    while value.len() + 2 < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        value.push(char::from(b'a' + (state % 26) as u8));
    }
    value.push_str("\"}");
    (key.into_bytes(), value.into_bytes())
}

/// Rows a second when 64 clients each wait for one row, and what is queued is written together.
fn clients(engine: &mut dyn Engine) -> Result<f64> {
    let (submit, queue) = mpsc::channel::<((Vec<u8>, Vec<u8>), mpsc::SyncSender<()>)>();
    let begin = Instant::now();
    let mut written = 0u64;
    std::thread::scope(|scope| {
        for client in 0..CLIENTS as u64 {
            let submit = submit.clone();
            scope.spawn(move || {
                let (reply, answer) = mpsc::sync_channel(1);
                let mut number = client;
                while begin.elapsed() < RUN && submit.send((row(number, 300), reply.clone())).is_ok() {
                    if answer.recv().is_err() {
                        return;
                    }
                    number += CLIENTS as u64;
                }
            });
        }
        drop(submit);
        while let Ok(first) = queue.recv() {
            let (rows, replies): (Rows, Vec<_>) = std::iter::once(first).chain(queue.try_iter()).unzip();
            written += rows.len() as u64;
            engine.write(rows)?;
            replies.iter().try_for_each(|reply| reply.send(()))?;
        }
        Ok::<_, Box<dyn Error>>(())
    })?;
    Ok(written as f64 / begin.elapsed().as_secs_f64())
}

/// Rows a second in batches of 64 commits of five rows; the slowest of a hundred batches, and the slowest.
fn batches(engine: &mut dyn Engine, bytes: usize) -> Result<(f64, Duration, Duration)> {
    let (mut number, mut busy, mut times) = (0, Duration::ZERO, Vec::new());
    while busy < RUN {
        let rows: Rows = (0..64 * 5).map(|offset| row(number + offset, bytes)).collect();
        number += 64 * 5;
        let begin = Instant::now();
        engine.write(rows)?;
        times.push(begin.elapsed());
        busy += begin.elapsed();
    }
    times.sort();
    Ok((number as f64 / busy.as_secs_f64(), times[times.len() * 99 / 100], times[times.len() - 1]))
}

fn child(engine_name: &str, what: &str, folder: &Path) -> Result<()> {
    let begin = Instant::now();
    let mut engine = open(engine_name, folder)?;
    match what {
        "clients" => println!("rows {}", clients(&mut *engine)?),
        "300" | "1000" => {
            let (rows, p99, worst) = batches(&mut *engine, what.parse()?)?;
            println!("rows {rows}\np99 {}\nworst {}", millis(p99), millis(worst));
        }
        "load" => {
            for first in (0..load_rows()).step_by(1000) {
                engine.write((first..first + 1000).map(|number| row(number, 300)).collect())?;
            }
            println!("memory {}\nloaded 1", memory()?);
            std::io::stdout().flush()?;
            // Closes when told to; killed otherwise.
            if std::io::stdin().lines().next().is_some() {
                engine.close();
            }
            return Ok(());
        }
        _ => {
            let found = engine.read(&row(load_rows() - 1, 300).0)? && engine.read(&row(7, 300).0)?;
            println!("start {}\nfound {}", millis(begin.elapsed()), u8::from(found));
            println!("memory {}", memory()?);
        }
    }
    Ok(())
}

/// Rows for the measurements of starts, memory and files.
fn load_rows() -> u64 {
    std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Resident memory of this process in MB.
fn memory() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_ascii_whitespace().nth(1).ok_or("no number")?.parse::<f64>()? / 1024.0)
}

type Figures = BTreeMap<String, f64>;

/// Runs one measurement in a process of its own; with `kill`, that process is killed when it has loaded.
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

/// Milliseconds of one `fdatasync` after a page was appended: the least that a durable commit can take.
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

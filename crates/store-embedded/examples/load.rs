//! Measures the engine under sends as the server makes them: two reads, then a commit of five rows with conditions.
//!
//! ```text
//! cargo run --release -p jobline-store-embedded --example load -- [CLIENTS] [SECONDS] [FOLDER]
//! ```
//!
//! The environment may set `WORKERS` (threads of the database) and `MEMTABLE` (MB). Prints sends a second, how long commits
//! took, memory, how long reading cached rows and ranges takes, and how often reads from the disk and from the system's
//! memory make their caller's thread wait, with and without a budget.

use jobline_store::{Commit, Condition, Consistency, Key, Outcome, Range, Store, Token, Version};
use jobline_store_embedded::{EmbeddedStore, Options};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let clients = arguments.next().map_or(Ok(64), |text| text.parse())?;
    let seconds = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let parent = arguments.next().map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let folder = tempfile::tempdir_in(parent)?;
    let mut options = Options::default();
    if let Ok(workers) = std::env::var("WORKERS") {
        options.worker_threads = workers.parse()?;
    }
    if let Ok(megabytes) = std::env::var("MEMTABLE") {
        options.memtable_bytes = megabytes.parse::<u64>()? << 20;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let store = EmbeddedStore::open(folder.path(), options.clone())?;
        println!("memory when opened: {:.1} MB", memory()?);
        send(&store, clients, Duration::from_secs(seconds)).await?;
        println!("memory after that: {:.1} MB, at most {:.1} MB", memory()?, status("VmHWM:")?);
        read(&store).await?;
        let begin = Instant::now();
        store.close().await;
        drop(store);
        println!("close: {:.1} ms", millis(begin.elapsed()));
        let begin = Instant::now();
        let store = EmbeddedStore::open(folder.path(), options.clone())?;
        println!("open: {:.1} ms", millis(begin.elapsed()));
        drop(store);
        compare_budgets(folder.path(), &options, clients).await
    })
}

async fn send(store: &EmbeddedStore, clients: u64, time: Duration) -> Result<()> {
    let deadline = Instant::now() + time;
    let tasks = (0..clients).map(|client| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut times = Vec::new();
            let mut versions = [None; 50];
            let mut number = 0;
            while Instant::now() < deadline {
                let slot = number as usize % versions.len();
                let token = Token(rand::random());
                times.push(send_one(&store, client * 50 + slot as u64, number, versions[slot], token).await?);
                versions[slot] = Some(token.version());
                number += 1;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(times)
        })
    });
    let (begin, before) = (Instant::now(), processor()?);
    let mut times = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        times.extend(task.await??);
    }
    let rate = times.len() as f64 / begin.elapsed().as_secs_f64();
    times.sort();
    let at = |part: usize| millis(times[(times.len() * part / 1000).min(times.len() - 1)]);
    let cpu = (processor()? - before) * 1e6 / times.len() as f64;
    println!(
        "{clients} clients: {rate:.0} sends/s, {cpu:.1} µs of processor each; a commit took {:.2} ms median, {:.2} p99, {:.2} p999, {:.2} at most",
        at(500),
        at(990),
        at(999),
        at(1000)
    );
    Ok(())
}

/// A send of the domain: reads the conversation and the sender, then writes both, the message, and two index rows.
async fn send_one(
    store: &EmbeddedStore,
    conversation: u64,
    number: u64,
    seen: Option<Version>,
    token: Token,
) -> Result<Duration> {
    let partition = partition(conversation);
    let (head, user) = (Key::new(&*partition, &*partition), Key::new(format!("USER#{conversation:06}"), "HEAD"));
    store.get_many(&[head.clone(), user.clone()], Consistency::Strong).await?;
    let condition = seen.map_or(Condition::Absent, Condition::Version);
    let commit = Commit::builder(token)
        .put(head, condition, text(400), None)
        .put(Key::new(&*partition, format!("MESSAGE#2026-01-01T{number:012}")), Condition::Absent, text(450), None)
        .put(Key::new(&*partition, format!("SENT#{conversation}#{number:012}")), Condition::Absent, text(100), None)
        .put(user, Condition::Any, text(300), None)
        .put(Key::new(format!("USER#other-{conversation:06}"), "HEAD"), Condition::Any, text(300), None)
        .build()?;
    let begin = Instant::now();
    let outcome = store.commit(&commit).await?;
    if outcome != Outcome::Committed {
        return Err(format!("{outcome:?}").into());
    }
    Ok(begin.elapsed())
}

fn text(bytes: usize) -> String {
    let mut state: u64 = rand::random();
    let letter = |_| {
        state = state.rotate_left(5).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        char::from(b'a' + (state % 26) as u8)
    };
    (0..bytes).map(letter).collect()
}

async fn read(store: &EmbeddedStore) -> Result<()> {
    const READS: u32 = 20_000;
    let hot = Key::new("USER#000001", "HEAD");
    let begin = Instant::now();
    for _ in 0..READS {
        store.get(&hot, Consistency::Eventual).await?;
    }
    println!("a hot row: {:.2} µs", begin.elapsed().as_secs_f64() * 1e6 / f64::from(READS));
    for (rows, limit) in [(50, 50), (200, 256), (200, 257)] {
        let (mut slowest, begin) = (Duration::ZERO, Instant::now());
        let mut found = 0;
        for conversation in 0..2000u64 {
            let begin = Instant::now();
            let mut range = Range::prefix(partition(conversation), "MESSAGE#", limit);
            range.limit = limit.max(rows);
            found += store.range(&range).await?.rows.len();
            slowest = slowest.max(begin.elapsed());
        }
        let place = if limit <= 256 { "in place" } else { "on a blocking thread" };
        let each = begin.elapsed().as_secs_f64() * 1e6 / 2000.0;
        println!("a range of {} rows {place}: {each:.0} µs, {:.2} ms at most", found / 2000, millis(slowest));
    }
    hop().await
}

/// Reads from the disk, then the same from the page cache, alternately without and with a budget for reading in place.
async fn compare_budgets(folder: &Path, options: &Options, clients: u64) -> Result<()> {
    // No caches, so that every read goes to the database.
    let caches = Options { row_cache_bytes: 0, range_cache_bytes: 0, block_cache_bytes: 0, ..options.clone() };
    for round in 0..3 {
        for (name, in_place) in [("without a budget", Duration::from_secs(3600)), ("with the budget", options.in_place)]
        {
            let store = EmbeddedStore::open(folder, Options { in_place, ..caches.clone() })?;
            forget_pages(folder)?;
            for from in ["the disk", "memory"] {
                read_all(&store, clients, &format!("round {round}, {name}, from {from}")).await?;
            }
        }
    }
    Ok(())
}

async fn read_all(store: &EmbeddedStore, clients: u64, what: &str) -> Result<()> {
    let (mut rows, mut ranges) = (Watched::default(), Watched::default());
    for client in 0..clients {
        let numbers = (0..50).map(|slot| client * 50 + slot);
        let heads: Vec<Key> = numbers.clone().map(|number| Key::new(partition(number), partition(number))).collect();
        rows.watch(store.get_many(&heads, Consistency::Eventual)).await??;
        for number in numbers {
            ranges.watch(store.range(&Range::prefix(partition(number), "MESSAGE#", 50))).await??;
        }
    }
    println!("{what}: 50 rows {rows}; a range {ranges}");
    Ok(())
}

fn partition(conversation: u64) -> String {
    format!("CONVERSATION#conv_{conversation:06}_{conversation:06}")
}

/// Drops the store's files from the page cache.
fn forget_pages(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            forget_pages(&path)?;
        } else {
            rustix::fs::fadvise(std::fs::File::open(path)?, 0, None, rustix::fs::Advice::DontNeed)?;
        }
    }
    Ok(())
}

/// How long reads took, and how often the thread that polled them waited for the disk or for a lock meanwhile.
#[derive(Default)]
struct Watched {
    reads: u32,
    time: Duration,
    waits: u64,
    most_waits: u64,
}

impl Watched {
    async fn watch<T>(&mut self, read: impl Future<Output = T>) -> Result<T> {
        let begin = Instant::now();
        let (mut read, mut waits) = (pin!(read), 0);
        let output = std::future::poll_fn(|context| {
            let before = thread_waits();
            let polled = read.as_mut().poll(context);
            waits += thread_waits() - before;
            polled
        });
        let output = output.await;
        self.time += begin.elapsed();
        self.waits += waits;
        self.most_waits = self.most_waits.max(waits);
        self.reads += 1;
        Ok(output)
    }
}

/// How often this thread gave up its processor to wait.
fn thread_waits() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.and_then(|count| count.trim().parse().ok()).unwrap_or_default()
}

impl std::fmt::Display for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let reads = f64::from(self.reads.max(1));
        let (each, waits) = (self.time.as_secs_f64() * 1e6 / reads, self.waits as f64 / reads);
        write!(f, "{each:.0} µs with {waits:.1} waits of the caller's thread, {} at most", self.most_waits)
    }
}

/// What moving a read to another thread costs by itself.
async fn hop() -> Result<()> {
    let counter = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    for _ in 0..5000 {
        let counter = Arc::clone(&counter);
        tokio::task::spawn_blocking(move || counter.fetch_add(1, Ordering::Relaxed)).await?;
    }
    println!("a hop to a blocking thread and back: {:.1} µs", begin.elapsed().as_secs_f64() * 1e6 / 5000.0);
    Ok(())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn memory() -> Result<f64> {
    status("VmRSS:")
}

/// A line of this process's status, in MB.
fn status(name: &str) -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// Seconds of processor time that this process has taken.
fn processor() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit_once(") ").ok_or("no name")?.1;
    let ticks = after_name.split(' ').skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<std::result::Result<f64, _>>()? / 100.0)
}

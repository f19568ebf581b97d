//! The printed report.

use super::args::BenchArgs;
use super::dataset::BATCH;
use super::live::Live;
use super::load::Figures;
use super::pollers::Polled;
use super::rounds::Measured;
use super::units::{megabytes, micros, time};
use serde::Serialize;
use std::fmt::Write;
use std::time::Duration;

/// All figures. Times are in microseconds unless their name says otherwise.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    version: &'static str,
    cpus: usize,
    seconds: f64,
    shared: bool,
    messages: u64,
    fill_seconds: f64,
    start_ms: Option<f64>,
    /// The same after the program was killed while messages were sent.
    recovery_ms: Option<f64>,
    fdatasync_p50_us: f64,
    rows: Vec<Row>,
    paced: Vec<Paced>,
    /// Memory of the server after an orderly start, and after the load.
    pub idle: Option<u64>,
    pub resident: Option<u64>,
    pub pollers: Option<Polled>,
    pub live: Option<Live>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    connections: usize,
    what: &'static str,
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
    longest_us: f64,
    requests: u64,
    /// The row that the rate is compared with, and the ratio to it.
    compared_with: Option<(&'static str, f64)>,
}

/// Sends at a fixed rate.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Paced {
    connections: usize,
    /// The share of the highest rate.
    share: f64,
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
    p999_us: f64,
    longest_us: f64,
}

/// Names of rows that others are compared with.
const GET: &str = "hello GET, bare";
const POST: &str = "hello POST, bare";
const IDLE: &str = "idle bytes, bare";
const PAGE: &str = "page bytes, bare";
const LOG: &str = "bare log, grouped";
const SEND: &str = "durable send";

impl Report {
    pub(super) fn new(args: &BenchArgs) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            seconds: args.seconds,
            shared: args.shared,
            messages: 0,
            fill_seconds: 0.0,
            start_ms: None,
            recovery_ms: None,
            fdatasync_p50_us: 0.0,
            rows: Vec::new(),
            paced: Vec::new(),
            idle: None,
            resident: None,
            pollers: None,
            live: None,
        }
    }

    pub(super) fn filled(&mut self, messages: u64, took: Duration) {
        self.messages = messages;
        self.fill_seconds = took.as_secs_f64();
    }

    pub(super) fn started(&mut self, took: Duration) {
        self.start_ms = Some(took.as_secs_f64() * 1e3);
    }

    pub(super) fn recovered(&mut self, took: Duration) {
        self.recovery_ms = Some(took.as_secs_f64() * 1e3);
    }

    /// Keeps the first measured sync, which a send of a single connection is compared with.
    pub(super) fn add(&mut self, connections: usize, measured: &Measured) {
        if self.rows.is_empty() {
            self.fdatasync_p50_us = micros(measured.sync.percentile(50.0));
        }
        let mut add = |what, figures: &Figures, compared: &[(&'static str, &Figures)]| {
            let ratio = |(name, with): &(&'static str, &Figures)| (*name, figures.per_second() / with.per_second());
            self.rows.push(Row {
                connections,
                what,
                per_second: figures.per_second(),
                p50_us: micros(figures.times.percentile(50.0)),
                p99_us: micros(figures.times.percentile(99.0)),
                longest_us: micros(figures.times.longest()),
                requests: figures.times.total(),
                compared_with: compared.first().map(ratio),
            });
        };
        let Measured { polls, .. } = measured;
        let (get, idle) = ([(GET, &measured.bare_get)], [(IDLE, &measured.bare_idle)]);
        add(GET, &measured.bare_get, &[]);
        add("hello GET", &measured.get, &get);
        add(IDLE, &measured.bare_idle, &[]);
        add("idle poll", &polls.list, &idle);
        add("idle sync", &polls.sync, &idle);
        add("idle poll, tRPC", &polls.trpc, &idle);
        add("10 in a batch", &polls.batch, &[]);
        add(PAGE, &measured.bare_page, &[]);
        add("poll of 50", &polls.page, &[(PAGE, &measured.bare_page)]);
        add(POST, &measured.bare_post, &[]);
        add("hello POST", &measured.post, &[(POST, &measured.bare_post)]);
        add(LOG, &measured.log, &[]);
        add(SEND, &measured.send, &[(POST, &measured.bare_post)]);
        add("send to 50", &measured.crew, &[(SEND, &measured.send)]);
        // These end early, so only their latencies count.
        add("react", &measured.react, &[]);
        add("edit", &measured.edit, &[]);
        add("a third of a file", &measured.upload, &[]);
        add("mix", &measured.mix, &[]);
        for (share, figures) in &measured.paced {
            self.paced.push(Paced {
                connections,
                share: *share,
                per_second: figures.per_second(),
                p50_us: micros(figures.times.percentile(50.0)),
                p99_us: micros(figures.times.percentile(99.0)),
                p999_us: micros(figures.times.percentile(99.9)),
                longest_us: micros(figures.times.longest()),
            });
        }
    }

    pub(super) fn table(&self) -> String {
        let mut text = String::new();
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let Self { version, cpus, seconds, messages, .. } = self;
        writeln!(
            text,
            "jobline {version}, {cpus} CPUs for server and load, {seconds} s each, {messages} messages stored"
        )?;
        if self.shared {
            writeln!(text, "all senders write into one conversation")?;
        }
        writeln!(
            text,
            "\n{:>11}  {:<20} {:>10} {:>10} {:>10} {:>10}",
            "connections", "what", "per second", "p50", "p99", "longest"
        )?;
        for row in &self.rows {
            let ratio =
                row.compared_with.map_or(String::new(), |(with, ratio)| format!("  {:.0} % of {with}", ratio * 100.0));
            let Row { connections, what, per_second, p50_us, p99_us, longest_us, .. } = row;
            let (p50, p99, longest) = (time(*p50_us), time(*p99_us), time(*longest_us));
            writeln!(
                text,
                "{connections:>11}  {what:<20} {per_second:>10.0} {p50:>10} {p99:>10} {longest:>10}{ratio}"
            )?;
        }
        self.write_paced(text)?;
        self.write_sends(text)?;
        self.write_trpc(text)?;
        if let (Some(start), Some(recovery)) = (self.start_ms, self.recovery_ms) {
            writeln!(text, "start until the first answer:  {start:.0} ms; killed while written to: {recovery:.0} ms")?;
        }
        writeln!(text, "storing the messages took:     {:.1} s", self.fill_seconds)?;
        if let (Some(idle), Some(resident)) = (self.idle, self.resident) {
            let (idle, resident) = (megabytes(idle), megabytes(resident));
            writeln!(
                text,
                "memory of the server:          {idle} MB after an orderly start, {resident} MB after the load"
            )?;
        }
        if let Some(polled) = &self.pollers {
            let (before, during) = (polled.resident_before.unwrap_or(0), polled.resident.unwrap_or(0));
            let (before, during) = (megabytes(before), megabytes(during));
            let (p50, p99) = (time(polled.p50_us), time(polled.p99_us));
            let count = polled.connections;
            writeln!(
                text,
                "the server alone: {during} MB with {count} connections polling ({before} MB before), p50 {p50}, p99 {p99}"
            )?;
        }
        self.live.as_ref().map_or(Ok(()), |live| live.write(text))
    }

    /// The latency of sends that are due at fixed times.
    fn write_paced(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "\nsends at a fixed rate, each from when it was due:")?;
        for Paced { connections, share, per_second, p50_us, p99_us, p999_us, longest_us } in &self.paced {
            let (p50, p99, p999, longest) = (time(*p50_us), time(*p99_us), time(*p999_us), time(*longest_us));
            let share = share * 100.0;
            writeln!(
                text,
                "{connections:>11}  {share:.0} % of the highest rate {per_second:>10.0} {p50:>10} {p99:>10} {p999:>10} (p999) {longest:>10}"
            )?;
        }
        Ok(())
    }

    /// Sends, compared with the limit of the disk.
    fn write_sends(&self, text: &mut String) -> std::fmt::Result {
        let sync = self.fdatasync_p50_us;
        writeln!(text, "\nfdatasync alone, p50:          {}", time(sync))?;
        for row in self.rows.iter().filter(|row| row.what == SEND) {
            let log = self.rows.iter().find(|log| log.connections == row.connections && log.what == LOG);
            let of_log = log.map_or(0.0, |log| row.per_second / log.per_second * 100.0);
            let Row { connections, p50_us, p99_us, .. } = row;
            let (p50, p99) = (p50_us / sync, p99_us / sync);
            writeln!(
                text,
                "{connections:>4} connections: sends are {of_log:.0} % of the bare log; p50 {p50:.1} and p99 {p99:.1} of fdatasync"
            )?;
        }
        Ok(())
    }

    /// The cost of calls by tRPC, compared with the same calls by REST.
    fn write_trpc(&self, text: &mut String) -> std::fmt::Result {
        for Row { connections, per_second: rest, .. } in self.rows.iter().filter(|row| row.what == "idle poll") {
            let at = |what: &str| self.rows.iter().find(|row| row.connections == *connections && row.what == what);
            let (Some(trpc), Some(batch)) = (at("idle poll, tRPC"), at("10 in a batch")) else { continue };
            let (trpc, batch) = (rest / trpc.per_second, rest / batch.per_second / BATCH as f64);
            writeln!(
                text,
                "{connections:>4} connections: a poll by tRPC takes {trpc:.2} of one by REST, ten in a batch {batch:.2} of ten"
            )?;
        }
        Ok(())
    }
}

/// The reports as a JSON array.
pub(super) fn json(reports: &[Report]) -> String {
    serde_json::to_string_pretty(reports).map(|text| text + "\n").unwrap_or_default()
}

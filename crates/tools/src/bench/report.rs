//! The printed report.

use super::args::BenchArgs;
use super::dataset::BATCH;
use super::load::Figures;
use super::pollers::Polled;
use super::rounds::Measured;
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
    pub resident: Option<u64>,
    pub pollers: Option<Polled>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    connections: usize,
    what: &'static str,
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
    requests: u64,
    /// Requests a second, divided by those of hello-world on axum alone with the same method.
    to_hello: Option<f64>,
}

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
            resident: None,
            pollers: None,
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
            self.fdatasync_p50_us = micros(measured.sync.percentile(50));
        }
        let mut add = |what, figures: &Figures, baseline: Option<&Figures>| {
            self.rows.push(Row {
                connections,
                what,
                per_second: figures.per_second(),
                p50_us: micros(figures.times.percentile(50)),
                p99_us: micros(figures.times.percentile(99)),
                requests: figures.times.total(),
                to_hello: baseline.map(|baseline| figures.per_second() / baseline.per_second()),
            });
        };
        add("hello GET, bare", &measured.bare_get, None);
        add("hello GET", &measured.get, Some(&measured.bare_get));
        add("idle poll", &measured.idle, Some(&measured.bare_get));
        add("idle poll, tRPC", &measured.trpc, Some(&measured.bare_get));
        add("10 in a batch", &measured.batch, None);
        add("poll of 50", &measured.page, Some(&measured.bare_get));
        add("hello POST, bare", &measured.bare_post, None);
        add("hello POST", &measured.post, Some(&measured.bare_post));
        add("durable send", &measured.send, Some(&measured.bare_post));
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
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
            "\n{:>11}  {:<16} {:>10} {:>10} {:>10}  to hello",
            "connections", "what", "per second", "p50", "p99"
        )?;
        for row in &self.rows {
            let ratio = row.to_hello.map_or(String::new(), |ratio| format!("{:>7.0} %", ratio * 100.0));
            let Row { connections, what, per_second, p50_us, p99_us, .. } = row;
            let (p50, p99) = (time(*p50_us), time(*p99_us));
            writeln!(text, "{connections:>11}  {what:<16} {per_second:>10.0} {p50:>10} {p99:>10} {ratio}")?;
        }
        writeln!(text, "\nfdatasync alone, p50:          {}", time(self.fdatasync_p50_us))?;
        let lone = self.rows.iter().find(|row| row.connections == 1 && row.what == "durable send");
        if let Some(lone) = lone {
            let ratio = lone.p50_us / self.fdatasync_p50_us;
            writeln!(text, "one durable send alone, p50:   {}, {ratio:.2} of fdatasync", time(lone.p50_us))?;
        }
        self.write_trpc(text)?;
        if let (Some(start), Some(recovery)) = (self.start_ms, self.recovery_ms) {
            writeln!(text, "start until the first answer:  {start:.0} ms; killed while written to: {recovery:.0} ms")?;
        }
        writeln!(text, "storing the messages took:     {:.1} s", self.fill_seconds)?;
        if let Some(resident) = self.resident {
            writeln!(text, "memory of server and load:     {} MB", megabytes(resident))?;
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
        Ok(())
    }

    /// What calls by tRPC cost, beside the same calls by REST.
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

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn time(micros: f64) -> String {
    if micros < 1_000.0 { format!("{micros:.0} µs") } else { format!("{:.2} ms", micros / 1_000.0) }
}

fn megabytes(bytes: u64) -> u64 {
    bytes / (1 << 20)
}

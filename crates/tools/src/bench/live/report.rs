//! The printed report of live connections.

use super::herd::Back;
use super::quiet::Quiet;
use super::seen::Seen;
use crate::bench::histogram::Histogram;
use crate::bench::load::Figures;
use crate::bench::units::{micros, time};
use serde::Serialize;
use std::fmt::Write;

/// The figures. Times are in microseconds unless their name says otherwise.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::bench) struct Live {
    /// Connections whose memory was measured, and which reconnected.
    connections: usize,
    echo_p50_us: f64,
    echo_p99_us: f64,
    /// Messages on a live connection, one after the other.
    alone: Times,
    /// The same in `sync?wait=`.
    long_poll: Times,
    /// On live connections, with 1,000 sends a second.
    at_rate: Times,
    /// The rate of sends with 1,000 live connections, as a ratio to that without.
    sends_beside: f64,
    bytes: f64,
    echo_bytes: f64,
    /// Numbers of connections, each with the memory of the server in bytes; and of the echo server.
    memory: Vec<(usize, u64)>,
    echo_memory: Vec<(usize, u64)>,
    /// Processor time of a connection in a second.
    busy_us: f64,
    echo_busy_us: f64,
    /// From a restart until all are live.
    back_ms: f64,
    back_poll_p50_us: f64,
    back_poll_p99_us: f64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Times {
    accepted_p50_us: f64,
    accepted_p99_us: f64,
    sent_p50_us: f64,
    sent_p99_us: f64,
    messages: u64,
}

impl From<&Seen> for Times {
    fn from(seen: &Seen) -> Self {
        let at = |times: &Histogram, percent| micros(times.percentile(percent));
        Self {
            accepted_p50_us: at(&seen.from_accepted, 50.0),
            accepted_p99_us: at(&seen.from_accepted, 99.0),
            sent_p50_us: at(&seen.from_sent, 50.0),
            sent_p99_us: at(&seen.from_sent, 99.0),
            messages: seen.from_sent.total(),
        }
    }
}

impl Live {
    pub(super) fn new(
        connections: usize,
        echo: &Histogram,
        [alone, long_poll, at_rate]: [&Seen; 3],
        [without, with]: &[Figures; 2],
        [quiet, quiet_echo]: [&Quiet; 2],
        back: &Back,
    ) -> Self {
        Self {
            connections,
            echo_p50_us: micros(echo.percentile(50.0)),
            echo_p99_us: micros(echo.percentile(99.0)),
            alone: alone.into(),
            long_poll: long_poll.into(),
            at_rate: at_rate.into(),
            sends_beside: with.per_second() / without.per_second(),
            bytes: quiet.bytes(),
            echo_bytes: quiet_echo.bytes(),
            memory: quiet.memory.clone(),
            echo_memory: quiet_echo.memory.clone(),
            busy_us: micros(quiet.busy),
            echo_busy_us: micros(quiet_echo.busy),
            back_ms: micros(back.all_live) / 1e3,
            back_poll_p50_us: micros(back.polls.times.percentile(50.0)),
            back_poll_p99_us: micros(back.polls.times.percentile(99.0)),
        }
    }

    pub(in crate::bench) fn write(&self, text: &mut String) -> std::fmt::Result {
        let echo = self.echo_p50_us;
        writeln!(text, "\nlive: an echo takes {} (p50), {} (p99)", time(echo), time(self.echo_p99_us))?;
        let kinds =
            [("live, one alone", &self.alone), ("long poll, alone", &self.long_poll), ("live, 1,000/s", &self.at_rate)];
        for (what, times) in kinds {
            let [accepted, accepted_99] = [times.accepted_p50_us, times.accepted_p99_us].map(time);
            let [sent, sent_99] = [times.sent_p50_us, times.sent_p99_us].map(time);
            writeln!(
                text,
                "{what:>17}: seen {accepted} (p50), {accepted_99} (p99) after the answer, {sent} and {sent_99} after the send"
            )?;
        }
        let Self { connections, sends_beside, bytes, echo_bytes, busy_us, echo_busy_us, back_ms, .. } = self;
        writeln!(text, "sends beside 1,000 connections: {:.0} % of those without", sends_beside * 100.0)?;
        writeln!(
            text,
            "{connections} idle connections: {bytes:.0} bytes each (echo {echo_bytes:.0}), {busy_us:.2} µs of processor a second \
             (echo {echo_busy_us:.2})"
        )?;
        let [p50, p99] = [self.back_poll_p50_us, self.back_poll_p99_us].map(time);
        writeln!(text, "after a restart all are live in {back_ms:.0} ms; polls meanwhile p50 {p50}, p99 {p99}")
    }
}

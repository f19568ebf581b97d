//! The memory of a server while many connections poll it as clients do.

use super::client::Connection;
use super::histogram::Histogram;
use super::load::Caller;
use super::program::Program;
use futures_util::future::try_join_all;
use serde::Serialize;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How often a client polls while its conversation changes.
const EVERY: Duration = Duration::from_secs(3);

/// The measurement.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Polled {
    pub connections: usize,
    /// Memory of the server before the load, in bytes.
    pub resident_before: Option<u64>,
    /// Memory of the server while the connections poll, in bytes.
    pub resident: Option<u64>,
    pub p50_us: f64,
    pub p99_us: f64,
}

/// Lets `callers` poll `server` for `length`, each at least twice.
pub(super) async fn measure(
    server: &Program,
    callers: Vec<Box<dyn Caller>>,
    length: Duration,
) -> Result<Polled, String> {
    let (count, resident_before) = (callers.len(), server.resident());
    let end = Instant::now() + length.max(EVERY * 2);
    let tasks = callers.into_iter().enumerate().map(|(index, caller)| {
        // Spread over the interval, as with real clients.
        let first = EVERY.mul_f64(index as f64 / count as f64);
        tokio::spawn(poll(server.address, caller, first, end))
    });
    let results = try_join_all(tasks).await.map_err(|error| error.to_string())?;
    let mut times = Histogram::new();
    let mut connections = Vec::with_capacity(count);
    for result in results {
        let (connection, own) = result?;
        times.merge(&own);
        connections.push(connection);
    }
    // All of them are still open.
    let resident = server.resident();
    let micros = |percent: f64| times.percentile(percent).as_secs_f64() * 1e6;
    Ok(Polled { connections: connections.len(), resident_before, resident, p50_us: micros(50.0), p99_us: micros(99.0) })
}

async fn poll(
    address: SocketAddr,
    mut caller: Box<dyn Caller>,
    first: Duration,
    end: Instant,
) -> Result<(Connection, Histogram), String> {
    let failed = |error: std::io::Error| format!("{error} (each poller needs two open files: see ulimit -n)");
    let mut connection = Connection::open(address).await.map_err(failed)?;
    let mut times = Histogram::new();
    tokio::time::sleep(first).await;
    while Instant::now() < end {
        let asked = Instant::now();
        let Some(request) = caller.request() else { break };
        let answer = connection.call(request).await.map_err(failed)?;
        times.add(asked.elapsed());
        if !caller.accepts(answer.status, answer.body) {
            return Err(format!("unexpected answer {}", answer.status));
        }
        tokio::time::sleep(EVERY).await;
    }
    Ok((connection, times))
}

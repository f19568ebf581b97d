//! The cost of thousands of live connections while nothing happens.

use super::client::{LiveClient, Watcher};
use crate::bench::machine;
use crate::bench::program::{HelloProgram, Program};
use crate::bench::socket::Socket;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::net::SocketAddr;
use std::time::Duration;

/// Connections that are being opened at the same time.
const OPENING: usize = 64;
/// How often memory is measured while they are opened.
const STEPS: usize = 10;

/// The cost of connections while nothing happens.
pub(super) struct Quiet {
    /// Numbers of connections in equal steps from none, each with the memory of the process in bytes.
    pub memory: Vec<(usize, u64)>,
    /// Processor time for each connection in a second.
    pub busy: Duration,
}

impl Quiet {
    /// Bytes of memory for each connection.
    pub(super) fn bytes(&self) -> f64 {
        let (Some((_, before)), Some((count, after))) = (self.memory.first(), self.memory.last()) else { return 0.0 };
        after.saturating_sub(*before) as f64 / *count as f64
    }
}

/// Opens a live connection for each of `watchers`.
pub(super) async fn open(address: SocketAddr, watchers: &[Watcher]) -> Result<Vec<LiveClient>, String> {
    let opening = stream::iter(watchers).map(|watcher| LiveClient::start(address, watcher));
    opening.buffered(OPENING).try_collect().await
}

/// Opens a live connection for each of `watchers`, and measures the server for `length`.
pub(super) async fn of_server(
    server: &Program,
    watchers: &[Watcher],
    length: Duration,
) -> Result<(Quiet, Vec<LiveClient>), String> {
    let (process, address) = (server.id(), server.address);
    let (mut clients, mut memory) = (Vec::with_capacity(watchers.len()), vec![(0, resident(&process)?)]);
    for step in watchers.chunks(watchers.len().div_ceil(STEPS)) {
        clients.extend(open(address, step).await?);
        memory.push((clients.len(), resident(&process)?));
    }
    Ok((quiet(&process, memory, length).await?, clients))
}

/// The same of the echo server, which sends no heartbeat.
pub(super) async fn of_echo(hellos: &HelloProgram, count: usize, length: Duration) -> Result<Quiet, String> {
    let (process, address) = (hellos.id(), hellos.echo);
    let (mut sockets, mut memory) = (Vec::with_capacity(count), vec![(0, resident(&process)?)]);
    while sockets.len() < count {
        let step = count.div_ceil(STEPS).min(count - sockets.len());
        let opening = stream::iter(0..step).map(|_| Socket::open(address, "/", &[]));
        sockets.extend(opening.buffered(OPENING).try_collect::<Vec<_>>().await?);
        memory.push((sockets.len(), resident(&process)?));
    }
    quiet(&process, memory, length).await
}

async fn quiet(process: &str, memory: Vec<(usize, u64)>, length: Duration) -> Result<Quiet, String> {
    let count = memory.last().map_or(1, |(count, _)| *count);
    let before = busy(process)?;
    tokio::time::sleep(length).await;
    let busy = busy(process)?.saturating_sub(before);
    Ok(Quiet { memory, busy: busy.div_f64(count as f64 * length.as_secs_f64()) })
}

fn resident(process: &str) -> Result<u64, String> {
    machine::resident(process).ok_or_else(unknown)
}

fn busy(process: &str) -> Result<Duration, String> {
    machine::busy(process).ok_or_else(unknown)
}

fn unknown() -> String {
    "the memory and the processor time of a process are known on Linux only: measure without --live-connections"
        .to_owned()
}

//! Live connections: how soon a message is seen, and the cost of many connections.

mod client;
mod echo;
mod herd;
mod quiet;
mod report;
mod seen;

pub(super) use client::Watcher;
pub(super) use echo::serve as serve_echo;
pub(super) use report::Live;
pub(super) use seen::Talk;

use super::Run;
use super::load::{self, Figures, Pace};
use super::program::{HelloProgram, Program};
use seen::{Load, Wait};
use std::net::SocketAddr;
use std::time::Duration;

/// Sends a second while the time until a message is seen is measured.
const RATE: f64 = 1_000.0;
/// The pairs that send them.
pub(super) const TALKS: usize = 100;
/// Live connections during which sends are measured.
pub(super) const BESIDE: usize = 1_000;
/// How often sends with and without them are measured, in turns.
const ROUNDS: u32 = 5;
/// The senders in that measurement.
const SENDERS: usize = 64;
/// How many times longer than others the idle measurement takes: with five seconds, longer than the interval of heartbeats.
const QUIET: u32 = 6;
/// The connections on which others poll while live connections reconnect.
const POLLERS: usize = 4;

/// Measures everything about live connections.
pub(super) async fn measure(server: Program, hellos: &HelloProgram, run: &Run<'_>) -> Result<Live, String> {
    let Run { dataset, args, number, .. } = *run;
    let length = Duration::from_secs_f64(args.seconds);
    let watchers = &dataset.audience.watchers[..args.live_connections];
    // Before anything else has used memory.
    let quiet_echo = quiet::of_echo(hellos, watchers.len(), length * QUIET).await?;
    let (quiet, clients) = quiet::of_server(&server, watchers, length * QUIET).await?;
    let pollers = dataset.idle(POLLERS.min(dataset.writers()));
    let (back, mut server) = herd::come_back(server, run, clients, watchers, pollers).await?;

    let talks = &dataset.audience.talks;
    let echo = echo::round_trips(hellos.echo, length).await?;
    let seen =
        async |talks, wait, rate| seen::measure(server.address, talks, wait, Load { rate, length, number }).await;
    let alone = seen(&talks[..1], Wait::Live, None).await?;
    let polled = seen(&talks[1..2], Wait::LongPoll, None).await?;
    let at_rate = seen(&talks[2..], Wait::Live, Some(RATE)).await?;
    let sends = beside(&server, run, length).await?;
    server.kill().await?;
    Ok(Live::new(watchers.len(), &echo, [&alone, &polled, &at_rate], &sends, [&quiet, &quiet_echo], &back))
}

/// Keeps live connections for `length`, and closes them.
pub(super) async fn watch(address: SocketAddr, watchers: &[Watcher], length: Duration) -> Result<(), String> {
    let clients = quiet::open(address, watchers).await?;
    tokio::time::sleep(length).await;
    drop(clients);
    Ok(())
}

/// Sends without and with live connections of others, in turns.
async fn beside(server: &Program, run: &Run<'_>, length: Duration) -> Result<[Figures; 2], String> {
    let Run { dataset, number, .. } = *run;
    let watchers = &dataset.audience.watchers[..BESIDE];
    let senders = |round: u32, what: &str| {
        dataset.senders(SENDERS.min(dataset.writers()), false, &format!("{number}-{what}-{round}"))
    };
    let mut all = [Figures::none(), Figures::none()];
    for round in 0..ROUNDS {
        let length = length / ROUNDS;
        all[0].add(&load::run(server.address, senders(round, "without"), length, Pace::AsFast).await?);
        let clients = quiet::open(server.address, watchers).await?;
        all[1].add(&load::run(server.address, senders(round, "with"), length, Pace::AsFast).await?);
        drop(clients);
    }
    Ok(all)
}

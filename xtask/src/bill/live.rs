//! The month with live connections, beside the polled one.

use super::report::{CostLine, MILLION, beside, dollars, lines};
use super::{Prices, Usage};
use std::fmt::Write as _;

/// Minutes of silence after which a client sends a `ping`.
const PING_MINUTES: f64 = 9.0;

/// The priced table.
pub(super) fn report(polled: &Usage, live: &Usage, prices: &Prices) -> String {
    let mut after = lines(live, prices);
    let waited = live.messages * seconds_to_tell(prices);
    after.push(CostLine {
        name: "Lambda, time for API Gateway",
        quantity: format!("{waited:.0} GB-s"),
        dollars: waited * prices.dollars("lambda arm64, a GB-second"),
    });
    after.push(CostLine {
        name: "API Gateway, messages",
        quantity: format!("{:.0}", live.messages),
        dollars: live.messages * message(prices),
    });
    after.push(CostLine {
        name: "API Gateway, connections",
        quantity: format!("{:.0} minutes", live.minutes),
        dollars: live.minutes * minute(prices),
    });
    let mut text = beside(&lines(polled, prices), "live", &after);
    let _ = writeln!(
        text,
        "An hour of one open chat in which nothing happens: ${:.6} polled every 3 s, ${:.6} live. A live session costs \
         ${:.7} to begin.",
        1_200.0 * idle_poll(polled, prices),
        60.0 * (idle_poll(polled, prices) + minute(prices)) + 60.0 / PING_MINUTES * ping(prices),
        beginning(live, prices)
    );
    text
}

fn message(prices: &Prices) -> f64 {
    prices.dollars("websocket messages, a million") / MILLION
}

/// GB-seconds for which the function waits to notify of one message. It does not wait for those of clients, so this is an
/// upper bound.
fn seconds_to_tell(prices: &Prices) -> f64 {
    prices.assumed("a call of the gateway, ms") / 1e3 * prices.assumed("memory of the function, MB") / 1_024.0
}

fn minute(prices: &Prices) -> f64 {
    prices.dollars("websocket connection minutes, a million") / MILLION
}

fn idle_poll(polled: &Usage, prices: &Prices) -> f64 {
    let idle = polled.operations.iter().find(|one| one.name == "list, nothing new");
    idle.map_or(0.0, |one| dollars(one, prices) / one.times)
}

/// A `ping` and its `pong`.
fn ping(prices: &Prices) -> f64 {
    2.0 * message(prices) + prices.dollars("lambda requests, a million") / MILLION
}

/// Connecting, two frames of the client, and two of the server.
fn beginning(live: &Usage, prices: &Prices) -> f64 {
    let parts =
        live.operations.iter().filter(|one| one.name.starts_with("connecting") || one.name.starts_with("a frame"));
    parts.map(|one| dollars(one, prices) / one.times).sum::<f64>() + 4.0 * message(prices)
}

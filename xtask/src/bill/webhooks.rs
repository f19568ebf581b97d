//! The month with webhooks, beside the one without.

use super::report::{CostLine, MILLION, beside, lines, sum};
use super::{Prices, Usage};
use std::fmt::Write as _;

/// The priced table.
pub(super) fn report(polled: &Usage, told: &Usage, prices: &Prices) -> String {
    let (before, mut after) = (lines(polled, prices), lines(told, prices));
    let waited = told.events * seconds_to_tell(prices);
    after.push(CostLine {
        name: "Lambda, time for the host's server",
        quantity: format!("{waited:.0} GB-s"),
        dollars: waited * prices.dollars("lambda arm64, a GB-second"),
    });
    let more = sum(&after) - sum(&before);
    let mut text = beside(&before, "with webhooks", &after);
    let _ = writeln!(
        text,
        "{:.0} events cost ${more:.3} a month, ${:.2} a million.",
        told.events,
        more / told.events * MILLION
    );
    text
}

/// GB-seconds for which the function waits until the host's server has taken one event.
fn seconds_to_tell(prices: &Prices) -> f64 {
    prices.assumed("a call of the host's server, ms") / 1e3 * prices.assumed("memory of the function, MB") / 1_024.0
}

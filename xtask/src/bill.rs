//! `cargo xtask bill`: the cost of a month, from a small measurement and the prices.
//!
//! A test of the server (`crates/server/tests/bill`) measures what a month uses and writes the first table of
//! `docs/cost.md`. This command writes the priced tables below it. A test of xtask fails if they do not follow from the
//! first table, and the test of the server fails if the first table is not what it measures.

mod live;
mod price;
mod report;
mod usage;
mod webhooks;

use crate::run::{WITH_APP, cargo, root};
pub(crate) use price::Prices;
use std::fs;
pub(crate) use usage::Usage;

const BEGIN: &str = "<!-- bill: priced by `cargo xtask bill` -->\n";
const END: &str = "<!-- end of bill -->\n";

/// Measures, and writes the priced tables to standard output and to `docs/cost.md`.
pub(crate) fn bill() -> Result<(), String> {
    // With the features of the other tests, so that the SDK of AWS is not built a second time.
    let test = ["test", "--workspace", "--all-features", "--test", "bill"];
    cargo(&test, &[("UPDATE_SNAPSHOTS", "1"), WITH_APP])?;
    let page = page()?;
    let report = priced(&page)?;
    println!("{report}");
    let (before, rest) = page.split_once(BEGIN).ok_or("docs/cost.md has no beginning of the bill")?;
    let (_, after) = rest.split_once(END).ok_or("docs/cost.md has no end of the bill")?;
    let path = root().join("docs/cost.md");
    fs::write(path, format!("{before}{BEGIN}{report}{END}{after}")).map_err(|error| format!("docs/cost.md: {error}"))
}

fn page() -> Result<String, String> {
    fs::read_to_string(root().join("docs/cost.md")).map_err(|error| format!("docs/cost.md: {error}"))
}

/// The priced tables that follow from the first table of `page`.
fn priced(page: &str) -> Result<String, String> {
    let prices = fs::read_to_string(root().join("deploy/prices.json"));
    let prices = Prices::parse(&prices.map_err(|error| format!("deploy/prices.json: {error}"))?)?;
    let (polled, live, notified) = (Usage::parse(page)?, Usage::parse_live(page)?, Usage::parse_with_webhooks(page)?);
    let with_webhooks = webhooks::report(&polled, &notified, &prices);
    Ok(report::report(&polled, &prices) + &live::report(&polled, &live, &prices) + &with_webhooks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_cost_that_follows_from_the_measured_usage() {
        let page = page().unwrap();
        let stated = page.split_once(BEGIN).unwrap().1.split_once(END).unwrap().0;
        assert_eq!(stated, priced(&page).unwrap(), "`cargo xtask bill` writes it");
    }
}

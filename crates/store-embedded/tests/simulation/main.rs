//! The simulation of the domain, on the embedded engine: the same histories and the same checks.
//!
//! `SIM_SEEDS=100 cargo test --release -p jobline-store-embedded --test simulation` runs the first 100 of each kind. A failure
//! prints its seed.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

#[allow(dead_code, reason = "histories have their own store; the helpers are for a suite with this engine")]
#[path = "../../../chat/tests/domain/engine.rs"]
mod engine;
mod ground;
#[allow(dead_code, reason = "the simulation in memory proves that the checks detect broken stores")]
#[path = "../../../chat/tests/simulation/mod.rs"]
mod histories;
#[path = "../../../chat/tests/domain/support/mod.rs"]
mod support;

use histories::ALL;
use std::collections::BTreeSet;

/// The histories without `SIM_SEEDS`: among the first eight are those in which messages expire, and many conversations move.
const SEEDS: u64 = 8;

/// Events that have to occur in the histories, so that they prove something.
const EXPECTED: [&str; 10] = [
    "accepted",
    "repeated",
    "unavailable",
    "answer lost",
    "server died",
    "row swept",
    "edited",
    "started",
    "is in",
    "was lost",
];

#[test]
fn every_kind_of_history_keeps_the_promise_on_the_embedded_engine() {
    let seeds = std::env::var("SIM_SEEDS").map_or(SEEDS, |seeds| seeds.parse().expect("SIM_SEEDS is a number"));
    let mut happened = BTreeSet::new();
    for seed in 0..seeds {
        for history in ALL {
            let report = (history.run)((history.plan)(seed)).unwrap_or_else(|failure| panic!("{failure}"));
            happened.extend(report.tally.into_keys());
        }
    }
    let missing: Vec<_> = EXPECTED.iter().filter(|what| !happened.contains(*what)).collect();
    assert!(missing.is_empty() || seeds < SEEDS, "no history has {missing:?}: {happened:?}");
}

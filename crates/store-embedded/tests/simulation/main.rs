//! The simulation of the domain, on the embedded engine: the same histories and the same checks.
//!
//! `SIM_SEEDS=100 cargo test --release -p jobline-store-embedded --test simulation` runs the first 100 of each kind, and
//! `SIM_SEED=7` history 7 of each. A failure prints its seed. The engine writes on threads of its own, so a history may take
//! several runs to fail again.
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
    let seeds = match (setting("SIM_SEED"), setting("SIM_SEEDS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, count) => 0..count.unwrap_or(SEEDS),
    };
    let mut happened = BTreeSet::new();
    for seed in seeds.clone() {
        for history in ALL {
            let report = (history.run)((history.plan)(seed)).unwrap_or_else(|failure| panic!("{failure}"));
            happened.extend(report.tally.into_keys());
        }
    }
    let missing: Vec<_> = EXPECTED.iter().filter(|what| !happened.contains(*what)).collect();
    let are_enough = seeds.contains(&0) && seeds.end >= SEEDS;
    assert!(missing.is_empty() || !are_enough, "no history has {missing:?}: {happened:?}");
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|number| number.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

//! The simulation of the domain, on DynamoDB: the same histories and the same checks, under the faulty and the weakly
//! visible decorators, with a failing network below the engine.
//!
//! `SIM_SEED=7 cargo test -p jobline-store-dynamodb --test simulation` runs history 7 of each kind alone; `SIM_SEEDS=100` runs
//! that many of the main kind. A failure prints its seed.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

#[allow(dead_code, reason = "histories have their own store; the helpers are for the suite of this engine")]
#[path = "../domain/engine.rs"]
mod engine;
mod ground;
#[allow(dead_code, reason = "the simulation in memory proves that the checks detect broken stores")]
#[path = "../../../chat/tests/simulation/mod.rs"]
mod histories;
#[path = "../../../chat/tests/domain/support/mod.rs"]
mod support;

use histories::plan::{Kind, Plan};
use histories::{ALL, run};
use std::collections::BTreeSet;

/// The number of histories without `SIM_SEEDS`: one of each kind.
const SEEDS: [u64; 4] = [0, 5, 6, 7];

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Calls, crews, their calls, and restored stores.
#[test]
fn the_other_kinds_of_history_keep_the_promise_on_dynamodb() {
    let only = setting("SIM_SEED");
    let mut happened = BTreeSet::new();
    for seed in only.map_or(vec![0, 131], |seed| vec![seed]) {
        for history in &ALL[1..] {
            let report = (history.run)((history.plan)(seed)).unwrap_or_else(|failure| panic!("{failure}"));
            happened.extend(report.tally.into_keys());
        }
    }
    for what in ["started", "joined", "edited", "is in", "crew of 50", "was lost", "began again"] {
        assert!(only.is_some() || happened.contains(what), "no history has {what:?}: {happened:?}");
    }
}

#[test]
fn every_history_keeps_the_promise_on_dynamodb() {
    let seeds: Vec<u64> = match (setting("SIM_SEED"), setting("SIM_SEEDS")) {
        (Some(seed), _) => vec![seed],
        (None, Some(many)) => (0..many).collect(),
        (None, None) => SEEDS.to_vec(),
    };
    let kinds: BTreeSet<String> = seeds.iter().map(|seed| format!("{:?}", Plan::of(*seed).kind)).collect();
    let mut happened = BTreeSet::new();
    for &seed in &seeds {
        let report = run(Plan::of(seed)).unwrap_or_else(|failure| panic!("{failure}"));
        println!("seed {seed}: {} lines, {:?}", report.lines, report.tally);
        happened.extend(report.tally.into_keys());
    }
    if seeds.len() >= SEEDS.len() {
        for kind in [Kind::Mixed, Kind::Crowd, Kind::Wide, Kind::Expiring] {
            assert!(kinds.contains(&format!("{kind:?}")), "no history has {kind:?}");
        }
        for what in ["accepted", "repeated", "server died", "answer lost", "unavailable", "row swept"] {
            assert!(happened.contains(what), "no history has {what:?}: {happened:?}");
        }
    }
}

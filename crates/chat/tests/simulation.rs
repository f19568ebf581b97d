//! One seed gives one history: many clients, devices and servers over a store that fails, loses answers and lags, checked
//! against the contract after every step.
//!
//! `SIM_SEED=7 cargo test -p jobline-chat --test simulation` runs history 7 alone; `SIM_SEEDS=1000` runs the first 1,000.
//! A failure prints its seed. `cargo xtask sim --seeds 100000` runs many on every core.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

#[allow(dead_code, reason = "the domain tests, which share this file, use more of it")]
#[path = "domain/engine.rs"]
mod engine;
#[path = "simulation/ground.rs"]
mod ground;
#[path = "simulation/mod.rs"]
mod histories;
#[path = "simulation/many.rs"]
mod many;
#[path = "domain/support/mod.rs"]
mod support;

use histories::{
    History, calls, crews,
    mutant::Mutant,
    plan::{Kind, Plan},
    restores, run,
};
use std::collections::BTreeMap;

/// A quarter of a history's work is allocation.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many histories are run by default.
const SEEDS: u64 = 64;
/// Within how many histories a broken store must be detected.
const CHANCES: u64 = 12;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Runs the histories of one kind that the environment asks for, or the first `seeds`: they have to contain `expected` events.
fn keep_the_promise(history: History, seeds: u64, expected: &[&str]) {
    let seeds = match setting("SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("SIM_SEEDS").unwrap_or(seeds),
    };
    let alone = seeds.end - seeds.start == 1;
    let mut tally: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in seeds {
        let plan = Plan { traced: alone, ..(history.plan)(seed) };
        let report = (history.run)(plan).unwrap_or_else(|failure| panic!("{failure}"));
        if alone {
            println!("seed {seed}: {} lines, {}", report.lines, report.hash);
        }
        for (what, count) in report.tally {
            *tally.entry(what).or_default() += count;
        }
    }
    println!("{tally:?}");
    for what in expected.iter().filter(|_| !alone) {
        assert!(tally.contains_key(what), "no history has {what:?}: {tally:?}");
    }
}

#[test]
fn every_history_keeps_the_promise() {
    keep_the_promise(histories::EVERYTHING, SEEDS, &EXPECTED);
}

/// Events that the histories together must contain, so that they prove something.
const EXPECTED: [&str; 17] = [
    "blocked",
    "blocked from sending",
    "blocked from changing",
    "accepted",
    "refused",
    "repeated",
    "sent twice at once",
    "server died",
    "answer lost",
    "unavailable",
    "older cursor",
    "renamed",
    "task left over",
    "row swept",
    "pushed",
    "reset of a list",
    "reset of a sync",
];

/// Events that the histories of calls together must contain.
const CALLS: [&str; 9] = [
    "started",
    "met a call that runs",
    "call over",
    "accepted",
    "declined",
    "cancelled",
    "missed",
    "device died",
    "server died",
];

#[test]
fn calls_end_right_in_any_order_of_steps_and_deaths() {
    keep_the_promise(histories::CALLS, SEEDS, &CALLS);
}

/// Events that the histories of the calls of crews together must contain.
const CREW_CALLS: [&str; 11] = [
    "started",
    "joined",
    "call over",
    "call full",
    "accepted",
    "three or more took part",
    "cancelled",
    "missed",
    "refused",
    "device died",
    "server died",
];

#[test]
fn calls_of_a_crew_end_right_in_any_order_of_steps_and_deaths() {
    keep_the_promise(histories::CREW_CALLS, SEEDS / 2, &CREW_CALLS);
}

/// Events that the histories of crews together must contain.
const CREWS: [&str; 10] =
    ["accepted", "refused", "edited", "deleted", "reacted", "read", "is in", "has left", "server died", "crew of 50"];

/// Events that the histories of restored stores together must contain.
const RESTORES: [&str; 5] = ["sent", "changed", "was lost", "was kept", "began again"];

#[test]
fn devices_have_what_a_restored_store_has_and_nothing_else() {
    keep_the_promise(histories::RESTORE, SEEDS, &RESTORES);
}

#[test]
fn members_of_a_crew_see_their_part_of_it_and_no_more() {
    keep_the_promise(histories::CREW, SEEDS / 2, &CREWS);
}

#[test]
fn stores_that_break_their_promises_are_detected_by_crews() {
    for mutant in [Mutant::IgnoresConditions, Mutant::Loses, Mutant::Halves("MESSAGE#")] {
        let detected = (0..CHANCES).any(|seed| crews::run(crews::plan(seed).over(mutant)).is_err());
        assert!(detected, "{CHANCES} histories of a crew over a store that {mutant:?} seem in order");
    }
}

#[test]
fn a_store_that_ignores_conditions_is_detected_by_calls() {
    // In a crew concurrent steps of one call are rarer: one history in fifty to a hundred shows the fault.
    for (history, chances) in [(histories::CALLS, CHANCES), (histories::CREW_CALLS, 32 * CHANCES)] {
        let broken = |seed| (history.plan)(seed).over(Mutant::IgnoresConditions);
        let detected = (0..chances).any(|seed| (history.run)(broken(seed)).is_err());
        assert!(detected, "{chances} histories of {} over a store that ignores conditions seem in order", history.name);
    }
}

#[test]
fn histories_that_failed_once_keep_the_promise() {
    // A traversal took longer than messages are kept, so messages from after its beginning were gone: a justified reset.
    for seed in [19_815, 27_287] {
        run(Plan::without_changes(seed)).unwrap_or_else(|failure| panic!("{failure}"));
    }
    // A job was found, and closed before it was read: another open one was not searched for.
    run(Plan::without_blocks(1_771)).unwrap_or_else(|failure| panic!("{failure}"));
    // An edit was answered with the message at one point of the log and the receipts of a later one.
    for seed in [2_421, 3_629] {
        run(Plan::without_blocks(seed)).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn histories_of_crews_that_failed_once_keep_the_promise() {
    // A send waited for a row on which it was already working (2). A stale row lacked the newcomer who reacted (131).
    for seed in [2, 131] {
        crews::run(crews::plan(seed)).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn histories_of_restored_stores_that_failed_once_keep_the_promise() {
    // An awake crew had reached the same number of changes again, which the list of chats did not notice (153, 211, 233). A
    // series of answers ended after the end of the restored log, which was taken for a stale read (59, 174, 202). It ended at
    // a change of the same number that was another one (3,001,226, 3,002,853, 3,005,037).
    for seed in [59, 153, 174, 202, 211, 233, 3_001_226, 3_002_853, 3_005_037] {
        restores::run(restores::plan(seed)).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn a_history_of_calls_that_failed_once_keeps_the_promise() {
    // A stale read showed an accepted call as missed.
    calls::run(calls::plan(1_108)).unwrap_or_else(|failure| panic!("{failure}"));
}

/// The hash of each history of the first seeds.
fn hashes() -> Vec<String> {
    let seeds = (0..20).flat_map(|seed| histories::ALL.map(|history| (seed, history)));
    let hash = |(seed, history): (u64, History)| {
        let report = (history.run)((history.plan)(seed).written_down()).unwrap_or_else(|failure| panic!("{failure}"));
        format!("{seed} of {}: {} {}", history.name, report.lines, report.hash)
    };
    seeds.map(hash).collect()
}

#[test]
#[ignore = "the_same_seed_is_the_same_history runs it in another process"]
fn hashes_are_printed() {
    for hash in hashes() {
        println!("{hash}");
    }
}

#[test]
fn the_same_seed_is_the_same_history() {
    let mut other = std::process::Command::new(std::env::current_exe().unwrap());
    let output = other.args(["--ignored", "--exact", "--nocapture", "hashes_are_printed"]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let (one, two) = (hashes(), hashes());
    assert_eq!(one, two);
    for hash in one {
        assert!(printed.lines().any(|line| line == hash), "{hash} differs in another process:\n{printed}");
    }
}

#[test]
fn there_are_histories_of_each_kind() {
    let kinds: Vec<Kind> = (0..8).map(|seed| Plan::of(seed).kind).collect();
    for kind in [Kind::Mixed, Kind::Crowd, Kind::Wide, Kind::Expiring] {
        assert!(kinds.contains(&kind), "{kind:?} is among them");
    }
}

/// Checks that a store with this fault is detected.
fn detected(mutant: Mutant) {
    let failure = (0..CHANCES).find_map(|seed| run(Plan::with(seed, mutant)).err().map(|failure| (seed + 1, failure)));
    let (seeds, failure) =
        failure.unwrap_or_else(|| panic!("{CHANCES} histories over a store that {mutant:?} seem in order"));
    let reason = failure.split("\n\n").nth(1).and_then(|reason| reason.lines().next());
    println!("{mutant:?}: history {seeds}: {}", reason.unwrap_or_default());
    assert!(failure.contains("SIM_SEED="), "a failure prints its seed: {failure}");
}

#[test]
fn a_store_that_loses_an_acknowledged_commit_is_detected() {
    detected(Mutant::Loses);
}

#[test]
fn a_store_that_does_not_recognise_a_repeated_commit_is_detected() {
    detected(Mutant::ForgetsTokens);
}

#[test]
fn a_store_that_keeps_a_message_twice_is_detected() {
    detected(Mutant::Doubles);
}

#[test]
fn a_store_that_answers_rows_out_of_order_is_detected() {
    detected(Mutant::Reorders);
}

#[test]
fn a_store_that_acknowledges_too_early_is_detected() {
    detected(Mutant::Delays);
}

#[test]
fn a_store_that_ignores_conditions_is_detected() {
    detected(Mutant::IgnoresConditions);
}

#[test]
fn a_store_whose_strong_reads_are_stale_is_detected() {
    detected(Mutant::ReadsThePast);
}

#[test]
fn a_store_that_leaves_out_a_part_of_a_commit_is_detected() {
    for left_out in ["MESSAGE#", "CHANGE#", "SENT#", "HEAD", "CONVERSATION#", "MOVED#"] {
        detected(Mutant::Halves(left_out));
    }
}

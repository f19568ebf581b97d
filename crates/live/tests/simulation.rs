//! Histories of one user whose client is live, polls, waits in a poll, and loses its connection at any step. Whatever happens, it
//! sees every change once and in order, without another poll if nothing was lost, and nothing counts as delivered before the client
//! has it.
//!
//! `SIM_SEEDS=<n>` runs more of them, `SIM_SEED=<seed>` one.
//!
//! The mutations at the end are typical mistakes of a live layer; each has to be caught.

#[path = "simulation/world.rs"]
mod world;

use world::{Mutation, World};

const SEEDS: u64 = 3_000;

/// Runs one history. Returns how often its client changed between live connection, long poll, poll and none.
fn run(seed: u64, mutation: Mutation) -> Result<u64, String> {
    let mut world = World::new(seed, mutation);
    for _ in 0..120 {
        world.step()?;
    }
    world.settle()
}

#[test]
fn a_live_client_sees_everything_once_and_in_order() {
    let number = |name| std::env::var(name).ok().and_then(|number| number.parse().ok());
    let seeds = number("SIM_SEED").map_or(0..number("SIM_SEEDS").unwrap_or(SEEDS), |seed| seed..seed + 1);
    let mut switches = 0;
    for seed in seeds.clone() {
        match run(seed, Mutation::None) {
            Ok(in_this) => switches += in_this,
            Err(failure) => panic!("seed {seed}: {failure}"),
        }
    }
    println!("{} histories with {switches} switches", seeds.count());
    assert!(switches > 0, "the client never changed its way");
}

fn is_caught(mutation: Mutation, by: &str) {
    let failure = (0..SEEDS).find_map(|seed| run(seed, mutation).err());
    let failure = failure.unwrap_or_else(|| panic!("{mutation:?} was not caught"));
    assert!(failure.contains(by), "{mutation:?} was caught by another check: {failure}");
}

#[test]
fn joining_after_the_first_read_is_caught() {
    is_caught(Mutation::JoinsLate, "was not told");
}

#[test]
fn a_poll_that_joins_after_its_first_read_is_caught() {
    is_caught(Mutation::WaitsLate, "was not told");
}

#[test]
fn a_wake_up_that_is_forgotten_while_an_answer_is_on_its_way_is_caught() {
    is_caught(Mutation::ForgetsWhilePushed, "was not told");
}

#[test]
fn a_flag_that_is_cleared_after_the_read_is_caught() {
    is_caught(Mutation::ClearsAfterRead, "was not told");
}

#[test]
fn a_delivery_before_the_client_has_it_is_caught() {
    is_caught(Mutation::DeliversWhenPushed, "delivered before");
}

#[test]
fn a_second_answer_on_its_way_is_caught() {
    is_caught(Mutation::PushesTwice, "seen twice");
}

#[test]
fn an_answer_from_an_older_cursor_is_caught() {
    is_caught(Mutation::SkipsAhead, "missing");
}

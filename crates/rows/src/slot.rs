//! Choosing one of a fixed number of slots by a key.

use foldhash::fast::FixedState;
use std::hash::{BuildHasher, Hash};

/// The seed of every hash. It is always the same, so that a simulated history repeats exactly.
const SEED: u64 = 0;

/// Which of `slots` slots `key` has. Different keys may share one, so an attacker who chooses keys that share a slot can
/// only cost time.
pub fn of(key: &impl Hash, slots: usize) -> usize {
    let hash = FixedState::with_seed(SEED).hash_one(key);
    usize::try_from(hash % slots as u64).expect("less than the number of slots")
}

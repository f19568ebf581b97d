//! Choosing one of a fixed number of slots by a key.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Which of `slots` slots `key` has. Different keys may share one.
///
/// The hasher has no random seed, so that a simulated history repeats exactly. So an attacker who chooses keys that
/// share a slot can only cost time.
pub fn of(key: &impl Hash, slots: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    usize::try_from(hasher.finish() % slots as u64).expect("less than the number of slots")
}

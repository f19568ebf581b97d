//! Randomness from the seed: each actor has its own dice, so what one does never changes what another draws.

use rand::{RngExt, SeedableRng, rngs::StdRng};

/// A seeded generator.
pub struct Dice(StdRng);

impl Dice {
    /// The dice of the actor `name` in the history `seed`.
    pub fn new(seed: u64, name: &str) -> Self {
        let hash = blake3::hash(format!("{seed}/{name}").as_bytes());
        Self(StdRng::from_seed(*hash.as_bytes()))
    }

    /// A number from 0 to `last`, both possible.
    pub fn up_to(&mut self, last: u64) -> u64 {
        self.0.random_range(0..=last)
    }

    /// A number from `first` to `last`, both possible.
    pub fn between(&mut self, first: u64, last: u64) -> u64 {
        self.0.random_range(first..=last)
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.0.random::<f64>() < probability
    }

    /// A number below `length`, which is at least 1.
    pub fn index(&mut self, length: usize) -> usize {
        self.0.random_range(0..length)
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let index = self.index(from.len());
        &from[index]
    }

    /// A `limit`: often small, so that many answers are only a part of what there is.
    pub fn limit(&mut self) -> u32 {
        let last = if self.chance(0.6) { 4 } else { 50 };
        u32::try_from(self.between(1, last)).unwrap_or(1)
    }
}

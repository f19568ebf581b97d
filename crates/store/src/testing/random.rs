use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::sync::{Mutex, PoisonError};

/// A seeded random generator behind `&self`.
#[derive(Debug)]
pub(super) struct Rng(Mutex<StdRng>);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// A number from 0 to `last`, both possible.
    pub(super) fn up_to(&self, last: u64) -> u64 {
        self.with(|rng| rng.random_range(0..=last))
    }

    /// An index into something that has `length` elements, at least one.
    pub(super) fn index(&self, length: usize) -> usize {
        self.with(|rng| rng.random_range(0..length))
    }

    /// A number from 0 up to, but not including, 1.
    pub(super) fn fraction(&self) -> f64 {
        self.with(|rng| rng.random())
    }

    pub(super) fn bits(&self) -> u128 {
        self.with(|rng| rng.random())
    }

    fn with<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

//! The ports of time and randomness: nothing in the domain reads a clock or draws a random number by itself.

use async_trait::async_trait;
use std::time::Duration;

/// What time it is, and how to wait.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// Unix milliseconds. May go backwards between two calls.
    fn now_ms(&self) -> u64;

    /// Returns after `duration`.
    async fn sleep(&self, duration: Duration);
}

/// The source of random bits. They identify messages, files and commits, and become the secrets of a new store, so a
/// server takes them from the operating system or from a cryptographic generator seeded by it.
pub trait Random: Send + Sync + 'static {
    /// 128 random bits.
    fn bits(&self) -> u128;
}

/// A nanoid: 21 characters of `A–Z a–z 0–9 _ -`, 126 random bits.
pub fn nanoid(random: &dyn Random) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    let mut bits = random.bits();
    let mut id = String::with_capacity(21);
    for _ in 0..21 {
        id.push(char::from(ALPHABET[(bits & 63) as usize]));
        bits >>= 6;
    }
    id
}

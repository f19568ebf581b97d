//! Time and chance, passed in: nothing in the domain reads a clock or draws a number by itself.

use async_trait::async_trait;
use std::time::Duration;

/// What time it is, and how to wait.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// Unix milliseconds. May run backwards between two calls; the domain does not rely on it rising.
    fn now_ms(&self) -> u64;

    /// Returns after `duration`.
    async fn sleep(&self, duration: Duration);
}

/// Where random bits come from. They name messages, files and commits, and make up the secrets of a new store, so in a
/// server they come from the operating system or a generator that it seeds.
pub trait Random: Send + Sync + 'static {
    /// 128 random bits.
    fn bits(&self) -> u128;
}

/// 21 characters of `A–Z a–z 0–9 _ -`, 126 random bits: a nanoid.
pub(crate) fn nanoid(random: &dyn Random) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    let mut bits = random.bits();
    let mut id = String::with_capacity(21);
    for _ in 0..21 {
        id.push(char::from(ALPHABET[(bits & 63) as usize]));
        bits >>= 6;
    }
    id
}

//! Verified tokens: the next request with the same token costs a lookup instead of a signature check.

use super::token::Period;
use jobline_chat::UserId;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most bytes that the cache takes: the tokens and, roughly, the map around them.
const CAPACITY_BYTES: u64 = 16 << 20;
/// Bytes of an entry besides its token.
const ENTRY_BYTES: u64 = 160;
/// About how many tokens of usual size fit.
const ESTIMATED_TOKENS: usize = 20_000;

/// Verified tokens, by their full text. When it is full, the least used are evicted.
pub(super) struct VerifiedTokens {
    cache: Cache<Box<str>, Verified, ByBytes>,
    /// How many times the keys have changed. An entry is valid only for the keys that verified it.
    generation: AtomicU64,
}

#[derive(Clone)]
struct Verified {
    generation: u64,
    user: UserId,
    period: Period,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Box<str>, Verified> for ByBytes {
    fn weight(&self, token: &Box<str>, _: &Verified) -> u64 {
        token.len() as u64 + ENTRY_BYTES
    }
}

impl VerifiedTokens {
    pub(super) fn new() -> Self {
        let cache = Cache::with_weighter(ESTIMATED_TOKENS, CAPACITY_BYTES, ByBytes);
        Self { cache, generation: AtomicU64::new(0) }
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// The user of the token and the period in which it is valid, if the current keys verified it. The caller checks
    /// the period, because time has passed since the verification.
    pub(super) fn get(&self, token: &str) -> Option<(UserId, Period)> {
        let verified = self.cache.get(token)?;
        (verified.generation == self.generation()).then_some((verified.user, verified.period))
    }

    /// Adds a token that the keys of `generation` verified.
    pub(super) fn add(&self, generation: u64, token: &str, user: UserId, period: Period) {
        self.cache.insert(token.into(), Verified { generation, user, period });
    }

    /// Empties the cache because the keys have changed: every token has to be verified again.
    pub(super) fn forget(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.cache.clear();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.cache.len()
    }

    #[cfg(test)]
    pub(super) fn weight(&self) -> u64 {
        self.cache.weight()
    }
}

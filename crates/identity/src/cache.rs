//! Tokens that were verified, so that the next poll with the same one costs a look-up instead of a signature check.

use super::token::Period;
use jobline_chat::UserId;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of tokens that are kept, with what the map around them takes, roughly.
const CAPACITY_BYTES: u64 = 16 << 20;
/// What an entry takes besides its token.
const ENTRY_BYTES: u64 = 160;
/// How many tokens of a usual size that is.
const ESTIMATED_TOKENS: usize = 20_000;

/// Verified tokens, by their full text; the least used give way.
pub(super) struct VerifiedTokens {
    cache: Cache<Box<str>, Verified, ByBytes>,
    /// How often the keys have changed: an entry counts only under the keys that it was verified with.
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

    /// Whose the token is and when it counts, if it was verified with the keys of now. The period is the caller's to
    /// check: time goes on after the verification.
    pub(super) fn get(&self, token: &str) -> Option<(UserId, Period)> {
        let verified = self.cache.get(token)?;
        (verified.generation == self.generation()).then_some((verified.user, verified.period))
    }

    /// Keeps what was verified with the keys of `generation`.
    pub(super) fn keep(&self, generation: u64, token: &str, user: UserId, period: Period) {
        self.cache.insert(token.into(), Verified { generation, user, period });
    }

    /// Forgets all: the keys have changed, and what they vouched for must be shown again.
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

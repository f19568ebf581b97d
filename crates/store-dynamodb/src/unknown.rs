//! The commits whose outcome the caller does not know.

use jobline_store::Token;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How many commits of unknown outcome are remembered: far more than run at once.
const UNKNOWN_COMMITS: usize = 1_000;

/// The commits that were recently answered `Unknown`: when one is repeated and its condition fails, it may have taken
/// effect the first time, so it is not a conflict.
#[derive(Default)]
pub(crate) struct UnknownCommits(Mutex<VecDeque<Token>>);

impl UnknownCommits {
    pub(crate) fn contains(&self, token: Token) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&token)
    }

    pub(crate) fn remember(&self, token: Token) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.contains(&token) {
            return;
        }
        if tokens.len() == UNKNOWN_COMMITS {
            tokens.pop_front();
        }
        tokens.push_back(token);
    }
}

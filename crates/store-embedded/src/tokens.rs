//! Tokens of commits that happened lately, so that a repeated one is recognised although its rows have changed since.

use jobline_store::Token;
use quick_cache::DefaultHashBuilder;
use std::collections::{HashSet, VecDeque};

/// Seconds of the highest load, hours of an ordinary one.
const KEPT: usize = 64 * 1024;

#[derive(Default)]
pub(crate) struct Tokens {
    known: HashSet<Token, DefaultHashBuilder>,
    order: VecDeque<Token>,
}

impl Tokens {
    pub(crate) fn contains(&self, token: Token) -> bool {
        self.known.contains(&token)
    }

    pub(crate) fn insert(&mut self, token: Token) {
        if !self.known.insert(token) {
            return;
        }
        self.order.push_back(token);
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let mut tokens = Tokens::default();
        for token in 0..=KEPT as u128 {
            tokens.insert(Token(token));
            tokens.insert(Token(token));
        }
        assert!(!tokens.contains(Token(0)));
        assert!(tokens.contains(Token(1)));
        assert_eq!(tokens.known.len(), KEPT);
    }
}

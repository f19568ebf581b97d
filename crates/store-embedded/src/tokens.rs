//! Tokens of recent commits, by which a repeated commit is recognised even if its rows have changed since.

use jobline_store::Token;
use quick_cache::DefaultHashBuilder;
use std::collections::{HashSet, VecDeque};

/// The commits of seconds under the highest load, and of hours under an ordinary one.
const CAPACITY: usize = 64 * 1024;

#[derive(Default)]
pub(crate) struct Tokens {
    set: HashSet<Token, DefaultHashBuilder>,
    order: VecDeque<Token>,
}

impl Tokens {
    pub(crate) fn contains(&self, token: Token) -> bool {
        self.set.contains(&token)
    }

    pub(crate) fn insert(&mut self, token: Token) {
        if !self.set.insert(token) {
            return;
        }
        self.order.push_back(token);
        if self.order.len() > CAPACITY
            && let Some(oldest) = self.order.pop_front()
        {
            self.set.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_token_is_forgotten() {
        let mut tokens = Tokens::default();
        for token in 0..=CAPACITY as u128 {
            tokens.insert(Token(token));
            tokens.insert(Token(token));
        }
        assert!(!tokens.contains(Token(0)));
        assert!(tokens.contains(Token(1)));
        assert_eq!(tokens.set.len(), CAPACITY);
    }
}

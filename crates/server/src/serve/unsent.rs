//! How many bytes of answers wait for their readers, over all connections.

use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

/// What may wait on one connection: a page of fifty of the longest messages takes 413 KB.
const PER_CONNECTION: usize = 4 << 20;
/// What may wait in all before the connection that has been unread for the longest time is cut.
const TOTAL: usize = 64 << 20;
/// What never waits in all: larger answers are refused until there is room.
const TOTAL_MOST: usize = 2 * TOTAL;
/// Answers up to this size are never refused: a poll without news, a refusal.
const SMALL: usize = 16 << 10;

/// Bytes of answers that wait to be sent, over all connections.
#[derive(Debug, Default)]
pub struct Unsent {
    held: AtomicUsize,
    over: Notify,
}

impl Unsent {
    /// `bytes` more wait.
    pub fn hold(&self, bytes: usize) {
        if self.held.fetch_add(bytes, Ordering::AcqRel) + bytes > TOTAL {
            self.over.notify_one();
        }
    }

    /// `bytes` fewer wait.
    pub fn release(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// How many wait.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Acquire)
    }

    /// Whether an answer of `bytes` may wait on a connection where `unsent` do already.
    pub fn admits(&self, unsent: usize, bytes: usize) -> bool {
        bytes <= SMALL || (unsent + bytes <= PER_CONNECTION && self.held() + bytes <= TOTAL_MOST)
    }

    /// Whether so much waits that a connection has to be cut.
    pub fn is_over(&self) -> bool {
        self.held() > TOTAL
    }

    /// Returns when that may have become so.
    pub async fn gets_over(&self) {
        self.over.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsent_bytes_are_bounded_on_one_connection_and_in_all() {
        let unsent = Unsent::default();
        assert!(unsent.admits(0, 413_000));
        assert!(!unsent.admits(PER_CONNECTION - 400_000, 413_000));
        assert!(unsent.admits(PER_CONNECTION, SMALL), "a poll without news is always answered");
        unsent.hold(TOTAL);
        assert!(!unsent.is_over());
        unsent.hold(TOTAL);
        assert!(unsent.is_over() && !unsent.admits(0, 413_000));
        unsent.release(TOTAL + TOTAL);
        assert!(!unsent.is_over() && unsent.admits(0, 413_000));
    }
}

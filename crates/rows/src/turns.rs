//! Queues for contended rows: on one server, operations that lost a race for a row wait for each other.
//!
//! Correctness never depends on them: the conditions of commits decide, across all servers. Queues only save a crowd at
//! one conversation from losing the same race again and again.

use crate::slot;
use futures_util::lock::{Mutex, MutexGuard};
use jobline_store::Key;

/// How many queues there are. Two rows may share one; that costs time only when both are contended.
const QUEUES: usize = 256;

/// The queues.
pub struct Turns {
    queues: Box<[Mutex<()>]>,
}

/// Held during one's turn. An operation drops it before it waits for another one, so there is no deadlock.
pub type Turn<'a> = MutexGuard<'a, ()>;

impl Default for Turns {
    fn default() -> Self {
        Self { queues: (0..QUEUES).map(|_| Mutex::new(())).collect() }
    }
}

impl Turns {
    /// Waits for the turn at `key`.
    pub async fn wait(&self, key: &Key) -> Turn<'_> {
        self.queues[slot::of(key, QUEUES)].lock().await
    }
}

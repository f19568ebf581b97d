//! Queues for contended rows: on one server, operations that would race for a row wait for each other.
//!
//! Correctness never depends on them: the conditions of commits decide, across all servers. Queues only save a crowd at
//! one conversation from losing the same race again and again. They are first in, first out: otherwise an operation could
//! wait for as long as new ones arrive.

use crate::slot;
use jobline_store::Key;
use tokio::sync::{Mutex, MutexGuard};

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
    /// The turn at `key`, if nobody has it.
    pub fn free(&self, key: &Key) -> Option<Turn<'_>> {
        self.queue(key).try_lock().ok()
    }

    /// Waits for the turn at `key`.
    pub async fn wait(&self, key: &Key) -> Turn<'_> {
        self.queue(key).lock().await
    }

    fn queue(&self, key: &Key) -> &Mutex<()> {
        &self.queues[slot::of(key, QUEUES)]
    }
}

//! Turns: on one server, those who lost a race for a row queue up for it.
//!
//! Correctness never depends on it: the conditions of commits decide, across all servers. It only spares a crowd at one
//! conversation the work of running into each other again and again.

use futures_util::lock::{Mutex, MutexGuard};
use jobline_store::Key;
use std::hash::{DefaultHasher, Hash, Hasher};

/// As many queues; rows that share one wait for each other needlessly, but only when both are contended.
const QUEUES: usize = 256;

/// The queues.
pub(crate) struct Turns {
    queues: Box<[Mutex<()>]>,
}

/// Held while it is one's turn. Nobody holds two, so nobody waits in a circle.
pub(crate) type Turn<'a> = MutexGuard<'a, ()>;

impl Default for Turns {
    fn default() -> Self {
        Self { queues: (0..QUEUES).map(|_| Mutex::new(())).collect() }
    }
}

impl Turns {
    /// Waits for the turn at `key`.
    pub async fn wait(&self, key: &Key) -> Turn<'_> {
        // The same queue in every run, so that a history repeats exactly; a crowded one only costs time.
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let index = usize::try_from(hasher.finish() % QUEUES as u64).expect("less than the number of queues");
        self.queues[index].lock().await
    }
}

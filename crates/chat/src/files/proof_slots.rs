//! How many files are proved at the same time.

use crate::base::{id::UserId, slot};
use futures_util::lock::{Mutex, MutexGuard};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many files are proved at the same time: each may need twice its 10 MB of memory.
const SLOTS: usize = 4;
/// Users who share one of these wait for each other, so each user has one file proved at a time.
const USERS: usize = 256;

/// The slots for proving files.
pub(crate) struct ProofSlots {
    users: Box<[Mutex<()>]>,
    slots: [Mutex<()>; SLOTS],
    next: AtomicUsize,
}

impl Default for ProofSlots {
    fn default() -> Self {
        let users = (0..USERS).map(|_| Mutex::new(())).collect();
        Self { users, slots: std::array::from_fn(|_| Mutex::new(())), next: AtomicUsize::new(0) }
    }
}

impl ProofSlots {
    /// Waits for a slot. A user who sends many files waits for their own files first, before taking a slot from others.
    pub async fn wait(&self, user: &UserId) -> (MutexGuard<'_, ()>, MutexGuard<'_, ()>) {
        let mine = self.users[slot::of(&user.as_str(), USERS)].lock().await;
        let slot_number = self.next.fetch_add(1, Ordering::Relaxed) % SLOTS;
        (mine, self.slots[slot_number].lock().await)
    }
}

//! The users for whom commits changed something, until they are notified.

use jobline_chat::{Announce, ConversationId, UserId};
use std::{
    collections::BTreeSet,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

/// The most users that are kept. There is no time to poke more.
const USERS: usize = 256;

/// Keeps the users whom commits moved: the domain announces them, and [`super::Gateway::tell`] takes them. Clones share the same users.
#[derive(Debug, Clone, Default)]
pub struct MovedUsers(Arc<Mutex<BTreeSet<UserId>>>);

impl MovedUsers {
    /// Those who were moved since the last call, at most 256.
    pub(super) fn take(&self) -> BTreeSet<UserId> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Announce for MovedUsers {
    fn moved(&self, users: &[&UserId], _: &ConversationId) {
        let mut moved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for user in users {
            if moved.len() < USERS {
                moved.insert((*user).clone());
            }
        }
    }

    /// Connections at a gateway show neither typing nor who is there.
    fn relations_changed(&self, _: &[&UserId]) {}
}

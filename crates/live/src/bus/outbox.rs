//! What waits to be told to the other servers.

use super::batch::{Batch, Keys, Notification};
use jobline_chat::UserId;
use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// The most users whose moves wait: about 40 KB.
const MOVED_MOST: usize = 2_000;
/// The most bytes of other things that wait.
const TOLD_BYTES: usize = 256 * 1024;

#[derive(Default)]
struct Waiting {
    moved: HashSet<u64>,
    told: Vec<Notification>,
    told_bytes: usize,
    /// Moves were dropped: there was no room.
    lost: bool,
}

/// What waits to be told to the other servers; bounded, so that it may drop something.
pub(crate) struct Outbox {
    pub keys: Keys,
    waiting: Mutex<Waiting>,
    notify: Notify,
}

impl Outbox {
    pub fn new(keys: Keys) -> Self {
        Self { keys, waiting: Mutex::default(), notify: Notify::new() }
    }

    /// The heads of these users moved.
    pub fn moved<'a>(&self, users: impl IntoIterator<Item = &'a UserId>) {
        let mut waiting = self.waiting();
        for user in users {
            if waiting.moved.len() < MOVED_MOST {
                waiting.moved.insert(self.keys.fingerprint(user));
            } else {
                waiting.lost = true;
            }
        }
        drop(waiting);
        self.notify.notify_one();
    }

    /// A notification that is not stored; dropped when too much of it waits.
    pub fn tell(&self, told: Notification) {
        let mut waiting = self.waiting();
        let bytes = bytes(&told);
        if waiting.told_bytes + bytes <= TOLD_BYTES {
            waiting.told_bytes += bytes;
            waiting.told.push(told);
        }
        drop(waiting);
        self.notify.notify_one();
    }

    /// Ends a wait for something to be told.
    pub fn wake(&self) {
        self.notify.notify_one();
    }

    /// Waits until there is something.
    pub async fn filled(&self) {
        self.notify.notified().await;
    }

    /// All that waits, and whether moves are missing in it.
    pub fn take(&self) -> (Batch, bool) {
        let Waiting { moved, told, lost, .. } = std::mem::take(&mut *self.waiting());
        (Batch { leaves: false, moved: moved.into_iter().collect(), told }, lost)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// About how many bytes it takes.
fn bytes(told: &Notification) -> usize {
    let many = |texts: &[String]| texts.iter().map(|text| text.len() + 3).sum::<usize>();
    64 + match told {
        Notification::Typing { conversation, user, audience, .. } => conversation.len() + user.len() + many(audience),
        Notification::Online { user, presence_peers } => user.len() + many(presence_peers),
        Notification::Gone { user, .. } => user.len(),
        Notification::Relations { users } => many(users),
        Notification::Parted { user, others } => user.len() + many(others),
        // Quotes in it are written with a backslash.
        Notification::Signal { user, device, frame } => user.len() + device.len() + 2 * frame.len(),
        Notification::Unknown => 0,
    }
}

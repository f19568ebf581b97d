//! Which users are at a device of theirs now, or were a moment ago.

use super::member::Member;
use jobline_chat::UserId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How long a user counts as online after their last device became inactive.
pub(crate) const ONLINE_MS: u64 = 120_000;
/// The shortest time between two records of when a user was seen.
pub(crate) const SEEN_EVERY_MS: u64 = 300_000;

/// A user who is not online any more.
#[derive(Debug)]
pub struct Departure {
    pub(super) user: UserId,
    pub(super) last_ms: u64,
    pub(super) told: Arc<[UserId]>,
}

impl Departure {
    /// Who it is.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.user
    }
}

struct Active {
    /// The devices that are active.
    devices: Vec<u64>,
    /// When the last of them was active.
    last_ms: u64,
    /// When it was last recorded that the user was seen.
    recorded_ms: Option<u64>,
    /// Who was told that the user is online, and is to be told when they are not any more.
    told: Arc<[UserId]>,
    /// They were told so. It is remembered a while longer when the user was last recorded.
    gone: bool,
}

/// Everyone who is online, and those who were a few minutes ago.
#[derive(Default)]
pub(super) struct Presences {
    users: Mutex<HashMap<UserId, Active>>,
}

impl Presences {
    /// A device became active or inactive.
    pub fn set(&self, member: &Member, active: bool, now_ms: u64) {
        let mut users = self.users();
        if active {
            let entry = users.entry(member.user.clone()).or_insert_with(|| Active {
                devices: Vec::new(),
                last_ms: now_ms,
                recorded_ms: None,
                told: Arc::new([]),
                gone: false,
            });
            (entry.last_ms, entry.gone) = (now_ms, false);
            if !entry.devices.contains(&member.number) {
                entry.devices.push(member.number);
            }
        } else if let Some(entry) = users.get_mut(&member.user)
            && entry.devices.contains(&member.number)
        {
            entry.last_ms = entry.last_ms.max(now_ms);
            entry.devices.retain(|device| *device != member.number);
        }
    }

    /// When `user` was last active; now while they are.
    pub fn last_ms(&self, user: &UserId, now_ms: u64) -> Option<u64> {
        self.users().get(user).map(|entry| if entry.devices.is_empty() { entry.last_ms } else { now_ms })
    }

    /// Whether it is to be recorded now that the user is seen. Says so at most every five minutes.
    pub fn takes_record(&self, user: &UserId, now_ms: u64) -> bool {
        let mut users = self.users();
        let Some(entry) = users.get_mut(user) else { return false };
        let due = entry.recorded_ms.is_none_or(|at| now_ms >= at + SEEN_EVERY_MS);
        if due {
            entry.recorded_ms = Some(now_ms);
        }
        due
    }

    /// `circle` was told that `user` is online, if they are.
    pub fn told(&self, user: &UserId, circle: Arc<[UserId]>) -> bool {
        match self.users().get_mut(user) {
            Some(entry) if !entry.gone => {
                entry.told = circle;
                true
            }
            _ => false,
        }
    }

    /// Those among `users` who are online.
    pub fn online(&self, users: &[UserId]) -> Vec<UserId> {
        let online = self.users();
        users.iter().filter(|user| online.get(*user).is_some_and(|entry| !entry.gone)).cloned().collect()
    }

    /// Those who are not online any more since the last call: who they are, when they were last active, and who is to be told.
    pub fn expire(&self, now_ms: u64) -> Vec<Departure> {
        let mut gone = Vec::new();
        self.users().retain(|user, entry| {
            let online = !entry.devices.is_empty() || now_ms < entry.last_ms + ONLINE_MS;
            if !online && !entry.gone {
                entry.gone = true;
                let told = std::mem::replace(&mut entry.told, Arc::new([]));
                gone.push(Departure { user: user.clone(), last_ms: entry.last_ms, told });
            }
            online || entry.recorded_ms.is_some_and(|at| now_ms < at + SEEN_EVERY_MS)
        });
        gone
    }

    /// How many users are remembered.
    pub fn len(&self) -> usize {
        self.users().len()
    }

    fn users(&self) -> MutexGuard<'_, HashMap<UserId, Active>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

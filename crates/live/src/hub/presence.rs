//! Which users are active on a device now, or were a moment ago.

use super::subscriber::Subscriber;
use jobline_chat::UserId;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How long a user counts as online after their last device became inactive.
pub(crate) const ONLINE_MS: u64 = 120_000;
/// How long a user on another server counts as online without a repetition.
const ELSEWHERE_MS: u64 = 150_000;
/// The most users on other servers of whom it is remembered that they are online.
const ELSEWHERE_MOST: usize = 100_000;
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
    /// The user.
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
    /// Who was told that the user is online, and has to be told when they go offline.
    told: Arc<[UserId]>,
    /// They were told so. It is remembered a while longer when the user was last recorded.
    gone: bool,
}

/// Everyone who is online, and those who were a few minutes ago.
#[derive(Default)]
pub(super) struct Presences {
    users: Mutex<HashMap<UserId, Active>>,
    elsewhere: Mutex<HashMap<UserId, Elsewhere>>,
    /// The presence peers of users who are connected here, from the last lookup.
    presence_peers: Mutex<HashMap<UserId, Arc<[UserId]>>>,
}

/// A user who is online at another server.
struct Elsewhere {
    until_ms: u64,
    last_ms: u64,
    told: Arc<[UserId]>,
}

impl Presences {
    /// A device became active or inactive.
    pub fn set(&self, subscriber: &Subscriber, active: bool, now_ms: u64) {
        let mut users = self.users();
        if active {
            let entry = users.entry(subscriber.user.clone()).or_insert_with(|| Active {
                devices: Vec::new(),
                last_ms: now_ms,
                recorded_ms: None,
                told: Arc::new([]),
                gone: false,
            });
            (entry.last_ms, entry.gone) = (now_ms, false);
            if !entry.devices.contains(&subscriber.number) {
                entry.devices.push(subscriber.number);
            }
        } else if let Some(entry) = users.get_mut(&subscriber.user)
            && entry.devices.contains(&subscriber.number)
        {
            entry.last_ms = entry.last_ms.max(now_ms);
            entry.devices.retain(|device| *device != subscriber.number);
        }
    }

    /// When `user` was last active; now while they are.
    pub fn last_ms(&self, user: &UserId, now_ms: u64) -> Option<u64> {
        if self.elsewhere().get(user).is_some_and(|one| now_ms < one.until_ms) {
            return Some(now_ms);
        }
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

    /// If `user` is online, records that `presence_peers` are told so. Returns whether they are to be told.
    pub fn set_told(&self, user: &UserId, presence_peers: Arc<[UserId]>) -> bool {
        match self.users().get_mut(user) {
            Some(entry) if !entry.gone => {
                entry.told = presence_peers;
                true
            }
            _ => false,
        }
    }

    /// Those among `users` who are online.
    pub fn online(&self, users: &[UserId]) -> Vec<UserId> {
        let (online, elsewhere) = (self.users(), self.elsewhere());
        let is_online =
            |user: &UserId| online.get(user).is_some_and(|entry| !entry.gone) || elsewhere.contains_key(user);
        users.iter().filter(|user| is_online(user)).cloned().collect()
    }

    /// The users who are online at this server, and who was told so.
    pub fn all_here(&self) -> Vec<(UserId, Arc<[UserId]>)> {
        let users = self.users();
        let online = users.iter().filter(|(_, entry)| !entry.gone && !entry.told.is_empty());
        online.map(|(user, entry)| (user.clone(), Arc::clone(&entry.told))).collect()
    }

    /// Who was told that a user is online, if they are at this server.
    pub fn told_here(&self, user: &UserId) -> Option<Arc<[UserId]>> {
        self.users().get(user).filter(|entry| !entry.gone).map(|entry| Arc::clone(&entry.told))
    }

    /// The users who see each other's online status with `user` are now `presence_peers`. Returns those who no longer are.
    pub fn set_presence_peers(&self, user: &UserId, presence_peers: &Arc<[UserId]>) -> Vec<UserId> {
        let before = self.presence_peers().insert(user.clone(), Arc::clone(presence_peers));
        let told = self.users().get(user).map(|entry| Arc::clone(&entry.told));
        let now: HashSet<&UserId> = presence_peers.iter().collect();
        let before: HashSet<&UserId> = before.iter().chain(&told).flat_map(|users| users.iter()).collect();
        before.difference(&now).map(|user| (*user).clone()).collect()
    }

    /// Nobody is connected here as `user` any more.
    pub fn forget_presence_peers(&self, user: &UserId) {
        self.presence_peers().remove(user);
    }

    /// `user` and each of `others` do not see each other any more.
    pub fn part(&self, user: &UserId, others: &[UserId]) {
        let all: HashSet<&UserId> = others.iter().collect();
        let (mut users, mut elsewhere, mut presence_peers) = (self.users(), self.elsewhere(), self.presence_peers());
        for (one, is_left) in others.iter().map(|one| (one, false)).chain([(user, true)]) {
            let of_user = users.get_mut(one).map(|entry| &mut entry.told);
            let of_elsewhere = elsewhere.get_mut(one).map(|entry| &mut entry.told);
            for seen_by in of_user.into_iter().chain(of_elsewhere).chain(presence_peers.get_mut(one)) {
                let goes = |other: &UserId| if is_left { all.contains(other) } else { other == user };
                if seen_by.iter().any(goes) {
                    *seen_by = seen_by.iter().filter(|other| !goes(other)).cloned().collect();
                }
            }
        }
    }

    /// A user is online at another server. Returns those of `presence_peers` for whom that is news.
    pub fn set_online_elsewhere(&self, user: UserId, presence_peers: Arc<[UserId]>, now_ms: u64) -> Vec<UserId> {
        let mut elsewhere = self.elsewhere();
        if elsewhere.len() >= ELSEWHERE_MOST && !elsewhere.contains_key(&user) {
            return Vec::new();
        }
        let entry = Elsewhere { until_ms: now_ms + ELSEWHERE_MS, last_ms: now_ms, told: Arc::clone(&presence_peers) };
        let before = elsewhere.insert(user, entry);
        let told: HashSet<&UserId> = before.iter().flat_map(|before| before.told.iter()).collect();
        presence_peers.iter().filter(|user| !told.contains(user)).cloned().collect()
    }

    /// A user is not online any more at another server.
    pub fn set_gone_elsewhere(&self, user: &UserId, last_ms: u64) {
        if let Some(entry) = self.elsewhere().get_mut(user) {
            (entry.until_ms, entry.last_ms) = (0, last_ms);
        }
    }

    /// Those who are online at no server any more: of `departures` from this one and of those from others.
    pub fn gone_everywhere(&self, departures: Vec<Departure>, now_ms: u64) -> Vec<Departure> {
        let (here, mut elsewhere) = (self.users(), self.elsewhere());
        let mut gone: Vec<Departure> = Vec::new();
        elsewhere.retain(|user, entry| {
            let is_over = now_ms >= entry.until_ms;
            if is_over && here.get(user).is_none_or(|entry| entry.gone) {
                gone.push(Departure { user: user.clone(), last_ms: entry.last_ms, told: Arc::clone(&entry.told) });
            }
            !is_over
        });
        let from_here = departures.into_iter().filter(|departure| !elsewhere.contains_key(&departure.user));
        gone.retain(|one| !one.told.is_empty());
        gone.extend(from_here);
        gone
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

    fn presence_peers(&self) -> MutexGuard<'_, HashMap<UserId, Arc<[UserId]>>> {
        self.presence_peers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elsewhere(&self) -> MutexGuard<'_, HashMap<UserId, Elsewhere>> {
        self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn users(&self) -> MutexGuard<'_, HashMap<UserId, Active>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

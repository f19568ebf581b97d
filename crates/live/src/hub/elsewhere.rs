//! Notifications from and to other servers.

use super::{Departure, Hub, Inner, Kind, Seen, Users, rooms::Stopped};
use crate::bus::{
    batch::{Batch, Notification},
    outbox::Outbox,
};
use jobline_chat::UserId;
use std::sync::{Arc, atomic::Ordering};

/// How long a user on another server counts as typing without a repetition, which comes every 3 s.
const TYPES_MS: u64 = 8_000;
/// In the numbers of devices on other servers, so that none is that of a device here.
const ELSEWHERE: u64 = 1 << 63;

impl Hub {
    /// What the other servers are to be told; `None` where there are none.
    pub(crate) fn outbox(&self) -> Option<Arc<Outbox>> {
        self.inner.outbox.clone()
    }

    /// Everyone who is connected or waits with a poll.
    pub(crate) fn connected(&self) -> Vec<UserId> {
        self.inner.users().subscribers.keys().cloned().collect()
    }

    /// Takes in what another server tells.
    pub(crate) fn hear(&self, batch: Batch, now_ms: u64) {
        let all = self.inner.users();
        let Users { subscribers, by_fingerprint } = &*all;
        for subscriber in
            batch.moved.iter().filter_map(|fingerprint| subscribers.get(by_fingerprint.get(fingerprint)?)).flatten()
        {
            subscriber.moved();
        }
        drop(all);
        for told in batch.told {
            let _ = self.hear_of(told, now_ms);
        }
    }

    /// `None` for what this server does not understand.
    fn hear_of(&self, told: Notification, now_ms: u64) -> Option<()> {
        match told {
            Notification::Typing { conversation, user, typing, audience } => {
                let number = self.inner.number_elsewhere(&conversation, &user)?;
                let audience = users(&audience);
                match typing {
                    true => {
                        let (user, until_ms) = (UserId::new(&user)?, now_ms + TYPES_MS);
                        self.inner.rooms.types_elsewhere(number, user, &conversation, audience, until_ms);
                    }
                    false => drop(self.inner.rooms.stops_typing_at(number)),
                }
            }
            Notification::Online { user, presence_peers } => {
                let (user, presence_peers) = (UserId::new(&user)?, users(&presence_peers));
                let news_to = self.inner.presences.set_online_elsewhere(user.clone(), presence_peers, now_ms);
                self.show(&Seen { user, online: true, last_ms: Some(now_ms) }, &news_to);
            }
            Notification::Parted { user, others } => self.part_here(&UserId::new(&user)?, &users(&others)),
            Notification::Gone { user, last_ms } => {
                let user = UserId::new(&user)?;
                self.inner.presences.set_gone_elsewhere(&user, last_ms);
                // Third servers must not conclude that the user has left this server, too.
                if let Some(presence_peers) = self.inner.presences.told_here(&user) {
                    self.inner.tell_online(&user, &presence_peers);
                }
            }
            Notification::Signal { user, device, frame } => {
                self.signal_here(&UserId::new(&user)?, &device, &frame);
            }
            Notification::Relations { users: names } => self.relations_changed_here(&*users(&names)),
            Notification::Unknown => return None,
        }
        Some(())
    }

    /// Hands a frame of a call to a device of a user, wherever that is connected.
    pub fn signal(&self, user: &UserId, device: &str, frame: String) {
        if !self.signal_here(user, device, &frame)
            && let Some(outbox) = &self.inner.outbox
        {
            outbox.tell(Notification::Signal { user: user.to_string(), device: device.to_owned(), frame });
        }
    }

    /// Answers whether the device is connected here for certain.
    fn signal_here(&self, user: &UserId, device: &str, frame: &str) -> bool {
        let all = self.inner.users();
        let subscribers = all.subscribers.get(user).into_iter().flatten();
        let connections = subscribers.filter(|subscriber| subscriber.kind == Kind::Connection);
        // Every one is told: several tabs may name the same device.
        connections.map(|subscriber| subscriber.signal(device, frame)).filter(|is_it| *is_it).count() > 0
    }

    /// Announces to the other servers who is online here.
    pub(crate) fn tell_who_is_online(&self) {
        for (user, presence_peers) in self.inner.presences.all_here() {
            self.inner.tell_online(&user, &presence_peers);
        }
    }

    /// Forgets those on other servers who did not say that they type on.
    pub(crate) fn forget_typing_elsewhere(&self, now_ms: u64) {
        self.inner.rooms.forget(now_ms);
    }

    /// Tells every connection whether news from other servers may be late.
    pub(crate) fn set_degraded(&self, is: bool) {
        // Under the lock under which connections join.
        let users = self.inner.users_mut();
        self.inner.degraded.store(is, Ordering::SeqCst);
        for subscriber in users.subscribers.values().flatten() {
            subscriber.degraded(is);
        }
    }

    /// Whether news from other servers may be late: the bus is down, or a server is cut off from it.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        self.inner.degraded.load(Ordering::SeqCst)
    }
}

impl Inner {
    /// The number of a device elsewhere: the same for all devices at which a user types in a conversation.
    fn number_elsewhere(&self, conversation: &str, user: &str) -> Option<u64> {
        let place = UserId::new(user)?;
        let hash = blake3::hash(format!("{place} {conversation}").as_bytes());
        Some(ELSEWHERE | u64::from_le_bytes(hash.as_bytes()[..8].try_into().ok()?))
    }

    pub(super) fn tell_typing(&self, who: Option<Stopped>, typing: bool) {
        if let (Some(outbox), Some((conversation, user, audience))) = (&self.outbox, who) {
            outbox.tell(Notification::Typing {
                conversation,
                user: user.to_string(),
                typing,
                audience: names(&audience),
            });
        }
    }

    pub(super) fn tell_relations(&self, users: &[&UserId]) {
        if let Some(outbox) = &self.outbox {
            outbox.tell(Notification::Relations { users: users.iter().map(ToString::to_string).collect() });
        }
    }

    pub(super) fn tell_parted(&self, user: &UserId, others: &[UserId]) {
        if let Some(outbox) = &self.outbox {
            outbox.tell(Notification::Parted { user: user.to_string(), others: names(others) });
        }
    }

    pub(super) fn tell_online(&self, user: &UserId, presence_peers: &[UserId]) {
        if let Some(outbox) = &self.outbox {
            outbox.tell(Notification::Online { user: user.to_string(), presence_peers: names(presence_peers) });
        }
    }

    pub(super) fn tell_gone(&self, departures: &[Departure]) {
        for Departure { user, last_ms, .. } in departures {
            if let Some(outbox) = &self.outbox {
                outbox.tell(Notification::Gone { user: user.to_string(), last_ms: *last_ms });
            }
        }
    }
}

fn names(users: &[UserId]) -> Vec<String> {
    users.iter().map(ToString::to_string).collect()
}

fn users(names: &[String]) -> Arc<[UserId]> {
    names.iter().filter_map(|name| UserId::new(name)).collect()
}

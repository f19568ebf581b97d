//! The connected users, and their notifications.
//!
//! The hub holds no news, only flags: the notifications of a session take the same memory however much happens. It
//! knows the connections of this process alone; users of other servers come from these (`elsewhere.rs`).

mod elsewhere;
pub(crate) mod presence;
mod rooms;
mod subscriber;

use crate::bus::{batch::Keys, outbox::Outbox};
use jobline_chat::{Announce, ConversationId, UserId};
use presence::Presences;
use rooms::Rooms;
use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};
use subscriber::Subscriber;

pub use presence::Departure;
pub use subscriber::{News, Seen};

/// What a subscriber is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A live connection.
    Connection,
    /// A poll that is answered when something moved.
    Poll,
}

/// How many subscribers there may be at a time.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of each kind, for one user: the oldest is closed for the next.
    pub of_a_user: usize,
    /// Of each kind, in all.
    pub in_all: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { of_a_user: 10, in_all: 10_000 }
    }
}

/// There is no room for another one, or the server stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// The users connected to this process. Clones are handles to the same.
#[derive(Clone, Default)]
pub struct Hub {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    limits: Limits,
    users: RwLock<Users>,
    open: [AtomicUsize; 2],
    numbers: AtomicU64,
    stops: AtomicBool,
    rooms: Rooms,
    presences: Presences,
    /// Notifications for the other servers; `None` where there are none.
    outbox: Option<Arc<Outbox>>,
    /// Something that other servers tell may be lost.
    degraded: AtomicBool,
}

/// The connected users.
#[derive(Default)]
struct Users {
    subscribers: HashMap<UserId, Vec<Arc<Subscriber>>>,
    /// The users by their fingerprints; empty where no other server names them so.
    by_fingerprint: HashMap<u64, UserId>,
}

impl Hub {
    /// Nobody is connected yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { inner: Arc::new(Inner { limits, ..Inner::default() }) }
    }

    /// [`Hub::new`] on one of several servers that tell each other what happens, sealed with a `key` that they share.
    #[must_use]
    pub fn among_servers(limits: Limits, key: [u8; 32]) -> Self {
        let outbox = Some(Arc::new(Outbox::new(Keys::new(key))));
        Self { inner: Arc::new(Inner { limits, outbox, ..Inner::default() }) }
    }

    /// `user` gets notifications from now on, until the ticket is dropped. When they have the maximum of this kind, the
    /// oldest is told to close.
    ///
    /// # Errors
    /// [`Full`].
    pub fn join(&self, user: UserId, kind: Kind) -> Result<Ticket, Full> {
        let inner = &self.inner;
        // Looked at under the lock under which `stop` tells everyone: nobody joins unnoticed in between.
        let mut users = inner.users_mut();
        let open = &inner.open[kind as usize];
        if self.stops() || open.load(Ordering::SeqCst) >= inner.limits.in_all {
            return Err(Full);
        }
        open.fetch_add(1, Ordering::SeqCst);
        let subscriber = Arc::new(Subscriber::new(inner.numbers.fetch_add(1, Ordering::Relaxed), user.clone(), kind));
        if let Some(outbox) = &inner.outbox {
            users.by_fingerprint.insert(outbox.keys.fingerprint(&user), user.clone());
        }
        let subscribers = users.subscribers.entry(user).or_default();
        let same = |one: &Arc<Subscriber>| one.kind == kind && !one.is_replaced();
        if subscribers.iter().filter(|one| same(one)).count() >= inner.limits.of_a_user
            && let Some(oldest) = subscribers.iter().find(|one| same(one))
        {
            oldest.replace();
        }
        subscribers.push(Arc::clone(&subscriber));
        // Under the lock, too: otherwise a change of it might be told to everyone but this one.
        if self.is_degraded() {
            subscriber.degraded(true);
        }
        Ok(Ticket { hub: self.clone(), subscriber })
    }

    /// Something moved for `users`: a commit on this server that changed their heads has happened. Never waits.
    pub fn moved<'a>(&self, users: impl IntoIterator<Item = &'a UserId> + Clone) {
        self.moved_here(users.clone());
        if let Some(outbox) = &self.inner.outbox {
            outbox.moved(users);
        }
    }

    /// Notifies those of `users` who are connected here that something changed.
    pub(crate) fn moved_here<'a>(&self, users: impl IntoIterator<Item = &'a UserId>) {
        let all = self.inner.users();
        for subscriber in users.into_iter().filter_map(|user| all.subscribers.get(user)).flatten() {
            subscriber.moved();
        }
    }

    /// Visibility between each of `users` and others may have changed: on this server that was committed. Never waits.
    pub fn relations_changed(&self, users: &[&UserId]) {
        self.relations_changed_here(users.iter().copied());
        self.inner.tell_relations(users);
    }

    /// Notifies those of `users` who are connected here that their relations may have changed.
    pub(crate) fn relations_changed_here<'a>(&self, users: impl IntoIterator<Item = &'a UserId>) {
        let all = self.inner.users();
        let subscribers = users.into_iter().filter_map(|user| all.subscribers.get(user)).flatten();
        for subscriber in subscribers.filter(|subscriber| subscriber.kind == Kind::Connection) {
            subscriber.relations_changed();
        }
    }

    /// When `user` was last active at a device that is or was connected here; `None` when that is more than two minutes ago.
    #[must_use]
    pub fn last_active_ms(&self, user: &UserId, now_ms: u64) -> Option<u64> {
        self.inner.presences.last_ms(user, now_ms)
    }

    /// The users who have not been active for two minutes and were online when this was asked last. Each is answered once.
    #[must_use]
    pub fn departures(&self, now_ms: u64) -> Vec<Departure> {
        let departures = self.inner.presences.expire(now_ms);
        self.inner.tell_gone(&departures);
        self.inner.presences.gone_everywhere(departures, now_ms)
    }

    /// Tells of a departure: those who were told that the user is online. Users who no longer see this user, since they
    /// are not in `presence_peers`, get what strangers get.
    pub fn tell_departure(&self, departure: Departure, presence_peers: &[UserId]) {
        let Departure { user, last_ms, told } = departure;
        let (sees, strangers): (Vec<UserId>, Vec<UserId>) =
            told.iter().cloned().partition(|one| presence_peers.contains(one));
        self.show(&Seen { user: user.clone(), online: false, last_ms: None }, &strangers);
        self.show(&Seen { user, online: false, last_ms: Some(last_ms) }, &sees);
    }

    /// `user` and each of `others` do not see each other any more: both are notified, and get nothing more of each
    /// other.
    pub(crate) fn part_here(&self, user: &UserId, others: &[UserId]) {
        self.inner.presences.part(user, others);
        let stranger = |user: &UserId| Seen { user: user.clone(), online: false, last_ms: None };
        self.show(&stranger(user), others);
        for other in others {
            self.show(&stranger(other), std::slice::from_ref(user));
        }
    }

    /// How many users are remembered as online now or a few minutes ago.
    #[must_use]
    pub fn present(&self) -> usize {
        self.inner.presences.len()
    }

    fn show(&self, seen: &Seen, to: &[UserId]) {
        let all = self.inner.users();
        let subscribers = to.iter().filter_map(|user| all.subscribers.get(user)).flatten();
        // A poll that waits does so for changes alone.
        for subscriber in subscribers.filter(|subscriber| subscriber.kind == Kind::Connection) {
            subscriber.shows(seen);
        }
    }

    /// Accepts nobody any more, and tells everyone to close.
    pub fn stop(&self) {
        let users = self.inner.users_mut();
        self.inner.stops.store(true, Ordering::SeqCst);
        for subscriber in users.subscribers.values().flatten() {
            subscriber.stop();
        }
        if let Some(outbox) = &self.inner.outbox {
            outbox.wake();
        }
    }

    /// Whether it was stopped.
    #[must_use]
    pub fn stops(&self) -> bool {
        self.inner.stops.load(Ordering::SeqCst)
    }

    /// How many of a kind are open.
    #[must_use]
    pub fn open(&self, kind: Kind) -> usize {
        self.inner.open[kind as usize].load(Ordering::SeqCst)
    }

    /// How many users, watched conversations and people who type are remembered. All are 0 when everyone has
    /// disconnected.
    #[must_use]
    pub fn remembered(&self) -> (usize, usize, usize) {
        let users = self.inner.users().subscribers.len();
        let (rooms, typing) = self.inner.rooms.remembered();
        (users, rooms, typing)
    }
}

/// The domain tells it of every commit that happened.
impl Announce for Hub {
    fn moved(&self, users: &[&UserId], _: &ConversationId) {
        Self::moved(self, users.iter().copied());
    }

    fn relations_changed(&self, users: &[&UserId]) {
        Self::relations_changed(self, users);
    }
}

impl Inner {
    fn users(&self) -> RwLockReadGuard<'_, Users> {
        self.users.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn users_mut(&self) -> RwLockWriteGuard<'_, Users> {
        self.users.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, subscriber: &Subscriber) {
        let stopped = self.rooms.leave(subscriber);
        self.tell_typing(stopped, false);
        // Callers that knew the time have set it before; otherwise the user was last active when they said they were.
        self.presences.set(subscriber, false, 0);
        let mut users = self.users_mut();
        if let Some(subscribers) = users.subscribers.get_mut(&subscriber.user) {
            subscribers.retain(|one| one.number != subscriber.number);
            if subscribers.is_empty() {
                users.subscribers.remove(&subscriber.user);
                self.presences.forget_presence_peers(&subscriber.user);
                if let Some(outbox) = &self.outbox {
                    users.by_fingerprint.remove(&outbox.keys.fingerprint(&subscriber.user));
                }
            }
        }
        self.open[subscriber.kind as usize].fetch_sub(1, Ordering::SeqCst);
    }
}

/// A connection's or waiting poll's registration with the hub; dropping it ends it.
pub struct Ticket {
    hub: Hub,
    subscriber: Arc<Subscriber>,
}

impl Ticket {
    /// Its user.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.subscriber.user
    }

    /// The hub that it is registered with.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// The name of this device, to which signals of calls go.
    pub fn device(&self, name: String) {
        self.subscriber.device(name);
    }

    /// The next news; at once when there are some already. Nothing is lost when the future is dropped.
    pub async fn news(&self) -> News {
        self.subscriber.news().await
    }

    /// The present news, without waiting.
    #[must_use]
    pub fn take(&self) -> News {
        self.subscriber.take()
    }

    /// The user is active on this device, or no longer. `now_ms`: Unix milliseconds.
    pub fn active(&self, active: bool, now_ms: u64) {
        self.hub.inner.presences.set(&self.subscriber, active, now_ms);
    }

    /// Whether it is to be recorded now that the user was seen: at most every five minutes, on all devices together.
    #[must_use]
    pub fn takes_record(&self, now_ms: u64) -> bool {
        self.hub.inner.presences.takes_record(self.user(), now_ms)
    }

    /// Sets the user's presence peers. Those who are online are shown to this device, and this user to them while online.
    /// Users who were presence peers and no longer are get what strangers get of each other.
    pub fn show_presence(&self, presence_peers: Vec<UserId>, now_ms: u64) {
        let presences = &self.hub.inner.presences;
        let presence_peers: Arc<[UserId]> = presence_peers.into();
        let parted = presences.set_presence_peers(self.user(), &presence_peers);
        if !parted.is_empty() {
            self.hub.part_here(self.user(), &parted);
            self.hub.inner.tell_parted(self.user(), &parted);
        }
        for user in presences.online(&presence_peers) {
            self.subscriber.shows(&Seen { user, online: true, last_ms: Some(now_ms) });
        }
        if presences.set_told(self.user(), Arc::clone(&presence_peers)) {
            let seen = Seen { user: self.user().clone(), online: true, last_ms: Some(now_ms) };
            self.hub.show(&seen, &presence_peers);
            self.hub.inner.tell_online(self.user(), &presence_peers);
        }
    }

    /// The conversation on screen: typing there is reported from now on, and present typing at once.
    pub fn watch(&self, conversation: Option<&str>) {
        self.hub.inner.rooms.watch(&self.subscriber, conversation);
    }

    /// This device types: told to those of `audience` who watch the conversation.
    pub fn types(&self, conversation: &str, audience: Arc<[UserId]>) {
        self.hub.inner.rooms.types(&self.subscriber, conversation, Arc::clone(&audience));
        self.hub.inner.tell_typing(Some((conversation.to_owned(), self.user().clone(), audience)), true);
    }

    /// The user stopped typing on this device.
    pub fn stops_typing(&self) {
        let stopped = self.hub.inner.rooms.stops_typing(&self.subscriber);
        self.hub.inner.tell_typing(stopped, false);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.hub.inner.leave(&self.subscriber);
    }
}

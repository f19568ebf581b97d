//! Who watches which conversation, and who is typing there.

use super::subscriber::Subscriber;
use jobline_chat::UserId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Who stopped typing: the conversation, the user and who saw it.
pub(super) type Stopped = (String, UserId, Arc<[UserId]>);

/// The most devices on all servers of which it is remembered that they type.
const TYPISTS_MOST: usize = 20_000;

/// A device that types.
struct Typist {
    number: u64,
    user: UserId,
    audience: Arc<[UserId]>,
    /// Until when that counts for a device on another server; one of this server says when it stops.
    until_ms: Option<u64>,
}

#[derive(Default)]
struct Room {
    watchers: Vec<Arc<Subscriber>>,
    typists: Vec<Typist>,
}

#[derive(Default)]
struct All {
    rooms: HashMap<String, Room>,
    /// Where the devices that type do so.
    typing_in: HashMap<u64, String>,
}

/// All conversations that somebody watches or types in.
#[derive(Default)]
pub(super) struct Rooms {
    all: Mutex<All>,
}

impl Rooms {
    /// `subscriber` watches `conversation` and no other one, and gets who is typing there already.
    pub fn watch(&self, subscriber: &Arc<Subscriber>, conversation: Option<&str>) {
        let mut all = self.all();
        if let Some(before) = subscriber.watch(conversation) {
            all.unwatch(&before, subscriber.number);
        }
        let Some(conversation) = conversation else { return };
        let room = all.rooms.entry(conversation.to_owned()).or_default();
        room.watchers.push(Arc::clone(subscriber));
        for typist in room.typists.iter().filter(|typist| typist.is_seen_by(subscriber)) {
            subscriber.typing(conversation, &typist.user, true);
        }
    }

    /// `subscriber` types in `conversation` and in no other one.
    pub fn types(&self, subscriber: &Subscriber, conversation: &str, audience: Arc<[UserId]>) {
        let typist = Typist { number: subscriber.number, user: subscriber.user.clone(), audience, until_ms: None };
        self.all().types(conversation, typist);
    }

    /// A device on another server, which is given a number here, types in `conversation`, up to `until_ms`. Above the
    /// maximum another one is not shown.
    pub fn types_elsewhere(
        &self,
        number: u64,
        user: UserId,
        conversation: &str,
        audience: Arc<[UserId]>,
        until_ms: u64,
    ) {
        let mut all = self.all();
        if all.typing_in.len() < TYPISTS_MOST || all.typing_in.contains_key(&number) {
            all.types(conversation, Typist { number, user, audience, until_ms: Some(until_ms) });
        }
    }

    /// The user stopped typing on this device. Returns what this stopped, if the user is typing on no other device.
    pub fn stops_typing(&self, subscriber: &Subscriber) -> Option<Stopped> {
        self.stops_typing_at(subscriber.number)
    }

    /// [`Rooms::stops_typing`] of the device with this number.
    pub fn stops_typing_at(&self, number: u64) -> Option<Stopped> {
        self.all().stops_typing(number)
    }

    /// Forgets those on other servers who did not say that they type on.
    pub fn forget(&self, now_ms: u64) {
        let mut all = self.all();
        let rooms = all.rooms.values().flat_map(|room| &room.typists);
        let over: Vec<u64> =
            rooms.filter(|one| one.until_ms.is_some_and(|until| now_ms >= until)).map(|one| one.number).collect();
        for number in over {
            let _ = all.stops_typing(number);
        }
    }

    /// `subscriber` has gone. Answers as [`Rooms::stops_typing`].
    pub fn leave(&self, subscriber: &Subscriber) -> Option<Stopped> {
        let mut all = self.all();
        let stopped = all.stops_typing(subscriber.number);
        if let Some(before) = subscriber.watch(None) {
            all.unwatch(&before, subscriber.number);
        }
        stopped
    }

    /// How many conversations and how many devices that type are remembered.
    pub fn remembered(&self) -> (usize, usize) {
        let all = self.all();
        (all.rooms.len(), all.typing_in.len())
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl All {
    fn unwatch(&mut self, conversation: &str, number: u64) {
        if let Some(room) = self.rooms.get_mut(conversation) {
            room.watchers.retain(|one| one.number != number);
        }
        self.tidy(conversation);
    }

    fn types(&mut self, conversation: &str, typist: Typist) {
        let number = typist.number;
        if self.typing_in.get(&number).is_some_and(|before| before != conversation) {
            let _ = self.stops_typing(number);
        }
        let room = self.rooms.entry(conversation.to_owned()).or_default();
        room.tell(conversation, &typist, true);
        room.typists.retain(|one| one.number != number);
        room.typists.push(typist);
        self.typing_in.insert(number, conversation.to_owned());
    }

    fn stops_typing(&mut self, number: u64) -> Option<Stopped> {
        let conversation = self.typing_in.remove(&number)?;
        let stopped = self.rooms.get_mut(&conversation).and_then(|room| room.stops_typing(&conversation, number));
        self.tidy(&conversation);
        let Typist { user, audience, .. } = stopped?;
        Some((conversation, user, audience))
    }

    fn tidy(&mut self, conversation: &str) {
        if self.rooms.get(conversation).is_some_and(|room| room.watchers.is_empty() && room.typists.is_empty()) {
            self.rooms.remove(conversation);
        }
    }
}

impl Room {
    fn stops_typing(&mut self, conversation: &str, number: u64) -> Option<Typist> {
        let at = self.typists.iter().position(|one| one.number == number)?;
        let typist = self.typists.remove(at);
        // As long as another device of the same user types, the user does.
        if self.typists.iter().any(|one| one.user == typist.user) {
            return None;
        }
        self.tell(conversation, &typist, false);
        Some(typist)
    }

    fn tell(&self, conversation: &str, typist: &Typist, typing: bool) {
        for watcher in self.watchers.iter().filter(|watcher| typist.is_seen_by(watcher)) {
            watcher.typing(conversation, &typist.user, typing);
        }
    }
}

impl Typist {
    fn is_seen_by(&self, subscriber: &Subscriber) -> bool {
        self.user != subscriber.user && self.audience.contains(&subscriber.user)
    }
}

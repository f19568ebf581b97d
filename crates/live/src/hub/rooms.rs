//! Who watches which conversation, and who types there.

use super::member::Member;
use jobline_chat::UserId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A device that types.
struct Typist {
    number: u64,
    user: UserId,
    audience: Arc<[UserId]>,
}

#[derive(Default)]
struct Room {
    watchers: Vec<Arc<Member>>,
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
    /// `member` watches `conversation` and no other one, and is told who types there already.
    pub fn watch(&self, member: &Arc<Member>, conversation: Option<&str>) {
        let mut all = self.all();
        if let Some(before) = member.watch(conversation) {
            all.unwatch(&before, member.number);
        }
        let Some(conversation) = conversation else { return };
        let room = all.rooms.entry(conversation.to_owned()).or_default();
        room.watchers.push(Arc::clone(member));
        for typist in room.typists.iter().filter(|typist| typist.is_seen_by(member)) {
            member.typing(conversation, &typist.user, true);
        }
    }

    /// `member` types in `conversation` and in no other one.
    pub fn types(&self, member: &Member, conversation: &str, audience: Arc<[UserId]>) {
        let mut all = self.all();
        if all.typing_in.get(&member.number).is_some_and(|before| before != conversation) {
            all.stops_typing(member.number);
        }
        let typist = Typist { number: member.number, user: member.user.clone(), audience };
        let room = all.rooms.entry(conversation.to_owned()).or_default();
        room.tell(conversation, &typist, true);
        room.typists.retain(|one| one.number != member.number);
        room.typists.push(typist);
        all.typing_in.insert(member.number, conversation.to_owned());
    }

    /// `member` types no more.
    pub fn stops_typing(&self, member: &Member) {
        self.all().stops_typing(member.number);
    }

    /// `member` has gone.
    pub fn leave(&self, member: &Member) {
        let mut all = self.all();
        all.stops_typing(member.number);
        if let Some(before) = member.watch(None) {
            all.unwatch(&before, member.number);
        }
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

    fn stops_typing(&mut self, number: u64) {
        let Some(conversation) = self.typing_in.remove(&number) else { return };
        if let Some(room) = self.rooms.get_mut(&conversation) {
            room.stops_typing(&conversation, number);
        }
        self.tidy(&conversation);
    }

    fn tidy(&mut self, conversation: &str) {
        if self.rooms.get(conversation).is_some_and(|room| room.watchers.is_empty() && room.typists.is_empty()) {
            self.rooms.remove(conversation);
        }
    }
}

impl Room {
    fn stops_typing(&mut self, conversation: &str, number: u64) {
        let Some(at) = self.typists.iter().position(|one| one.number == number) else { return };
        let typist = self.typists.remove(at);
        // As long as another device of the same user types, the user does.
        if self.typists.iter().all(|one| one.user != typist.user) {
            self.tell(conversation, &typist, false);
        }
    }

    fn tell(&self, conversation: &str, typist: &Typist, typing: bool) {
        for watcher in self.watchers.iter().filter(|watcher| typist.is_seen_by(watcher)) {
            watcher.typing(conversation, &typist.user, typing);
        }
    }
}

impl Typist {
    fn is_seen_by(&self, member: &Member) -> bool {
        self.user != member.user && self.audience.contains(&member.user)
    }
}

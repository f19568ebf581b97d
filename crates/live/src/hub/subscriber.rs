//! One connection or waiting poll in the hub: a few flags, and who types in the conversation that it watches.

use super::Kind;
use jobline_chat::UserId;
use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU8, AtomicU16, Ordering},
};
use tokio::sync::Notify;

const MOVED: u16 = 1;
const REPLACED: u16 = 2;
const STOPS: u16 = 4;
const TYPING: u16 = 8;
const SEEN: u16 = 16;
const DEGRADED: u16 = 32;
const RESTORED: u16 = 64;
const SIGNALS: u16 = 128;
const RELATIONS: u16 = 256;
/// The most signals, and the most bytes of them, that wait to be told to one device: further ones are dropped.
const SIGNALS_MOST: usize = 64;
const SIGNAL_BYTES_MOST: usize = 256 * 1024;
/// The most users whose presence waits to be told to one device: more come with their polls.
const SEEN_MOST: usize = 200;

/// Somebody came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Who.
    pub user: UserId,
    /// Whether they are online now.
    pub online: bool,
    /// When they were last active, in Unix milliseconds; `None` where that is not to be known.
    pub last_ms: Option<u64>,
}

/// The news for one connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// Something moved for the user.
    pub moved: bool,
    /// Visibility between the user and others may have changed.
    pub relations: bool,
    /// It has to close for a newer one.
    pub replaced: bool,
    /// The server stops.
    pub stops: bool,
    /// Who started or stopped typing in the watched conversation.
    pub typing: Option<(String, Vec<(UserId, bool)>)>,
    /// Who came online or went offline.
    pub seen: Vec<Seen>,
    /// Frames from the other device of a call, in their order.
    pub signals: Vec<String>,
    /// That news from other servers may be late from now on, or is not any more.
    pub degraded: Option<bool>,
}

#[derive(Debug, Default)]
struct Watched {
    conversation: Option<String>,
    /// The last news of each user: no longer than the conversation has members.
    typing: Vec<(UserId, bool)>,
    /// The last news of each user.
    seen: Vec<Seen>,
    /// The name of the device, if it was told.
    device: Option<String>,
    signals: Vec<String>,
}

/// One live connection or waiting poll, and what it has not been told yet.
pub(super) struct Subscriber {
    pub number: u64,
    pub user: UserId,
    pub kind: Kind,
    flags: AtomicU16,
    /// Stays set: the flags that say so are taken once.
    replaced: AtomicU8,
    notify: Notify,
    watched: Mutex<Watched>,
}

impl Subscriber {
    pub fn new(number: u64, user: UserId, kind: Kind) -> Self {
        let (flags, replaced, notify) = (AtomicU16::new(0), AtomicU8::new(0), Notify::new());
        Self { number, user, kind, flags, replaced, notify, watched: Mutex::default() }
    }

    pub fn moved(&self) {
        self.flag(MOVED);
    }

    pub fn relations_changed(&self) {
        self.flag(RELATIONS);
    }

    pub fn stop(&self) {
        self.flag(STOPS);
    }

    /// News from other servers may be late, or is not any more. Pending news of the opposite kind is removed.
    pub fn degraded(&self, is: bool) {
        let (set, taken_back) = if is { (DEGRADED, RESTORED) } else { (RESTORED, DEGRADED) };
        self.flags.fetch_and(!taken_back, Ordering::SeqCst);
        self.flag(set);
    }

    pub fn replace(&self) {
        self.replaced.store(1, Ordering::SeqCst);
        self.flag(REPLACED);
    }

    pub fn is_replaced(&self) -> bool {
        self.replaced.load(Ordering::SeqCst) > 0
    }

    /// Reports that `user` started or stopped typing in `conversation`, if it is the watched one.
    pub fn typing(&self, conversation: &str, user: &UserId, typing: bool) {
        let mut watched = self.watched();
        if watched.conversation.as_deref() != Some(conversation) {
            return;
        }
        watched.typing.retain(|(one, _)| one != user);
        watched.typing.push((user.clone(), typing));
        drop(watched);
        self.flag(TYPING);
    }

    /// Tells that somebody came or went.
    pub fn shows(&self, seen: &Seen) {
        let mut watched = self.watched();
        watched.seen.retain(|one| one.user != seen.user);
        if watched.seen.len() < SEEN_MOST {
            watched.seen.push(seen.clone());
        }
        drop(watched);
        self.flag(SEEN);
    }

    /// The name of the device.
    pub fn device(&self, name: String) {
        self.watched().device = Some(name);
    }

    /// A frame of a call for the device with this name. Returns whether this is certainly that device: a connection that
    /// gave no device name may be any.
    pub fn signal(&self, device: &str, frame: &str) -> bool {
        let mut watched = self.watched();
        let is_certain = watched.device.as_deref() == Some(device);
        let bytes: usize = watched.signals.iter().map(String::len).sum();
        let fits = watched.signals.len() < SIGNALS_MOST && bytes + frame.len() <= SIGNAL_BYTES_MOST;
        if fits && (is_certain || watched.device.is_none()) {
            watched.signals.push(frame.to_owned());
            drop(watched);
            self.flag(SIGNALS);
        }
        is_certain
    }

    /// Another conversation is watched; answers which one was.
    pub fn watch(&self, conversation: Option<&str>) -> Option<String> {
        let mut watched = self.watched();
        watched.typing.clear();
        std::mem::replace(&mut watched.conversation, conversation.map(str::to_owned))
    }

    pub async fn news(&self) -> News {
        loop {
            let notified = self.notify.notified();
            // Not kept while it waits, which connections do most of the time.
            if let Some(news) = self.some() {
                return news;
            }
            notified.await;
        }
    }

    /// The present news, if there are any.
    fn some(&self) -> Option<News> {
        Some(self.take()).filter(|news| *news != News::default())
    }

    pub fn take(&self) -> News {
        let flags = self.flags.swap(0, Ordering::SeqCst);
        let has = |flag| flags & flag > 0;
        let typing = if has(TYPING) { self.take_typing() } else { None };
        let seen = if has(SEEN) { std::mem::take(&mut self.watched().seen) } else { Vec::new() };
        let signals = if has(SIGNALS) { std::mem::take(&mut self.watched().signals) } else { Vec::new() };
        let degraded = has(DEGRADED | RESTORED).then(|| has(DEGRADED));
        let [moved, relations, replaced, stops] = [MOVED, RELATIONS, REPLACED, STOPS].map(has);
        News { moved, relations, replaced, stops, typing, seen, signals, degraded }
    }

    fn take_typing(&self) -> Option<(String, Vec<(UserId, bool)>)> {
        let mut watched = self.watched();
        let typing = std::mem::take(&mut watched.typing);
        let conversation = watched.conversation.clone().filter(|_| !typing.is_empty())?;
        Some((conversation, typing))
    }

    fn flag(&self, flag: u16) {
        if self.flags.fetch_or(flag, Ordering::SeqCst) & flag == 0 {
            self.notify.notify_one();
        }
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

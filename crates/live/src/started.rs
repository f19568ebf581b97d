//! The state of a connection once its client has sent `start`.

use crate::{
    action::Action, calling::Signaller, flow::Flow, hub::presence::SEEN_EVERY_MS, lookup::Lookup, typing::Typist,
};
use jobline_chat::UserId;

/// A connection whose client has said `start`.
#[derive(Debug)]
pub(crate) struct Started {
    pub flow: Flow,
    pub typist: Typist,
    pub signaller: Signaller,
    /// When it is to be recorded again that the user is there, while they are.
    pub record_ms: Option<u64>,
    /// The lookup of the users who see each other's online status with this one.
    pub presence_peers: Lookup,
    /// The presence peers may have changed since they were read.
    pub relations_changed: bool,
}

impl Started {
    /// The user becomes active on the device, or is no longer.
    pub fn active(&mut self, active: bool, now_ms: u64) -> Vec<Action> {
        if active == self.record_ms.is_some() {
            return Vec::new();
        }
        self.record_ms = active.then_some(now_ms);
        let mut todo = vec![Action::Active(active)];
        if active {
            todo.extend(self.find_presence_peers());
        }
        todo
    }

    /// Looks up the presence peers, once the client has caught up: before that it gets answers alone.
    pub fn find_presence_peers(&mut self) -> Option<Action> {
        if self.flow.is_catching_up() {
            return None;
        }
        if self.presence_peers.begin() {
            return Some(Action::FindPresencePeers);
        }
        self.presence_peers.outdate();
        None
    }

    /// The lookup has ended. If the presence peers could not be read, they stay as they were, unless they may have changed
    /// since: then nobody may see the user.
    pub fn presence_peers_found(&mut self, presence_peers: Option<Vec<UserId>>) -> Option<Action> {
        if !self.presence_peers.end() {
            return Some(Action::FindPresencePeers);
        }
        let may_have_changed = std::mem::take(&mut self.relations_changed);
        presence_peers.or_else(|| may_have_changed.then(Vec::new)).map(Action::ShowPresence)
    }

    /// Records that somebody is there, at once and every five minutes.
    pub fn record(&mut self, now_ms: u64) -> Option<Action> {
        self.record_ms.filter(|at| now_ms >= *at)?;
        self.record_ms = Some(now_ms + SEEN_EVERY_MS);
        Some(Action::Record)
    }
}

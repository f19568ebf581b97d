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
    /// Who sees the user online, and is seen.
    pub circle: Lookup,
    /// This may have changed since it was read.
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
            todo.extend(self.find_circle());
        }
        todo
    }

    /// Finds out who sees the user, and is seen.
    pub fn find_circle(&mut self) -> Option<Action> {
        if self.circle.begin() {
            return Some(Action::FindCircle);
        }
        self.circle.outdate();
        None
    }

    /// It is known who sees the user. If it could not be read, it stays as it was, unless it has changed since: then
    /// nobody may see them.
    pub fn circle_found(&mut self, circle: Option<Vec<UserId>>) -> Option<Action> {
        if !self.circle.end() {
            return Some(Action::FindCircle);
        }
        let may_have_changed = std::mem::take(&mut self.relations_changed);
        circle.or_else(|| may_have_changed.then(Vec::new)).map(Action::Meet)
    }

    /// Records that somebody is there, at once and every five minutes.
    pub fn record(&mut self, now_ms: u64) -> Option<Action> {
        self.record_ms.filter(|at| now_ms >= *at)?;
        self.record_ms = Some(now_ms + SEEN_EVERY_MS);
        Some(Action::Record)
    }
}

//! What is kept of a connection once its client has said `start`.

use crate::{action::Action, calling::Signaller, flow::Flow, hub::presence::SEEN_EVERY_MS, typing::Typist};

/// See the module.
#[derive(Debug)]
pub(crate) struct Started {
    pub flow: Flow,
    pub typist: Typist,
    pub signaller: Signaller,
    /// When it is to be recorded again that the user is there, while they are.
    pub record_ms: Option<u64>,
}

impl Started {
    /// Somebody begins to look at the device, or nobody does any more.
    pub fn active(&mut self, active: bool, now_ms: u64) -> Vec<Action> {
        if active == self.record_ms.is_some() {
            return Vec::new();
        }
        self.record_ms = active.then_some(now_ms);
        if active { vec![Action::Active(true), Action::FindCircle] } else { vec![Action::Active(false)] }
    }

    /// Records that somebody is there, at once and every five minutes.
    pub fn record(&mut self, now_ms: u64) -> Option<Action> {
        self.record_ms.filter(|at| now_ms >= *at)?;
        self.record_ms = Some(now_ms + SEEN_EVERY_MS);
        Some(Action::Record)
    }
}

//! What one device types: who is notified, how often, and when it ends.

use crate::lookup::Lookup;
use jobline_chat::UserId;
use std::sync::Arc;

/// The shortest time between two relays.
const EVERY_MS: u64 = 3_000;
/// How long one frame counts.
const COUNTS_MS: u64 = 6_000;
/// How long it is remembered who may see it, unless something changes before: without a bus, another server may have
/// changed it unnoticed.
const AUDIENCE_MS: u64 = 10_000;

/// What the session has to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TypingStep {
    /// Find out who may see it.
    Find(String),
    /// Tell those who watch the conversation.
    Relay(String, Arc<[UserId]>),
    /// Notify those who were told that it ended.
    Stop,
}

/// One device types in one conversation at a time.
#[derive(Debug, Default)]
pub(crate) struct Typist {
    conversation: String,
    /// Who may see it, and until when that is cached.
    audience: Option<(Arc<[UserId]>, u64)>,
    /// Who was told that the user is typing on this device, and not yet that it ended.
    shown: Option<Arc<[UserId]>>,
    lookup: Lookup,
    /// Until when the last frame counts.
    until_ms: Option<u64>,
    /// When it was relayed last, while others see it.
    shown_ms: Option<u64>,
    /// A frame came that was not relayed yet.
    waits: bool,
}

impl Typist {
    /// A frame of the client.
    pub fn types(&mut self, conversation: String, typing: bool, now_ms: u64) -> Vec<TypingStep> {
        let mut steps = Vec::new();
        if self.conversation != conversation {
            if !typing {
                return steps;
            }
            steps.extend(self.stop());
            *self = Self { conversation, ..Self::default() };
        }
        if typing {
            self.until_ms = Some(now_ms + COUNTS_MS);
            self.waits = true;
            steps.extend(self.go_on(now_ms));
        } else {
            steps.extend(self.stop());
        }
        steps
    }

    /// It is known who may see it; `None` when that could not be found out.
    pub fn found(&mut self, conversation: &str, audience: Option<Vec<UserId>>, now_ms: u64) -> Vec<TypingStep> {
        if conversation != self.conversation {
            return Vec::new();
        }
        if !self.lookup.end() {
            return vec![TypingStep::Find(self.conversation.clone())];
        }
        let Some(audience) = audience else { return self.stop().into_iter().collect() };
        let mut steps = Vec::new();
        if self.shown.as_ref().is_some_and(|shown| shown.iter().any(|user| !audience.contains(user))) {
            steps.extend(self.hide());
            self.waits = self.until_ms.is_some();
        }
        self.audience = Some((audience.into(), now_ms + AUDIENCE_MS));
        steps.extend(self.go_on(now_ms));
        steps
    }

    /// Who may see it may have changed: it is found out again before anything more is relayed.
    pub fn forget_audience(&mut self) {
        self.audience = None;
        self.lookup.outdate();
    }

    /// [`Typist::forget_audience`], for a change that is about who may see whom: found out at once for those who see it now.
    pub fn review(&mut self) -> Option<TypingStep> {
        self.forget_audience();
        (self.shown.is_some() && self.lookup.begin()).then(|| TypingStep::Find(self.conversation.clone()))
    }

    /// Time has passed.
    pub fn tick(&mut self, now_ms: u64) -> Option<TypingStep> {
        if self.until_ms.is_some_and(|until| now_ms >= until) {
            return self.stop();
        }
        self.go_on(now_ms)
    }

    /// When something is to be done next.
    pub fn due_ms(&self) -> Option<u64> {
        let relay = self.shown_ms.filter(|_| self.waits && self.lookup.is_idle()).map(|shown| shown + EVERY_MS);
        [self.until_ms, relay].into_iter().flatten().min()
    }

    /// Relays what is to be relayed, if it may be now.
    fn go_on(&mut self, now_ms: u64) -> Option<TypingStep> {
        let soon = self.shown_ms.is_some_and(|shown| now_ms < shown + EVERY_MS);
        if self.until_ms.is_none() || !self.waits || soon || !self.lookup.is_idle() {
            return None;
        }
        match &self.audience {
            Some((audience, until_ms)) if now_ms < *until_ms => {
                if audience.is_empty() {
                    self.waits = false;
                    return None;
                }
                let audience = Arc::clone(audience);
                self.waits = false;
                self.shown_ms = Some(now_ms);
                self.shown = Some(Arc::clone(&audience));
                Some(TypingStep::Relay(self.conversation.clone(), audience))
            }
            _ => self.lookup.begin().then(|| TypingStep::Find(self.conversation.clone())),
        }
    }

    fn stop(&mut self) -> Option<TypingStep> {
        (self.until_ms, self.waits) = (None, false);
        self.hide()
    }

    fn hide(&mut self) -> Option<TypingStep> {
        self.shown = None;
        self.shown_ms.take().map(|_| TypingStep::Stop)
    }
}

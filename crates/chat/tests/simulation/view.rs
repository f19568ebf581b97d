//! The state of one conversation on one device, from its polls alone.

use super::{
    changes::Look,
    model::{Check, Model, Talk, ensure},
};
use jobline_wire::Message;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Default)]
pub struct View {
    /// What polls answered, by number.
    pub known: BTreeMap<u64, Message>,
    /// What pages of older messages answered; they may be ahead of the polls.
    pub paged: BTreeMap<u64, Message>,
    /// The number of the last new message; `None` if the device does not know where it began.
    pub high: Option<u64>,
    /// Every message from here up to `high` is known.
    pub base: Option<u64>,
    /// The time from which the device began to read.
    pub since: Option<String>,
}

impl View {
    /// The view of a device that reads from the first message on.
    pub fn from_the_beginning() -> Self {
        Self { high: Some(0), base: Some(1), ..Self::default() }
    }

    pub fn since(instant: &str) -> Self {
        Self { since: Some(instant.to_owned()), ..Self::default() }
    }

    /// What an answer without `since` shows: the newest messages, without a gap.
    pub fn snapshot(messages: &[Message]) -> Check<Self> {
        in_a_row(messages)?;
        let known: BTreeMap<u64, Message> = messages.iter().map(|message| (message.number, message.clone())).collect();
        let (base, high) = (known.keys().next().copied(), known.keys().last().copied());
        Ok(Self { known, base, high, ..Self::default() })
    }

    /// Applies an answer to a cursor. Messages created before `gone_before` may not be kept any more.
    pub fn changes(&mut self, messages: &[Message], model: &Model, gone_before: u64) -> Check {
        let Some(first) = messages.first() else { return Ok(()) };
        let talk = &model.talks[&first.conversation_id];
        let mut answered = BTreeSet::new();
        for message in messages {
            ensure!(answered.insert(message.number), "twice in one answer: {message:?}");
            if self.is_new(message) {
                self.append(message, talk, gone_before)?;
            } else if let Some(known) = self.known.get(&message.number) {
                let changed = if talk.is_untouched(message.number) {
                    message.status > known.status && message.updated_at > known.updated_at
                } else {
                    has_changed(message, known)
                };
                ensure!(changed, "returned again: {message:?}\n  though the device knew {known:?}");
            }
            self.known.insert(message.number, message.clone());
        }
        Ok(())
    }

    /// Checks, after an answer with which the device has everything, that nothing is missing that was certainly visible to
    /// a request that began at `begun`.
    pub fn is_complete(&self, model: &Model, conversation: &str, user: &str, begun: u64, gone_before: u64) -> Check {
        let talk = &model.talks[conversation];
        for (number, message) in self.merged() {
            let Some(changes) = talk.changes.get(&number) else { continue };
            let latest = changes.latest(talk.side(user), |seen| model.is_visible(seen, begun));
            let kept = talk.facts[&number].created_ms >= gone_before;
            let missed = latest.is_some_and(|latest| latest > message.updated_at.as_str());
            ensure!(!missed || !kept, "was not told of {latest:?}: {message:?}");
        }
        Ok(())
    }

    fn is_new(&self, message: &Message) -> bool {
        match (self.high, &self.since) {
            (Some(high), _) => message.number > high,
            (None, Some(since)) => message.created_at > *since,
            (None, None) => true,
        }
    }

    fn append(&mut self, message: &Message, talk: &Talk, gone_before: u64) -> Check {
        match self.high {
            Some(high) => {
                // While a device still reads what changed since an instant, messages that expire meanwhile are left out.
                let mut between = high + 1..message.number;
                let gone = |number| talk.facts.get(&number).is_none_or(|fact| fact.created_ms < gone_before);
                let expired = self.since.is_some() && gone_before > 0 && between.all(gone);
                ensure!(message.number == high + 1 || expired, "after {high} came {message:?}");
            }
            None => {
                if let (Some(since), Some(before)) = (&self.since, talk.facts.get(&(message.number - 1))) {
                    let kept = before.created_ms >= gone_before;
                    ensure!(
                        !kept || before.created_at <= *since,
                        "since {since} began with {message:?}, not with {before:?}"
                    );
                }
                self.base = Some(message.number);
            }
        }
        self.high = Some(message.number);
        Ok(())
    }

    /// Applies a page of older messages, which was read strongly.
    pub fn page_back(&mut self, messages: &[Message]) -> Check {
        in_a_row(messages)?;
        for message in messages {
            for known in [self.known.get(&message.number), self.paged.get(&message.number)].into_iter().flatten() {
                let kept = message.status >= known.status && message.updated_at >= known.updated_at;
                ensure!(kept, "went back: {message:?}\n  though the device knew {known:?}");
            }
            self.paged.insert(message.number, message.clone());
        }
        Ok(())
    }

    /// Every message that the device has seen, as it last saw it.
    pub fn merged(&self) -> BTreeMap<u64, &Message> {
        let mut merged: BTreeMap<u64, &Message> =
            self.paged.iter().map(|(number, message)| (*number, message)).collect();
        for (number, message) in &self.known {
            let newer = merged.get(number).is_none_or(|paged| paged.updated_at <= message.updated_at);
            if newer {
                merged.insert(*number, message);
            }
        }
        merged
    }

    /// Records in the model the delivery that a poll with this device's cursor proves.
    pub fn cover(&self, user: &str, conversation: &str, model: &mut Model) {
        let expires = model.retention_ms.is_some();
        let talk = model.talk(conversation);
        let side = talk.side(user);
        match (self.high, &self.since) {
            (Some(high), _) => talk.covered[side] = talk.covered[side].max(high),
            (None, Some(since)) => {
                let latest = talk.covered_since[side].clone().max(since.clone());
                talk.covered_since[side] = latest;
            }
            // Everything had expired, so the number cannot be known.
            (None, None) if expires => talk.covered[side] = u64::MAX,
            (None, None) => {}
        }
    }
}

/// Whether there is a reason to show a message again that somebody requested to change.
fn has_changed(message: &Message, known: &Message) -> bool {
    if message.status < known.status || message.updated_at < known.updated_at {
        return false;
    }
    let same = Look::of(message) == Look::of(known);
    if message.updated_at > known.updated_at {
        // A reaction that was set and removed leaves the message unchanged.
        return message.status > known.status || !same || message.deleted_at.is_none();
    }
    // An answer shows a message in its current state, so it may be ahead of its series. The changes by which it was
    // ahead do not come again, but a status from in between does.
    same && message.status > known.status
}

/// Whether messages follow each other number by number.
pub fn in_a_row(messages: &[Message]) -> Check {
    for two in messages.windows(2) {
        ensure!(two[0].number + 1 == two[1].number, "not in a row: {:?}\n  then {:?}", two[0], two[1]);
    }
    Ok(())
}

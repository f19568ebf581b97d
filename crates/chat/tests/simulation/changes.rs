//! The requested changes of existing messages (edits, deletions, reactions), and what answers may therefore show.

mod seen;

use super::{
    model::{Check, Form, HOST, Model, Talk, ensure},
    switch::Asked,
};
use jobline_wire::{Conversation, DeletedBy, Message, Quote, Reaction, Status, limits::EDITS};
use std::collections::{BTreeMap, BTreeSet};

/// A requested change of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    Text(String),
    Gone,
    Reaction(Option<&'static str>),
}

impl Wish {
    /// Whether it is refused to a blocked user.
    pub fn needs_leave(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Reaction(Some(_)))
    }
}

/// The outcome of a request, as its client knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Pending,
    Answered,
    Refused,
    /// It may have taken effect, or may still do so.
    Unknown,
}

#[derive(Debug)]
struct Request {
    by: String,
    wish: Wish,
    begun: u64,
    ended: u64,
    outcome: Outcome,
}

/// The parts of a message that edits, reactions and deletions change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    content: String,
    revision: Option<u32>,
    edited_at: Option<String>,
    reactions: Vec<Reaction>,
    deleted_at: Option<String>,
    deleted_by: Option<DeletedBy>,
}

impl Look {
    pub fn of(message: &Message) -> Self {
        Self {
            content: message.content.clone(),
            revision: message.revision,
            edited_at: message.edited_at.clone(),
            reactions: message.reactions.clone(),
            deleted_at: message.deleted_at.clone(),
            deleted_by: message.deleted_by,
        }
    }
}

/// A text of a message, since when it had it, and when an answer first showed it.
#[derive(Debug)]
struct Revision {
    text: String,
    at: Option<String>,
    seen: u64,
}

/// The requested changes of one message, and what answers showed of it.
#[derive(Debug, Default)]
pub struct Changes {
    requests: Vec<Request>,
    revisions: BTreeMap<u32, Revision>,
    /// When it was deleted, and when an answer first showed that.
    gone: Option<(String, u64)>,
    /// How a member saw it with this status and `updatedAt`.
    looks: BTreeMap<(usize, Status, String), Look>,
    /// When an answer to a member first showed this `updatedAt`.
    sightings: [BTreeMap<String, u64>; 2],
}

impl Changes {
    pub fn is_untouched(&self) -> bool {
        self.requests.is_empty()
    }

    /// Whether nobody requested the same before: then it was not so already, except from the beginning.
    pub fn is_first(&self, request: usize) -> bool {
        let this = &self.requests[request];
        !self.requests[..request].iter().any(|one| (&one.by, &one.wish) == (&this.by, &this.wish))
    }

    /// Whether it was certainly deleted before `begun`.
    pub fn is_gone(&self, begun: u64) -> bool {
        self.gone_since().is_some_and(|since| since < begun)
    }

    /// Since when it is known to be deleted.
    fn gone_since(&self) -> Option<u64> {
        let answered = self.requests.iter().filter(|one| one.wish == Wish::Gone && one.outcome == Outcome::Answered);
        answered.map(|one| one.ended).chain(self.gone.iter().map(|gone| gone.1)).min()
    }

    /// Whether a deletion that may have taken effect was requested.
    pub fn may_be_gone(&self) -> bool {
        self.requests.iter().any(|one| one.wish == Wish::Gone && one.outcome != Outcome::Refused)
    }

    fn may_be_gone_by(&self, by: DeletedBy) -> bool {
        let gone = self.requests.iter().filter(|one| one.wish == Wish::Gone && one.outcome != Outcome::Refused);
        gone.into_iter().any(|one| (one.by == HOST) == (by == DeletedBy::Host))
    }

    /// Whether this text was requested, and may have been set.
    fn may_say(&self, text: &str) -> bool {
        let same = |one: &&Request| matches!(&one.wish, Wish::Text(wished) if wished == text);
        self.requests.iter().filter(same).any(|one| one.outcome != Outcome::Refused)
    }

    /// How many requests may each have been one edit of it.
    pub fn edits(&self) -> usize {
        self.requests.iter().filter(|one| matches!(one.wish, Wish::Text(_))).count()
    }

    /// Whether `user` can have this reaction in a strong read that began at `begun`.
    fn can_have_reaction(&self, user: &str, emoji: Option<&str>, begun: u64) -> bool {
        let mine: Vec<&Request> =
            self.requests.iter().filter(|one| one.by == user && matches!(one.wish, Wish::Reaction(_))).collect();
        let is_superseded = |before: u64| {
            mine.iter().any(|one| one.outcome == Outcome::Answered && one.begun > before && one.ended < begun)
        };
        let never = emoji.is_none() && !is_superseded(0);
        never
            || mine.iter().any(|one| {
                one.wish == Wish::Reaction(emoji.and_then(listed))
                    && match one.outcome {
                        Outcome::Refused => false,
                        Outcome::Answered => !is_superseded(one.ended),
                        Outcome::Pending | Outcome::Unknown => true,
                    }
            })
    }

    /// Whether a strong read that began at `begun` may still show `message` as it does.
    pub fn is_fresh(&self, talk: &Talk, viewer: &str, message: &Message, begun: u64) -> Check {
        let later = self.sightings[talk.side(viewer)].range(message.updated_at.clone()..).skip(1);
        let before = later.into_iter().find(|(at, seen)| **at > message.updated_at && **seen < begun);
        ensure!(before.is_none(), "was shown as of {before:?} before, now {message:?}");
        ensure!(message.deleted_at.is_some() || !self.is_gone(begun), "was deleted before: {message:?}");
        for user in talk.pair.iter().filter(|_| message.deleted_at.is_none()) {
            let emoji = reaction_of(message, user);
            ensure!(self.can_have_reaction(user, emoji, begun), "{user} does not react so: {message:?}\n{self:#?}");
        }
        Ok(())
    }

    /// The latest `updatedAt` that an answer showed to `side` and for whose time `visible` holds.
    pub fn latest(&self, side: usize, visible: impl Fn(u64) -> bool) -> Option<&str> {
        self.sightings[side].iter().rev().find(|(_, seen)| visible(**seen)).map(|(at, _)| at.as_str())
    }
}

/// The emoji that devices react with.
pub const EMOJI: [&str; 4] = ["👍", "❤️", "😂", "👍🏽"];

/// One of [`EMOJI`], as an answer spells it.
fn listed(emoji: &str) -> Option<&'static str> {
    EMOJI.iter().find(|one| **one == emoji).copied()
}

/// The reaction of `user` to a message that is shown like this.
pub fn reaction_of<'a>(message: &'a Message, user: &str) -> Option<&'a str> {
    let mine = message.reactions.iter().find(|one| one.user_ids.iter().any(|one| one == user));
    mine.map(|one| one.emoji.as_str())
}

impl Model {
    /// Records a request of `by` that begins now. Returns its handle for [`Model::asked`].
    pub fn ask(&mut self, conversation: &str, number: u64, by: &str, wish: Wish) -> usize {
        let begun = self.tick();
        let requests = &mut self.talk(conversation).changes.entry(number).or_default().requests;
        requests.push(Request { by: by.to_owned(), wish, begun, ended: u64::MAX, outcome: Outcome::Pending });
        requests.len() - 1
    }

    /// Records the outcome of a request. Returns when it began and when it ended.
    pub fn asked(&mut self, conversation: &str, number: u64, request: usize, outcome: Outcome) -> Asked {
        let ended = self.tick();
        let changes = self.talk(conversation).changes.get_mut(&number).expect("it was asked");
        let request = &mut changes.requests[request];
        (request.ended, request.outcome) = (ended, outcome);
        Asked { begun: request.begun, ended }
    }

    /// How many edits and reactions a user has requested.
    pub fn limited_requests(&self, user: &str) -> usize {
        let requests = self.talks.values().flat_map(|talk| talk.changes.values()).flat_map(|one| &one.requests);
        requests.filter(|one| one.by == user && one.wish != Wish::Gone).count()
    }

    /// The first text of an intent, or one that its message may have got since.
    fn may_say(&self, intent: usize, number: u64, text: &str) -> bool {
        let changes = self.talks[&self.intents[intent].conversation].changes.get(&number);
        text == Self::text(intent) || changes.is_some_and(|changes| changes.may_say(text))
    }

    /// Checks the result of an edit, a reaction or a deletion.
    pub(super) fn see_changes(&mut self, message: &Message, begun: u64) -> Check {
        let tick = self.tick();
        let number = message.number;
        let intent = self.talks[&message.conversation_id].facts[&number].intent;
        let original = Self::text(intent);
        let gone_since = self.talks[&message.conversation_id].changes.get(&number).and_then(Changes::gone_since);
        let surely_gone = gone_since.is_some_and(|since| self.is_visible(since, begun));
        let newest = self.talks[&message.conversation_id].changes.get(&number).and_then(|changes| {
            let newest = changes.revisions.iter().rev().find(|(_, one)| self.is_visible(one.seen, begun));
            newest.map(|(number, _)| *number)
        });
        let talk = self.talk(&message.conversation_id);
        let pair = talk.pair.clone();
        if message.deleted_at.is_some() {
            let changes = talk.changes.entry(number).or_default();
            return changes.see_tombstone(message, tick);
        }
        ensure!(message.deleted_by.is_none(), "deleted by somebody at no time: {message:?}");
        ensure!(!surely_gone, "was deleted long ago: {message:?}");
        ensure!(
            message.revision.unwrap_or(0) >= newest.unwrap_or(0),
            "an old text, revision {newest:?} is known: {message:?}"
        );
        let Some(changes) = talk.changes.get_mut(&number) else {
            ensure!(message.content == original, "nobody edited {message:?}");
            ensure!(message.revision.is_none() && message.edited_at.is_none(), "nobody edited {message:?}");
            ensure!(message.reactions.is_empty(), "nobody reacted to {message:?}");
            return Ok(());
        };
        changes.see_text(message, &original, tick)?;
        changes.see_reactions(message, &pair)
    }

    /// Checks that a member is never shown a message in two ways with one status and `updatedAt`.
    pub(super) fn see_look(&mut self, viewer: &str, message: &Message) -> Check {
        let tick = self.tick();
        let talk = self.talk(&message.conversation_id);
        let side = talk.side(viewer);
        let changes = talk.changes.entry(message.number).or_default();
        changes.sightings[side].entry(message.updated_at.clone()).or_insert(tick);
        let look = Look::of(message);
        let key = (side, message.status, message.updated_at.clone());
        let known = changes.looks.entry(key).or_insert_with(|| look.clone());
        ensure!(*known == look, "with one updatedAt it was {known:?}\n  and now {message:?}");
        Ok(())
    }

    /// Checks what a reply quotes.
    pub(super) fn see_quote(&self, intent: usize, message: &Message, begun: u64) -> Check {
        let meant = self.intents[intent].reply_to.filter(|_| message.deleted_at.is_none());
        let quote = match (meant, &message.reply_to) {
            (None, None) => return Ok(()),
            (Some(number), Some(quote)) if quote.number == number => quote,
            _ => return Err(format!("replies to {meant:?}: {message:?}")),
        };
        let talk = &self.talks[&message.conversation_id];
        let original = &talk.facts[&quote.number];
        let sender = &self.intents[original.intent].sender;
        ensure!(quote.id == original.id && quote.sender_id == *sender, "quotes another one: {message:?}");
        self.see_excerpt(talk, quote, begun)
    }

    fn see_excerpt(&self, talk: &Talk, quote: &Quote, begun: u64) -> Check {
        let original = &talk.facts[&quote.number];
        let changes = talk.changes.get(&quote.number);
        let expired = self.retention_ms.is_some() && self.may_be_gone(original.created_ms, self.gate_ms());
        if quote.deleted_at.is_some() {
            ensure!(quote.content.is_empty(), "the text of a deleted message is quoted: {quote:?}");
            ensure!(changes.is_some_and(Changes::may_be_gone), "nobody deleted what is quoted: {quote:?}");
            return Ok(());
        }
        if quote.content.is_empty() {
            ensure!(expired, "quoted without its text: {quote:?}");
            return Ok(());
        }
        ensure!(!changes.is_some_and(|changes| changes.is_gone(begun)), "quoted though it was deleted: {quote:?}");
        ensure!(self.may_say(original.intent, quote.number, &quote.content), "it never said so: {quote:?}");
        Ok(())
    }

    /// Checks the beginning of the last message of a conversation, in an answer to a request that began at `begun`.
    pub fn see_preview(&self, shown: &Conversation, text: &str, begun: u64) -> Check {
        let talk = &self.talks[&shown.id];
        let known = talk.facts.iter().find(|(_, fact)| Some(&fact.created_at) == shown.last_message_at.as_ref());
        let Some((number, fact)) = known else {
            let meant = self.intents.iter().enumerate().find(|(intent, _)| Self::text(*intent) == text);
            ensure!(meant.is_some_and(|(_, one)| one.conversation == shown.id), "nobody said so: {shown:?}");
            return Ok(());
        };
        let accepted = self.accepted_before(&shown.id, begun);
        ensure!(*number >= accepted, "message {accepted} came before, this shows {number}: {shown:?}");
        let changes = talk.changes.get(number);
        if text.is_empty() {
            ensure!(changes.is_some_and(Changes::may_be_gone), "nobody deleted the last message: {shown:?}");
            return Ok(());
        }
        ensure!(!changes.is_some_and(|changes| changes.is_gone(begun)), "the last message was deleted: {shown:?}");
        ensure!(self.may_say(fact.intent, *number, text), "the last message never said so: {shown:?}");
        Ok(())
    }

    /// Checks every text that a message has had, in an answer to a request that began at `begun`.
    pub fn see_versions(&self, conversation: &str, number: u64, texts: &[String], begun: u64) -> Check {
        let talk = &self.talks[conversation];
        let fact = &talk.facts[&number];
        let changes = talk.changes.get(&number);
        ensure!(!changes.is_some_and(|changes| changes.is_gone(begun)), "versions of a deleted message: {texts:?}");
        for text in texts {
            ensure!(self.may_say(fact.intent, number, text), "message {number} never said {text:?}");
        }
        // A deletion during the read has removed some of them.
        if changes.is_some_and(Changes::may_be_gone) {
            return Ok(());
        }
        ensure!(texts.first() == Some(&Self::text(fact.intent)), "does not begin as it was sent: {texts:?}");
        for (revision, known) in changes.into_iter().flat_map(|changes| &changes.revisions) {
            let text = texts.get(*revision as usize);
            ensure!(text == Some(&known.text) || known.seen >= begun, "revision {revision} is {known:?}: {texts:?}");
        }
        Ok(())
    }

    /// Whether an edit can be refused because of the time, or because there were too many.
    pub fn may_be_over(&self, conversation: &str, number: u64, window_ms: u64, now_ms: u64) -> bool {
        let talk = &self.talks[conversation];
        let late = now_ms + self.slack_ms > talk.facts[&number].created_ms + window_ms;
        late || talk.changes.get(&number).is_some_and(|changes| changes.edits() > EDITS as usize)
    }

    /// Whether the time limit `window_ms` for changes of a message is over.
    pub fn is_over(&self, conversation: &str, number: u64, window_ms: u64, now_ms: u64) -> bool {
        now_ms > self.talks[conversation].facts[&number].created_ms + window_ms + self.slack_ms
    }

    /// The texts of a message that was deleted.
    pub fn deleted_texts(&self) -> BTreeSet<String> {
        let mut texts = BTreeSet::new();
        for talk in self.talks.values() {
            for (number, changes) in talk.changes.iter().filter(|(_, changes)| changes.gone.is_some()) {
                texts.insert(Self::text(talk.facts[number].intent));
                texts.extend(changes.requests.iter().filter_map(|one| match &one.wish {
                    Wish::Text(text) => Some(text.clone()),
                    _ => None,
                }));
            }
        }
        texts
    }

    /// Whether a message can be edited at all.
    pub fn is_text(&self, conversation: &str, number: u64) -> bool {
        let fact = &self.talks[conversation].facts[&number];
        self.intents[fact.intent].form == Form::Text
    }
}

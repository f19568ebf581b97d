//! The model, written independently of the domain: requests, answers, and what follows from them.
//!
//! The model records every send, every message in any answer, and every call of markAsRead and of the host. It never
//! computes an answer; it decides whether an answer is possible, given all that is known.

use super::{blocks::Blocks, changes::Changes, jobs::Jobs, plan::Plan, reads::Reads, world::Gate};
use jobline_chat::{ConversationId, UserId, iso};
use jobline_wire::{Message, MessageType, Status};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// The error says why a check failed.
pub type Check<T = ()> = Result<T, String>;

macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+));
        }
    };
}
pub(crate) use ensure;

/// The sender of a line from the host.
pub const HOST: &str = "#host";

/// The message that an intent becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    File,
    /// A recording with the duration in milliseconds that its sender states.
    Voice(u64),
    /// A line of the host that does not count as unread.
    Event,
}

impl Form {
    /// Duration and waveform of a voice message; its waveform is made of its duration.
    pub fn voice(self) -> Option<(u64, String)> {
        match self {
            Self::Voice(ms) => Some((ms, format!("{ms:064}"))),
            Self::Text | Self::File | Self::Event => None,
        }
    }
}

/// A message that a user or the host intends to send: with a `clientId` by as many requests as necessary, without one by a
/// single request. Its text is unique, so every message in an answer can be traced to its intent.
#[derive(Debug, Clone)]
pub struct Intent {
    pub conversation: String,
    pub sender: String,
    pub client_id: Option<String>,
    pub job: Option<u64>,
    pub form: Form,
    /// The number of the message that it replies to.
    pub reply_to: Option<u64>,
    /// When the first request began.
    pub begun: Option<u64>,
    pub in_flight: usize,
    /// A request of it was never answered, so it may be stored even if others were refused.
    pub uncertain: bool,
    pub refused: bool,
    /// When a request was first answered with the message.
    pub accepted: Option<u64>,
    /// Its number, and when an answer first showed it.
    pub seen: Option<(u64, u64)>,
}

impl Intent {
    /// A text that `sender` intends to send, and has not sent yet.
    pub fn new(conversation: String, sender: &str) -> Self {
        Self {
            conversation,
            sender: sender.to_owned(),
            client_id: None,
            job: None,
            form: Form::Text,
            reply_to: None,
            begun: None,
            in_flight: 0,
            uncertain: false,
            refused: false,
            accepted: None,
            seen: None,
        }
    }

    /// Whether it cannot be stored any more.
    fn cannot_be_stored(&self) -> bool {
        self.begun.is_none() || (self.refused && !self.uncertain && self.in_flight == 0 && self.accepted.is_none())
    }
}

/// What is known of a message.
#[derive(Debug, Clone)]
pub struct Fact {
    pub intent: usize,
    pub id: String,
    pub created_ms: u64,
    pub created_at: String,
    pub job: Option<u64>,
}

/// What is known of a conversation.
#[derive(Debug, Default)]
pub struct Talk {
    pub pair: [String; 2],
    pub facts: BTreeMap<u64, Fact>,
    /// For each member, the number up to which a cursor that one of their devices polled with proved receipt.
    pub covered: [u64; 2],
    /// For each member, the latest instant that one of their devices began to read from.
    pub covered_since: [String; 2],
    pub reads: [Reads; 2],
    /// For each member, message and status: its earliest `updatedAt`, and when an answer first showed it.
    pub shown: BTreeMap<(usize, u64, Status), (String, u64)>,
    /// The requested changes of its messages, by their numbers.
    pub changes: BTreeMap<u64, Changes>,
}

impl Talk {
    pub fn side(&self, user: &str) -> usize {
        usize::from(self.pair[1] == user)
    }

    /// Whether no change of the message `number` was ever requested: then only its status can have changed.
    pub fn is_untouched(&self, number: u64) -> bool {
        self.changes.get(&number).is_none_or(Changes::is_untouched)
    }
}

pub struct Model {
    tick: u64,
    /// How many commits the store had answered at each tick.
    commits: Vec<u64>,
    gate: Arc<Gate>,
    /// By how many commits eventual reads lag.
    lag: u64,
    pub intents: Vec<Intent>,
    pub talks: BTreeMap<String, Talk>,
    pub jobs: Jobs,
    pub blocks: Blocks,
    /// How long messages are kept.
    pub retention_ms: Option<u64>,
    /// An upper bound of how far the clocks of two servers differ.
    pub slack_ms: u64,
    ids: HashMap<String, (String, u64)>,
}

impl Model {
    pub fn new(plan: &Plan, gate: Arc<Gate>) -> Self {
        let mut talks = BTreeMap::new();
        for one in 0..plan.users.len() {
            for other in plan.partners(one) {
                let id = conversation(&plan.users[one], &plan.users[other]);
                let mut pair = [plan.users[one].clone(), plan.users[other].clone()];
                pair.sort();
                talks.entry(id).or_insert_with(|| Talk { pair, ..Talk::default() });
            }
        }
        Self {
            tick: 0,
            commits: vec![0],
            gate,
            lag: plan.lag,
            intents: Vec::new(),
            talks,
            jobs: Jobs::new(plan),
            blocks: Blocks::default(),
            retention_ms: plan.retention_ms(),
            slack_ms: 2 * plan.skew_ms + 120_000,
            ids: HashMap::new(),
        }
    }

    /// The next time in the order of events.
    pub fn tick(&mut self) -> u64 {
        self.tick += 1;
        self.commits.push(self.gate.commits());
        self.tick
    }

    /// Whether every read of a request that began at `begun`, however stale, shows what was known at `known`.
    pub fn is_visible(&self, known: u64, begun: u64) -> bool {
        let at = |tick: u64| self.commits[usize::try_from(tick).expect("few ticks")];
        known < begun && at(known) + self.lag <= at(begun)
    }

    pub fn talk(&mut self, conversation: &str) -> &mut Talk {
        self.talks.get_mut(conversation).expect("every pair that shares a job has a talk")
    }

    /// The text of an intent.
    pub fn text(intent: usize) -> String {
        format!("m{intent}")
    }

    /// The intent of a text, as it was sent or edited.
    fn intent_of(text: &str) -> Option<usize> {
        text.strip_prefix('m')?.split('e').next()?.parse().ok()
    }

    pub fn intend(&mut self, intent: Intent) -> usize {
        self.intents.push(intent);
        self.intents.len() - 1
    }

    /// Whether a message may have expired at `now_ms` for the server whose clock is furthest ahead.
    pub fn may_be_gone(&self, created_ms: u64, now_ms: u64) -> bool {
        created_ms < self.gone_before(now_ms)
    }

    /// The true time.
    pub fn gate_ms(&self) -> u64 {
        self.gate.now_ms()
    }

    /// Messages created before this may have expired.
    pub fn gone_before(&self, now_ms: u64) -> u64 {
        self.retention_ms.map_or(0, |kept| (now_ms + self.slack_ms).saturating_sub(kept))
    }

    /// Records a message in an answer to a request of `viewer` that began at `begun`, and checks whether it is possible.
    pub fn see(&mut self, viewer: &str, message: &Message, begun: u64) -> Check {
        self.see_but_for_status(viewer, message, begun)?;
        self.see_status(viewer, message)?;
        self.see_look(viewer, message)
    }

    /// [`Model::see`] without what depends on receipts: the host has none.
    pub fn see_but_for_status(&mut self, viewer: &str, message: &Message, begun: u64) -> Check {
        let intent = self.see_content(viewer, message)?;
        self.see_number(intent, message)?;
        self.see_changes(message, begun)?;
        self.see_quote(intent, message, begun)
    }

    fn see_content(&mut self, viewer: &str, message: &Message) -> Check<usize> {
        let talk = self.talks.get(&message.conversation_id).ok_or_else(|| format!("nobody could write {message:?}"))?;
        let known = talk.facts.get(&message.number).map(|fact| fact.intent);
        let intent = match message.deleted_at {
            // A member who deleted it had seen it.
            Some(_) => known,
            None => Self::intent_of(&message.content).filter(|intent| *intent < self.intents.len()),
        };
        let intent = intent.ok_or_else(|| format!("nobody sent {message:?}"))?;
        let meant = &self.intents[intent];
        ensure!(meant.conversation == message.conversation_id, "shown in another conversation: {message:?}");
        ensure!(talk.pair.iter().any(|user| user == viewer), "{viewer} is shown what others said: {message:?}");
        ensure!(message.sender_id == meant.sender, "wrong sender: {message:?}");
        let receiver = match meant.sender == HOST {
            true => viewer,
            false => &talk.pair[1 - talk.side(&meant.sender)],
        };
        ensure!(message.receiver_id == receiver, "wrong receiver: {message:?}");
        let client_id = meant.client_id.as_ref().filter(|_| viewer == meant.sender);
        ensure!(message.client_id.as_ref() == client_id, "clientId of {message:?}, expected {client_id:?}");
        let kind = match meant.form {
            Form::Text => MessageType::Text,
            Form::File => MessageType::File,
            Form::Voice(_) => MessageType::Voice,
            Form::Event => MessageType::Event,
        };
        ensure!(message.kind == kind, "wrong type: {message:?}");
        let with_file = matches!(meant.form, Form::File | Form::Voice(_)) && message.deleted_at.is_none();
        ensure!(message.file_url.is_some() == with_file, "fileUrl: {message:?}");
        let voice = meant.form.voice().filter(|_| with_file);
        ensure!(message.duration_ms.zip(message.waveform.clone()) == voice, "wrong voice: {message:?}");
        ensure!(meant.job.is_none() || meant.job == message.job_id, "wrong job: {message:?}");
        ensure!(!meant.cannot_be_stored(), "shown although it was refused: {message:?}");
        Ok(intent)
    }

    fn see_number(&mut self, intent: usize, message: &Message) -> Check {
        let tick = self.tick();
        match self.intents[intent].seen {
            Some((number, _)) => ensure!(number == message.number, "one send became {number} and {message:?}"),
            None => self.intents[intent].seen = Some((message.number, tick)),
        }
        let place = (message.conversation_id.clone(), message.number);
        let known = self.ids.entry(message.id.clone()).or_insert_with(|| place.clone());
        ensure!(*known == place, "one id for two messages: {message:?}");
        let created_ms = message.id.split('_').nth(1).and_then(|ms| ms.parse().ok());
        let created_ms: u64 = created_ms.ok_or_else(|| format!("id without a time: {message:?}"))?;
        ensure!(iso(created_ms) == message.created_at, "the id tells another time than createdAt: {message:?}");
        ensure!(message.updated_at >= message.created_at, "changed before it was created: {message:?}");
        let facts = &mut self.talk(&message.conversation_id).facts;
        let fact = Fact {
            intent,
            id: message.id.clone(),
            created_ms,
            created_at: message.created_at.clone(),
            job: message.job_id,
        };
        let known = facts.entry(message.number).or_insert_with(|| fact.clone());
        let same = known.intent == intent && known.id == fact.id && known.job == fact.job;
        ensure!(same && message.number > 0, "number {} is both {known:?} and {message:?}", message.number);
        let before = facts.range(..message.number).next_back();
        ensure!(
            before.is_none_or(|(_, before)| before.created_ms < created_ms),
            "createdAt does not rise: {message:?}"
        );
        let after = facts.range(message.number + 1..).next();
        ensure!(after.is_none_or(|(_, after)| after.created_ms > created_ms), "createdAt does not rise: {message:?}");
        Ok(())
    }

    fn see_status(&mut self, viewer: &str, message: &Message) -> Check {
        let tick = self.tick();
        let begun = |intent: usize, intents: &[Intent]| intents[intent].begun.unwrap_or(u64::MAX);
        let talk = self.talks.get_mut(&message.conversation_id).expect("its content was looked at");
        let (side, receiver) = (talk.side(viewer), talk.side(&message.receiver_id));
        let number = message.number;
        if message.status == Status::Read {
            let sent = begun(talk.facts[&number].intent, &self.intents);
            ensure!(talk.reads[receiver].may_cover(number, sent), "nobody read {message:?}");
        }
        if message.status == Status::Delivered && side != receiver {
            let covered = talk.covered[receiver] >= number || talk.covered_since[receiver] >= message.created_at;
            ensure!(covered, "no device of the recipient received {message:?}");
        }
        let untouched = talk.is_untouched(number);
        let key = (side, number, message.status);
        let shown = talk.shown.entry(key).or_insert_with(|| (message.updated_at.clone(), tick));
        if !untouched {
            return Ok(());
        }
        ensure!(shown.0 == message.updated_at, "updatedAt was {} in another answer: {message:?}", shown.0);
        for (later, earlier) in [(Status::Read, Status::Delivered), (Status::Delivered, Status::Sent)] {
            let times = [later, earlier].map(|status| talk.shown.get(&(side, number, status)));
            if let [Some(later), Some(earlier)] = times {
                ensure!(later.0 > earlier.0, "a later status with an earlier updatedAt: {message:?}");
            }
        }
        let read = [0, 1].map(|side| talk.shown.get(&(side, number, Status::Read)).map(|shown| &shown.0));
        let together = read[0].is_none() || read[1].is_none() || read[0] == read[1];
        ensure!(together || message.sender_id == HOST, "read at two times: {message:?}");
        Ok(())
    }

    /// Whether a strong read that began at `begun` may still show `message` in this status.
    pub fn is_fresh(&self, viewer: &str, message: &Message, begun: u64) -> Check {
        let talk = &self.talks[&message.conversation_id];
        for later in [Status::Delivered, Status::Read].into_iter().filter(|later| *later > message.status) {
            let shown = talk.shown.get(&(talk.side(viewer), message.number, later));
            ensure!(shown.is_none_or(|shown| shown.1 > begun), "{later:?} before, now {message:?}");
        }
        match talk.changes.get(&message.number) {
            Some(changes) => changes.is_fresh(talk, viewer, message, begun),
            None => Ok(()),
        }
    }

    /// The largest number of a message of this conversation that had been answered before `begun`.
    pub fn accepted_before(&self, conversation: &str, begun: u64) -> u64 {
        let facts = &self.talks[conversation].facts;
        let accepted = facts.iter().filter(|(_, fact)| self.was_accepted(fact.intent, begun));
        accepted.map(|(number, _)| *number).max().unwrap_or(0)
    }

    pub fn was_accepted(&self, intent: usize, before: u64) -> bool {
        let seen = self.intents[intent].seen.is_some_and(|(_, seen)| seen < before);
        seen || self.intents[intent].accepted.is_some_and(|accepted| accepted < before)
    }

    /// The lowest and the highest unread count of `user` in an answer to a request from `begun` to now.
    pub fn unread_bounds(&self, conversation: &str, user: &str, begun: u64, now_ms: u64) -> (u64, u64) {
        let talk = &self.talks[conversation];
        let reads = &talk.reads[talk.side(user)];
        let read = reads.surely_up_to(begun);
        let number = |intent: &Intent| intent.seen.map(|(number, _)| number);
        let others = self.intents.iter().enumerate();
        let others =
            others.filter(|(_, one)| one.conversation == conversation && one.sender != user && one.form != Form::Event);
        let (mut least, mut most) = (0, 0);
        for (index, intent) in others.filter(|(_, one)| !one.cannot_be_stored()) {
            let Some(number) = number(intent) else {
                most += 1;
                continue;
            };
            let changes = talk.changes.get(&number);
            most += u64::from(number > read && !changes.is_some_and(|changes| changes.is_gone(begun)));
            let kept = talk.facts.get(&number).is_some_and(|fact| !self.may_be_gone(fact.created_ms, now_ms));
            let read = reads.may_cover(number, intent.begun.unwrap_or(u64::MAX));
            let kept = kept && !changes.is_some_and(Changes::may_be_gone);
            least += u64::from(kept && !read && self.was_accepted(index, begun));
        }
        (least, most)
    }
}

/// The id of the conversation of two users.
pub fn conversation(one: &str, other: &str) -> String {
    let [one, other] = [one, other].map(|id| UserId::new(id).expect("a user id"));
    ConversationId::of(&one, &other).expect("two users").as_str().to_owned()
}

//! A device that polls everything with `sync`.

use super::{
    device::{Client, in_short, see_conversation},
    model::{Check, Fact, ensure},
    view::View,
};
use jobline_wire::{Conversation, Message, SyncQuery, Synced};
use std::collections::{BTreeMap, BTreeSet};

/// What a device has: its cursor, and what it has read so far.
#[derive(Clone, Default)]
pub struct DeviceState {
    cursor: Option<String>,
    /// Everything up to this time was committed and visible when the cursor was made.
    shown_ms: u64,
    behind: bool,
    /// When the first answer of the series was requested.
    series: u64,
    pub views: BTreeMap<String, View>,
    pub conversations: BTreeMap<String, Conversation>,
    /// Its first traversal of all conversations is not complete yet.
    traversing: bool,
    visited: BTreeSet<String>,
    since: Option<String>,
}

impl DeviceState {
    /// Whether it reads everything, not only changes since a time.
    pub fn is_complete(&self) -> bool {
        self.since.is_none()
    }
}

/// How a device gets an answer.
#[derive(Clone, Copy)]
enum Way {
    /// The device asks, which proves that it has what its cursor covers.
    Polled,
    /// A live connection asks for it, and the proof is recorded at another time.
    Pushed,
}

pub struct SyncDevice<'a> {
    pub client: Client<'a>,
    pub state: DeviceState,
    past: Vec<DeviceState>,
}

impl<'a> SyncDevice<'a> {
    pub fn new(client: Client<'a>) -> Self {
        Self { client, state: DeviceState::default(), past: Vec::new() }
    }

    pub async fn step(&mut self) -> Check {
        match self.client.dice.up_to(99) {
            0..=4 => self.state = DeviceState::default(),
            5..=11 if !self.past.is_empty() => {
                self.state = self.client.dice.pick(&self.past).clone();
                self.client.world.count("older cursor");
            }
            12..=21 if !self.state.views.is_empty() => return self.mark().await,
            22..=24 => return self.client.read_what_others_wrote().await,
            25..=44 if self.client.world.plan.changes && !self.state.views.is_empty() => return self.change().await,
            _ => {}
        }
        let way = if self.client.dice.chance(0.35) { Way::Pushed } else { Way::Polled };
        self.ask(way).await.map(drop)
    }

    async fn mark(&mut self) -> Check {
        let ids: Vec<String> = self.state.views.keys().cloned().collect();
        let id = self.client.dice.pick(&ids).clone();
        let known = self.state.views[&id].known.values();
        let known: Vec<_> = known.map(|message| (message.number, message.id.clone())).collect();
        self.client.mark(&id, &known).await
    }

    async fn change(&mut self) -> Check {
        let ids: Vec<String> = self.state.views.keys().cloned().collect();
        let id = self.client.dice.pick(&ids).clone();
        let known = self.state.views[&id].known.values();
        let known: Vec<_> = known.map(|message| (message.number, message.id.clone())).collect();
        self.client.change(&id, &known).await
    }

    /// Polls until an answer brings nothing and the same cursor.
    pub async fn settle(&mut self) -> Check<bool> {
        let mut moved = false;
        for _ in 0..2_000 {
            let before = self.state.cursor.clone();
            let answer = self.poll().await?.ok_or("no answer, though nothing fails")?;
            let nothing = answer.messages.is_empty() && answer.conversations.is_empty() && !answer.has_more;
            if nothing && before.as_ref() == Some(&answer.cursor) {
                return Ok(moved);
            }
            moved = true;
        }
        Err("syncs without an end".into())
    }

    /// Polls once, with the cursor if there is one.
    pub async fn poll(&mut self) -> Check<Option<Synced>> {
        self.ask(Way::Polled).await
    }

    /// Gets one answer, from the cursor if there is one.
    async fn ask(&mut self, way: Way) -> Check<Option<Synced>> {
        let world = self.client.world;
        let limit = self.client.dice.limit();
        let mut state = self.state.clone();
        if state.cursor.is_none() {
            state.since = self.client.dice.chance(0.25).then(|| self.client.instant());
            state.traversing = true;
        }
        for (conversation, view) in &state.views {
            view.cover(self.client.me.as_str(), conversation, &mut world.model.borrow_mut());
        }
        if let (Some(since), Some(_)) = (&state.since, &state.cursor) {
            self.cover_all(since);
        }
        let since = state.cursor.clone().or_else(|| state.since.clone());
        let (begun, shown_ms) = (world.tick(), world.gate.shown_ms());
        let what = format!("sync limit {limit} since {since:?}");
        let chat = world.server(&mut self.client.dice);
        let input = SyncQuery { since, limit: Some(limit), wait: None };
        let (dice, name, me) = (&mut self.client.dice, &self.client.name, &self.client.me);
        let response = match way {
            Way::Polled => world.hear(dice, name, &what, chat.sync(me, input)).await,
            Way::Pushed => {
                world.count("pushed");
                // A while after the device has confirmed everything up to the cursor; by then it may have confirmed a
                // later one of a later one.
                if let Some(cursor) = state.cursor.as_deref().filter(|_| dice.chance(0.5)) {
                    let recorded = world.hear(dice, name, "delivery", chat.record_delivery(me, cursor)).await;
                    recorded.answer("delivery")?;
                }
                world.hear(dice, name, &what, chat.sync_unrecorded(me, input)).await
            }
        };
        let Some(answer) = response.answer("sync")? else { return Ok(None) };
        world.note(&self.client.name, in_short(&answer.messages), &());
        if !state.behind {
            state.series = begun;
        }
        self.apply(&mut state, &answer, limit as usize, begun)?;
        state.cursor = Some(answer.cursor.clone());
        // A series of answers ends at the state of its first one; the next series brings later changes.
        if !state.behind {
            state.shown_ms = shown_ms;
        }
        state.behind = answer.has_more;
        self.past.push(std::mem::replace(&mut self.state, state));
        if self.past.len() > 6 {
            self.past.remove(0);
        }
        Ok(Some(answer))
    }

    /// A device that began at a time counts as having everything before that, in every conversation.
    fn cover_all(&self, since: &str) {
        let user = self.client.user();
        for talk in self.client.world.model.borrow_mut().talks.values_mut() {
            let side = talk.side(user);
            if talk.pair[side] == user && talk.covered_since[side].as_str() < since {
                talk.covered_since[side] = since.to_owned();
            }
        }
    }

    fn apply(&self, state: &mut DeviceState, answer: &Synced, limit: usize, begun: u64) -> Check {
        let world = self.client.world;
        let user = self.client.user();
        ensure!(answer.messages.len() <= limit, "more than {limit} messages: {answer:?}");
        ensure!(answer.conversations.len() <= limit, "more than {limit} conversations: {answer:?}");
        {
            let mut model = world.model.borrow_mut();
            for message in &answer.messages {
                model.see(user, message, begun)?;
            }
            for conversation in &answer.conversations {
                see_conversation(&model, user, conversation, begun, world.now_ms())?;
            }
        }
        let before = if answer.reset == Some(true) { Some(self.reset(state)?) } else { None };
        if let (Some(since), None) = (&state.since, &state.cursor) {
            let late = answer.messages.iter().find(|message| message.updated_at <= *since);
            ensure!(late.is_none(), "not after {since}: {late:?}");
        }
        let told: BTreeSet<&str> = answer.conversations.iter().map(|one| one.id.as_str()).collect();
        ensure!(told.len() == answer.conversations.len(), "one conversation twice: {answer:?}");
        let mut by_conversation: BTreeMap<&str, Vec<Message>> = told.iter().map(|id| (*id, Vec::new())).collect();
        let mut last = None;
        for message in &answer.messages {
            let id = message.conversation_id.as_str();
            ensure!(told.contains(id), "a message without its conversation: {message:?}");
            let together = last.replace(id) == Some(id) || by_conversation[id].is_empty();
            ensure!(together, "messages of one conversation apart: {message:?}");
            by_conversation.get_mut(id).expect("told").push(message.clone());
        }
        for (id, messages) in by_conversation {
            self.apply_conversation(state, id, &messages, begun)?;
            if let Some(before) = before.as_ref().and_then(|before| before.views.get(id)) {
                for message in &messages {
                    let known = before.known.get(&message.number);
                    ensure!(known.is_none_or(|known| known.status <= message.status), "went back: {message:?}");
                }
            }
        }
        for conversation in &answer.conversations {
            state.conversations.insert(conversation.id.clone(), conversation.clone());
        }
        state.traversing &= answer.has_more;
        if !answer.has_more {
            let model = world.model.borrow();
            let gone_before = model.gone_before(world.now_ms());
            for (id, view) in &state.views {
                view.is_complete(&model, id, user, state.series, gone_before)?;
            }
        }
        Ok(())
    }

    fn apply_conversation(&self, state: &mut DeviceState, id: &str, messages: &[Message], begun: u64) -> Check {
        let model = self.client.world.model.borrow();
        if state.traversing && state.since.is_none() && state.visited.insert(id.to_owned()) {
            let view = View::snapshot(messages)?;
            for message in messages {
                model.is_fresh(self.client.user(), message, begun)?;
            }
            if model.retention_ms.is_none() {
                let accepted = model.accepted_before(id, begun);
                ensure!(view.high.unwrap_or(0) >= accepted, "message {accepted} is missing: {messages:?}");
                ensure!(!messages.is_empty(), "nothing of {id}, which has messages");
            }
            state.views.insert(id.to_owned(), view);
            return Ok(());
        }
        let view = state.views.entry(id.to_owned()).or_insert_with(|| match &state.since {
            Some(since) => View::since(since),
            None if model.retention_ms.is_some() => View::default(),
            None => View::from_the_beginning(),
        });
        let gone_before = model.gone_before(self.client.world.now_ms());
        view.changes(messages, &model, gone_before)
    }

    /// Starts over; returns what the device had before.
    fn reset(&self, state: &mut DeviceState) -> Check<DeviceState> {
        let world = self.client.world;
        world.count("reset of a sync");
        let model = world.model.borrow();
        let expired = model.retention_ms.is_some_and(|kept| {
            let away = state.shown_ms + kept < world.now_ms() + model.slack_ms;
            // A user's own receipts are no change for them. So the cursor of a conversation that did not move for as long
            // as messages are kept may be before one that is gone, although the device was never away.
            let gone = state.views.iter().any(|(id, view)| {
                let around = view.high.map(|high| model.talks[id].facts.range(high..=high + 1));
                let gone = |fact: &Fact| model.may_be_gone(fact.created_ms, world.now_ms());
                around.is_none_or(|mut around| around.any(|(_, fact)| gone(fact)))
            });
            away || gone || state.behind
        });
        ensure!(state.cursor.is_some() && expired, "reset without a reason");
        let fresh = DeviceState { traversing: true, cursor: state.cursor.clone(), ..DeviceState::default() };
        Ok(std::mem::replace(state, fresh))
    }
}

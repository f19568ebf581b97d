//! A device that polls one conversation with `list`.

use super::{
    device::{Client, in_short},
    model::{Check, conversation, ensure},
    view::View,
    world::Response,
};
use jobline_wire::{Code, ListMessages, Messages};

/// The state of a device: its cursor, when it got it, and what it has read so far.
#[derive(Clone)]
struct DeviceState {
    cursor: String,
    /// Everything up to this time was committed and visible when the cursor was made.
    shown_ms: u64,
    behind: bool,
    view: View,
}

pub struct ListDevice<'a> {
    pub client: Client<'a>,
    pub conversation: String,
    state: Option<DeviceState>,
    /// Earlier states, to return to.
    past: Vec<DeviceState>,
}

impl<'a> ListDevice<'a> {
    pub fn new(client: Client<'a>, other: &str) -> Self {
        let conversation = conversation(client.user(), other);
        Self { client, conversation, state: None, past: Vec::new() }
    }

    pub fn view(&self) -> Option<&View> {
        self.state.as_ref().map(|state| &state.view)
    }

    pub async fn step(&mut self) -> Check {
        match self.client.dice.up_to(99) {
            0..=4 => self.state = None,
            5..=11 if !self.past.is_empty() => {
                self.state = Some(self.client.dice.pick(&self.past).clone());
                self.client.world.count("older cursor");
            }
            12..=19 => return self.page_back().await,
            20..=29 => {
                let known = self.view().into_iter().flat_map(|view| view.known.values());
                let known: Vec<_> = known.map(|message| (message.number, message.id.clone())).collect();
                let conversation = self.conversation.clone();
                return self.client.mark(&conversation, &known).await;
            }
            30..=32 => return self.client.read_what_others_wrote().await,
            33..=38 => return self.look().await,
            39..=58 if self.client.world.plan.changes => {
                let known = self.view().into_iter().flat_map(|view| view.merged());
                let known: Vec<_> = known.map(|(number, message)| (number, message.id.clone())).collect();
                let conversation = self.conversation.clone();
                return self.client.change(&conversation, &known).await;
            }
            _ => {}
        }
        self.poll().await.map(drop)
    }

    /// Polls until an answer brings nothing and the same cursor.
    pub async fn settle(&mut self) -> Check<bool> {
        let mut moved = false;
        for _ in 0..2_000 {
            let before = self.state.as_ref().map(|state| state.cursor.clone());
            let Some((messages, has_more)) = self.poll().await? else {
                ensure!(self.state.is_none(), "no answer, though nothing fails");
                return Ok(moved);
            };
            let cursor = self.state.as_ref().map(|state| state.cursor.clone());
            if before.is_some() && messages == 0 && !has_more && before == cursor {
                return Ok(moved);
            }
            moved = true;
        }
        Err("polls without an end".into())
    }

    /// Polls once, with the cursor if there is one. Returns how many messages came, and whether there are more.
    pub async fn poll(&mut self) -> Check<Option<(usize, bool)>> {
        let world = self.client.world;
        let limit = self.client.dice.limit();
        let instant = (self.state.is_none() && self.client.dice.chance(0.25)).then(|| self.client.instant());
        let since = self.state.as_ref().map(|state| state.cursor.clone()).or_else(|| instant.clone());
        if let Some(state) = &self.state {
            state.view.cover(self.client.me.as_str(), &self.conversation, &mut world.model.borrow_mut());
        }
        let (begun, shown_ms) = (world.tick(), world.gate.shown_ms());
        let what = format!("list {} limit {limit} since {since:?}", self.conversation);
        let Some(answer) = self.ask(&what, since, None, limit, begun).await? else { return Ok(None) };
        let told = (answer.messages.len(), answer.has_more);
        let behind = answer.has_more;
        let gone_before = world.model.borrow().gone_before(world.now_ms());
        let user = self.client.user();
        let view = match (self.state.clone(), &instant) {
            _ if answer.reset == Some(true) => self.reset(&answer)?,
            (Some(mut state), _) => {
                state.view.changes(&answer.messages, &world.model.borrow(), gone_before)?;
                state.view
            }
            (None, Some(instant)) => {
                let late = answer.messages.iter().find(|message| message.updated_at <= *instant);
                ensure!(late.is_none(), "not after {instant}: {late:?}");
                let mut view = View::since(instant);
                view.changes(&answer.messages, &world.model.borrow(), gone_before)?;
                view
            }
            (None, None) => self.snapshot(&answer, limit, begun)?,
        };
        if !behind {
            view.is_complete(&world.model.borrow(), &self.conversation, user, begun, gone_before)?;
        }
        self.past.extend(self.state.take());
        if self.past.len() > 6 {
            self.past.remove(0);
        }
        self.state = Some(DeviceState { cursor: answer.cursor, shown_ms, behind, view });
        Ok(Some(told))
    }

    /// Calls `list`, and checks the invariants of every answer.
    async fn ask(
        &mut self,
        what: &str,
        since: Option<String>,
        before: Option<String>,
        limit: u32,
        begun: u64,
    ) -> Check<Option<Messages>> {
        let world = self.client.world;
        let input = ListMessages { conversation_id: self.conversation.clone(), since, before, limit: Some(limit) };
        let chat = world.server(&mut self.client.dice);
        let response =
            world.hear(&mut self.client.dice, &self.client.name, what, chat.list(&self.client.me, input)).await;
        let answer = match response {
            Response::Answer(answer) => answer,
            Response::Lost => return Ok(None),
            Response::Refusal(error) => {
                let none = world.model.borrow().accepted_before(&self.conversation, begun) == 0;
                ensure!(error.code == Code::NotFound && none, "list was refused: {error}");
                return Ok(None);
            }
        };
        world.note(&self.client.name, in_short(&answer.messages), &());
        ensure!(answer.messages.len() <= limit as usize, "more than {limit}: {answer:?}");
        ensure!([3_000, 10_000, 30_000].contains(&answer.next_poll_ms), "nextPollMs: {answer:?}");
        let mut model = world.model.borrow_mut();
        for message in &answer.messages {
            ensure!(message.conversation_id == self.conversation, "another conversation: {message:?}");
            model.see(self.client.user(), message, begun)?;
        }
        Ok(Some(answer))
    }

    /// Checks that an answer without `since` has the newest messages.
    fn snapshot(&self, answer: &Messages, limit: u32, begun: u64) -> Check<View> {
        let world = self.client.world;
        let model = world.model.borrow();
        let view = View::snapshot(&answer.messages)?;
        let accepted = model.accepted_before(&self.conversation, begun);
        if model.retention_ms.is_none() {
            ensure!(view.high.unwrap_or(0) >= accepted.max(1), "message {accepted} is missing: {answer:?}");
            ensure!(answer.has_more == (view.base > Some(1)), "hasMore: {answer:?}");
        }
        let full = answer.messages.len() == limit as usize;
        ensure!(full || !answer.has_more, "fewer than there is room for: {answer:?}");
        for message in &answer.messages {
            model.is_fresh(self.client.user(), message, begun)?;
        }
        Ok(view)
    }

    fn reset(&self, answer: &Messages) -> Check<View> {
        let world = self.client.world;
        world.count("reset of a list");
        let model = world.model.borrow();
        let Some(retention) = model.retention_ms else { return Err(format!("reset without a reason: {answer:?}")) };
        let state = self.state.as_ref().ok_or("reset without a cursor")?;
        let next = state.view.high.and_then(|high| model.talks[&self.conversation].facts.get(&(high + 1)).cloned());
        let away = state.shown_ms + retention < world.now_ms() + model.slack_ms;
        let gone = next.is_some_and(|fact| model.may_be_gone(fact.created_ms, world.now_ms()));
        ensure!(away || gone || state.behind, "reset of a cursor that is young enough: {answer:?}");
        // It may be stale, like any poll, but not older than what the device knows.
        let view = View::snapshot(&answer.messages)?;
        for (number, message) in &view.known {
            let before = state.view.known.get(number).is_none_or(|known| known.status <= message.status);
            ensure!(before, "went back with a reset: {message:?}");
        }
        Ok(view)
    }

    /// Reads the newest messages without a cursor, as another device would, and discards them.
    async fn look(&mut self) -> Check {
        let (limit, begun) = (self.client.dice.limit(), self.client.world.tick());
        let what = format!("look at {} limit {limit}", self.conversation);
        if let Some(answer) = self.ask(&what, None, None, limit, begun).await? {
            self.snapshot(&answer, limit, begun)?;
        }
        Ok(())
    }

    /// Reads the messages before the oldest one that is known.
    pub async fn page_back(&mut self) -> Check {
        let world = self.client.world;
        let Some(state) = &self.state else { return Ok(()) };
        let oldest = state.view.merged().first_key_value().map(|(number, message)| (*number, message.id.clone()));
        let Some((number, id)) = oldest else { return Ok(()) };
        let keeps = self.client.dice.chance(0.5);
        let cursor = keeps.then(|| state.cursor.clone());
        let (limit, begun) = (self.client.dice.limit(), world.tick());
        let what = format!("list {} before {number} limit {limit}", self.conversation);
        let Some(answer) = self.ask(&what, cursor.clone(), Some(id), limit, begun).await? else { return Ok(()) };
        ensure!(cursor.is_none_or(|cursor| cursor == answer.cursor), "the cursor was not kept: {answer:?}");
        {
            let model = world.model.borrow();
            for message in &answer.messages {
                model.is_fresh(self.client.user(), message, begun)?;
            }
            if model.retention_ms.is_none() {
                let last = answer.messages.last().map_or(0, |message| message.number);
                ensure!(last == number - 1, "before {number} comes {last}: {answer:?}");
                let first = answer.messages.first().map_or(1, |message| message.number);
                ensure!(answer.has_more == (first > 1), "hasMore: {answer:?}");
            }
        }
        let state = self.state.as_mut().ok_or("a device that pages back has a cursor")?;
        state.view.page_back(&answer.messages)
    }
}

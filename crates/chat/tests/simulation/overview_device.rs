//! A device that polls the list of conversations with `getConversations`.

use super::{
    device::{Client, see_conversation},
    model::{Check, ensure},
};
use jobline_wire::{Conversation, Conversations, ListConversations};
use std::collections::BTreeMap;

#[derive(Clone, Default)]
struct DeviceState {
    cursor: Option<String>,
    conversations: BTreeMap<String, Conversation>,
}

pub struct OverviewDevice<'a> {
    pub client: Client<'a>,
    state: DeviceState,
    past: Vec<DeviceState>,
    /// It began at a time, so it knows only what changed since.
    pub partial: bool,
}

impl<'a> OverviewDevice<'a> {
    pub fn new(client: Client<'a>) -> Self {
        Self { client, state: DeviceState::default(), past: Vec::new(), partial: false }
    }

    pub fn conversations(&self) -> &BTreeMap<String, Conversation> {
        &self.state.conversations
    }

    pub async fn step(&mut self) -> Check {
        match self.client.dice.up_to(99) {
            0..=4 => self.state = DeviceState::default(),
            5..=11 if !self.past.is_empty() && !self.partial => {
                self.state = self.client.dice.pick(&self.past).clone();
                self.client.world.count("older cursor");
            }
            12..=21 if !self.state.conversations.is_empty() => {
                let ids: Vec<String> = self.state.conversations.keys().cloned().collect();
                let id = self.client.dice.pick(&ids).clone();
                return self.client.mark(&id, &[]).await;
            }
            _ => {}
        }
        self.poll().await.map(drop)
    }

    /// Polls until an answer brings nothing and the same cursor.
    pub async fn settle(&mut self) -> Check<bool> {
        let mut moved = false;
        for _ in 0..2_000 {
            let before = self.state.cursor.clone();
            let answer = self.poll().await?.ok_or("no answer, though nothing fails")?;
            if answer.conversations.is_empty() && !answer.has_more && before.as_ref() == Some(&answer.cursor) {
                return Ok(moved);
            }
            moved = true;
        }
        Err("asks for conversations without an end".into())
    }

    /// Polls once, with the cursor if there is one.
    pub async fn poll(&mut self) -> Check<Option<Conversations>> {
        let world = self.client.world;
        let limit = self.client.dice.limit();
        let mut state = self.state.clone();
        let mut since = state.cursor.clone();
        let instant = (since.is_none() && self.client.dice.chance(0.15)).then(|| self.client.instant());
        let partial = if since.is_none() { instant.is_some() } else { self.partial };
        since = since.or_else(|| instant.clone());
        let begun = world.tick();
        let what = format!("getConversations limit {limit} since {since:?}");
        let chat = world.server(&mut self.client.dice);
        let input = ListConversations { since, limit: Some(limit) };
        let request = chat.conversations(&self.client.me, input);
        let response = world.hear(&mut self.client.dice, &self.client.name, &what, request).await;
        let Some(answer) = response.answer("getConversations")? else { return Ok(None) };
        ensure!(answer.conversations.len() <= limit as usize, "more than {limit}: {answer:?}");
        let partial = partial && answer.reset.is_none();
        if answer.reset == Some(true) {
            world.count("reset of conversations");
            ensure!(world.model.borrow().retention_ms.is_some(), "reset without a reason: {answer:?}");
            state.conversations.clear();
        }
        for two in answer.conversations.windows(2) {
            // A conversation whose last message has expired has no time for the order.
            let [newer, older] = [&two[0], &two[1]].map(|one| one.last_message_at.as_ref());
            let ordered = newer.is_none() || older.is_none() || newer >= older;
            ensure!(ordered, "not the one written in last first: {two:?}");
        }
        for conversation in &answer.conversations {
            see_conversation(&world.model.borrow(), self.client.user(), conversation, begun, world.now_ms())?;
            let early = instant.as_ref().filter(|instant| conversation.updated_at <= **instant);
            ensure!(early.is_none(), "not after {early:?}: {conversation:?}");
            state.conversations.insert(conversation.id.clone(), conversation.clone());
        }
        state.cursor = Some(answer.cursor.clone());
        if partial != self.partial {
            self.past.clear();
        }
        self.partial = partial;
        self.past.push(std::mem::replace(&mut self.state, state));
        if self.past.len() > 6 {
            self.past.remove(0);
        }
        Ok(Some(answer))
    }
}

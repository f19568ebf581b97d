//! Devices that survive the restore of the store, and what they must have at the end.

use super::{CREW, USERS};
use crate::histories::{
    dice::Dice,
    model::{Check, conversation, ensure},
    world::{Response, World},
};
use jobline_chat::UserId;
use jobline_wire::{Code, Conversation, ListConversations, ListMessages, Message, SyncQuery};
use std::{cell::Cell, collections::BTreeMap};

/// How a device polls.
#[derive(Debug, Clone)]
pub enum Way {
    Sync,
    List(String),
    Chats,
}

/// A device, which survives the restore of the store.
pub struct Device {
    pub name: String,
    pub me: UserId,
    dice: Dice,
    pub way: Way,
    pub cursor: Option<String>,
    held: BTreeMap<String, BTreeMap<u64, Message>>,
    /// The number of the first message that it got of each conversation: it has all later ones, and changes of earlier ones.
    began: BTreeMap<String, u64>,
    chats: BTreeMap<String, Conversation>,
    /// Whether it does not poll in this part of the history.
    pub sleeps: bool,
    /// Whether it may have something that was lost.
    pub is_ahead: bool,
}

pub fn devices(world: &World) -> Vec<Device> {
    let mut devices = Vec::new();
    for (place, user) in USERS.into_iter().enumerate() {
        let pair = conversation(user, USERS[(place + 1) % USERS.len()]);
        for way in [Way::Sync, Way::Chats, Way::List(CREW.to_owned()), Way::List(pair)] {
            let name = format!("{user} by {way:?}");
            devices.push(Device {
                dice: Dice::new(world.plan.seed, &name),
                me: UserId::new(user).expect("a user id"),
                name,
                way,
                cursor: None,
                held: BTreeMap::new(),
                began: BTreeMap::new(),
                chats: BTreeMap::new(),
                sleeps: false,
                is_ahead: false,
            });
        }
    }
    devices
}

impl Device {
    pub async fn run(&mut self, world: &World, acting: &Cell<usize>) -> Check {
        let pace = *self.dice.pick(&[1, 3]);
        while acting.get() > 0 {
            for _ in 0..pace {
                world.pause(&mut self.dice).await;
            }
            self.poll(world).await.map_err(|failure| format!("{}: {failure}", self.name))?;
        }
        Ok(())
    }

    /// Polls once; returns whether there is more.
    pub async fn poll(&mut self, world: &World) -> Check<bool> {
        let (since, limit) = (self.cursor.clone(), Some(self.dice.limit()));
        let chat = world.server(&mut self.dice);
        let (dice, name, me) = (&mut self.dice, &self.name, &self.me);
        match self.way.clone() {
            Way::Sync => {
                let input = SyncQuery { since, limit, wait: None };
                let response = world.hear(dice, name, "syncs", chat.sync(me, input)).await;
                let Some(answer) = response.answer("a sync")? else { return Ok(true) };
                self.take(world, answer.reset, answer.cursor)?;
                self.keep(answer.messages)?;
                Ok(answer.has_more)
            }
            Way::Chats => {
                let input = ListConversations { since, limit };
                let response = world.hear(dice, name, "lists chats", chat.conversations(me, input)).await;
                let Some(answer) = response.answer("the list of chats")? else { return Ok(true) };
                self.take(world, answer.reset, answer.cursor)?;
                self.chats.extend(answer.conversations.into_iter().map(|one| (one.id.clone(), one)));
                Ok(answer.has_more)
            }
            Way::List(id) => {
                let is_first = since.is_none();
                let input = ListMessages { conversation_id: id, since, before: None, limit };
                match world.hear(dice, name, "lists", chat.list(me, input)).await {
                    Response::Answer(answer) => {
                        // A first answer is only the newest page, so `hasMore` does not matter.
                        let more = answer.has_more && !is_first && answer.reset.is_none();
                        self.take(world, answer.reset, answer.cursor)?;
                        self.keep(answer.messages)?;
                        Ok(more)
                    }
                    Response::Lost => Ok(true),
                    Response::Refusal(error) if error.code == Code::NotFound => {
                        ensure!(self.held.is_empty() || self.is_ahead, "what it read is gone: {error}");
                        self.cursor = None;
                        self.begin();
                        Ok(false)
                    }
                    Response::Refusal(error) => Err(format!("refused a list: {error}")),
                }
            }
        }
    }

    /// Takes the cursor of an answer. On a `reset`, for which there must be a reason, it begins again.
    fn take(&mut self, world: &World, reset: Option<bool>, cursor: String) -> Check {
        self.cursor = Some(cursor);
        if reset == Some(true) {
            ensure!(self.is_ahead, "begins again without a reason");
            world.count("began again");
            self.begin();
        }
        Ok(())
    }

    fn begin(&mut self) {
        self.is_ahead = false;
        self.held.clear();
        self.began.clear();
        self.chats.clear();
    }

    /// Whether it may still have lost messages of conversations that have not moved since.
    fn may_be_ahead(&self) -> bool {
        self.is_ahead && !matches!(self.way, Way::List(_))
    }

    fn keep(&mut self, messages: Vec<Message>) -> Check {
        for message in messages {
            self.began.entry(message.conversation_id.clone()).or_insert(message.number);
            let held = self.held.entry(message.conversation_id.clone()).or_default();
            if let Some(former) = held.get(&message.number) {
                ensure!(former.id == message.id, "{former:?}\n  became {message:?}");
            }
            held.insert(message.number, message);
        }
        Ok(())
    }

    /// It has the same messages of this conversation as the store, from its first one on, and nothing else.
    pub fn has(&self, world: &World, truth: &[Message], id: &str) -> Check {
        if self.may_be_ahead() && !truth.iter().any(is_new) {
            world.count("not moved since");
            return Ok(());
        }
        let none = BTreeMap::new();
        let held = self.held.get(id).unwrap_or(&none);
        ensure!(truth.is_empty() || !held.is_empty(), "has nothing of {id}, which has {truth:?}");
        let first = self.began.get(id).copied().unwrap_or(0);
        let is_told = |one: &&Message| one.number >= first || held.contains_key(&one.number);
        let expected: Vec<_> = truth.iter().filter(is_told).map(|one| self.stands(one)).collect();
        let held: Vec<_> = held.values().map(|one| self.stands(one)).collect();
        ensure!(held == expected, "has {held:#?}\n  of {expected:#?}");
        Ok(())
    }

    /// The parts of a message that devices get. A user's own receipts are no change.
    fn stands<'a>(&self, one: &'a Message) -> impl PartialEq + std::fmt::Debug + use<'a> {
        let mine = one.sender_id == self.me.as_str() && one.conversation_id != CREW;
        let status = mine.then_some(one.status);
        (one.number, &one.id, &one.content, &one.reactions, &one.edited_at, &one.deleted_at, status)
    }

    pub async fn has_all_conversations(&self, world: &World) -> Check {
        let chats = chats(world, &self.me).await?;
        for id in chats.keys() {
            self.has(world, &whole(world, &self.me, id).await?, id)?;
        }
        let more = self.held.keys().find(|id| !chats.contains_key(*id));
        ensure!(more.is_none() || self.may_be_ahead(), "has {more:?}, which is not there");
        Ok(())
    }

    pub async fn has_the_list(&self, world: &World) -> Check {
        let shown = |one: &Conversation| {
            let unread = one.unread_count.get(self.me.as_str()).copied();
            (one.id.clone(), one.last_message_at.clone(), one.last_message.clone(), unread)
        };
        let mut expected = chats(world, &self.me).await?;
        let mut held = self.chats.clone();
        if self.may_be_ahead() {
            expected.retain(|_, one| one.last_message.as_deref().is_some_and(|text| text.contains("new")));
            held.retain(|id, _| expected.contains_key(id));
        }
        let [expected, held] = [expected, held].map(|all| all.values().map(shown).collect::<Vec<_>>());
        ensure!(held == expected, "has {held:#?}\n  of {expected:#?}");
        Ok(())
    }
}

/// Whether it changed after the restore.
fn is_new(message: &Message) -> bool {
    message.content.contains("new")
}

/// The whole list of somebody's conversations, by their ids.
async fn chats(world: &World, me: &UserId) -> Check<BTreeMap<String, Conversation>> {
    let answer = world.servers[0].chat.conversations(me, ListConversations::default()).await;
    let answer = answer.map_err(|error| error.to_string())?;
    ensure!(!answer.has_more, "more than a page of conversations");
    Ok(answer.conversations.into_iter().map(|one| (one.id.clone(), one)).collect())
}

/// The whole conversation as a user sees it.
pub async fn whole(world: &World, me: &UserId, id: &str) -> Check<Vec<Message>> {
    let (mut all, mut before): (Vec<Message>, Option<String>) = (Vec::new(), None);
    loop {
        let input = ListMessages { conversation_id: id.to_owned(), before, limit: Some(50), since: None };
        let page = match world.servers[0].chat.list(me, input).await {
            Ok(page) => page,
            Err(error) if error.code == Code::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(format!("{me} was refused: {error}")),
        };
        all.splice(0..0, page.messages);
        if !page.has_more {
            return Ok(all);
        }
        before = all.first().map(|message| message.id.clone());
    }
}

//! The devices of a crew's members, which store their answers.

use super::{CREW, PACES, Shared};
use crate::histories::{
    dice::Dice,
    model::{Check, ensure},
    world::Response,
};
use jobline_chat::UserId;
use jobline_wire::{Code, Conversation, ListConversations, ListMessages, Message, Status, SyncQuery};
use std::collections::{BTreeMap, BTreeSet};

/// A device that polls with `sync` or `list`, and stores the messages in their last state.
pub struct Device<'a> {
    pub shared: &'a Shared<'a>,
    pub dice: Dice,
    pub user: &'static str,
    pub by_sync: bool,
    pub cursor: Option<String>,
    pub held: BTreeMap<u64, Message>,
    /// For each pair, the number of the first message that it got, and the numbers of all that it has.
    pub pairs: BTreeMap<String, (u64, BTreeSet<u64>)>,
    /// Whether it has not reached the end for the first time yet.
    pub is_new: bool,
    /// The first message that it got while it was new: both procedures begin with the newest messages.
    pub began: Option<u64>,
    /// For how many pauses it waits between two polls: some poll all the time, others return to many changes.
    pub pace: u64,
}

impl Device<'_> {
    pub async fn run(&mut self) -> Check {
        while self.shared.acting.get() > 0 {
            for _ in 0..self.pace {
                self.shared.world.pause(&mut self.dice).await;
            }
            self.follow().await?;
        }
        Ok(())
    }

    /// Polls until there is nothing more, which must not take for ever.
    pub async fn follow_to_end(&mut self) -> Check {
        for _ in 0..1_000 {
            if !self.follow().await? {
                return Ok(());
            }
        }
        Err(format!("{} comes to no end, with {:?}", self.user, self.held.keys().last()))
    }

    /// Polls once; returns whether there is more.
    pub async fn follow(&mut self) -> Check<bool> {
        let me = UserId::new(self.user).expect("a user id");
        let (world, limit) = (self.shared.world, Some(self.dice.limit()));
        let chat = world.server(&mut self.dice);
        let since = self.cursor.clone();
        let (messages, has_more, cursor, reset) = if self.by_sync {
            let input = SyncQuery { since, limit, wait: None };
            let response = world.hear(&mut self.dice, self.user, "syncs", chat.sync(&me, input)).await;
            let Some(answer) = response.answer("a sync")? else { return Ok(true) };
            (answer.messages, answer.has_more, answer.cursor, answer.reset)
        } else {
            let input = ListMessages { conversation_id: CREW.into(), since, before: None, limit };
            match world.hear(&mut self.dice, self.user, "lists", chat.list(&me, input)).await {
                Response::Answer(answer) => {
                    // The first list is only the newest page, so `hasMore` does not matter.
                    let more = answer.has_more && self.cursor.is_some();
                    (answer.messages, more, answer.cursor, answer.reset)
                }
                Response::Lost => return Ok(true),
                Response::Refusal(error) if error.code == Code::NotFound => return Ok(false),
                Response::Refusal(error) => return Err(format!("{} was refused a list: {error}", self.user)),
            }
        };
        ensure!(reset.is_none(), "{} begins again without a reason", self.user);
        if self.is_new && self.held.is_empty() {
            let first = messages.iter().find(|message| message.conversation_id == CREW);
            self.began = first.map(|message| message.number);
        }
        self.is_new &= has_more;
        self.keep(&messages)?;
        self.cursor = Some(cursor);
        Ok(has_more)
    }

    /// New messages come in the order of their numbers, and a message comes once in an answer.
    fn keep(&mut self, messages: &[Message]) -> Check {
        let of_crew = messages.iter().filter(|message| message.conversation_id == CREW);
        for message in messages.iter().filter(|message| message.conversation_id != CREW) {
            let (number, id) = (message.number, message.conversation_id.clone());
            self.pairs.entry(id).or_insert_with(|| (number, BTreeSet::new())).1.insert(number);
        }
        let mut numbers = BTreeSet::new();
        for message in of_crew {
            ensure!(numbers.insert(message.number), "{} is told {} twice", self.user, message.number);
            ensure!(message.status != Status::Delivered, "nothing is delivered in a crew: {message:?}");
            let former = self.held.insert(message.number, message.clone());
            if let Some(former) = former {
                ensure!(former.deleted_at.is_none() || message.deleted_at.is_some(), "{message:?} is back");
                ensure!((&former.id, &former.created_at) == (&message.id, &message.created_at), "{message:?} changed");
            }
        }
        Ok(())
    }
}

/// A device that stores the list of conversations in its last state.
pub struct List<'a> {
    pub shared: &'a Shared<'a>,
    pub dice: Dice,
    pub user: &'static str,
    pub cursor: Option<String>,
    pub held: BTreeMap<String, Conversation>,
    /// As in [`Device`].
    pub pace: u64,
}

impl<'a> List<'a> {
    pub fn new(shared: &'a Shared<'a>, user: &'static str) -> Self {
        let mut dice = Dice::new(shared.world.plan.seed, &format!("{user} list"));
        let pace = *dice.pick(&PACES);
        Self { shared, dice, user, cursor: None, held: BTreeMap::new(), pace }
    }

    pub async fn run(&mut self) -> Check {
        while self.shared.acting.get() > 0 {
            for _ in 0..self.pace {
                self.shared.world.pause(&mut self.dice).await;
            }
            self.poll().await?;
        }
        Ok(())
    }

    /// Polls once; returns whether there is more.
    pub async fn poll(&mut self) -> Check<bool> {
        let me = UserId::new(self.user).expect("a user id");
        let input = ListConversations { since: self.cursor.clone(), limit: Some(self.dice.limit()) };
        let chat = self.shared.world.server(&mut self.dice);
        let response =
            self.shared.world.hear(&mut self.dice, self.user, "lists chats", chat.conversations(&me, input)).await;
        let Some(answer) = response.answer("the list of chats")? else { return Ok(true) };
        ensure!(answer.reset.is_none(), "the list of {} begins again without a reason", self.user);
        self.cursor = Some(answer.cursor);
        self.held.extend(answer.conversations.into_iter().map(|one| (one.id.clone(), one)));
        Ok(answer.has_more)
    }

    /// It has each conversation as the whole list shows it.
    pub async fn check(&mut self) -> Check {
        for polls in 0.. {
            ensure!(polls < 1_000, "the list of {} comes to no end", self.user);
            if !self.poll().await? {
                break;
            }
        }
        let me = UserId::new(self.user).expect("a user id");
        let answer = self.shared.world.servers[0].chat.conversations(&me, ListConversations::default()).await;
        for truth in answer.map_err(|error| error.to_string())?.conversations {
            let held = self.held.get(&truth.id).ok_or_else(|| format!("{} was not told of {truth:?}", self.user))?;
            // A former member is not notified of later deletions.
            let is_told = truth.id != CREW || self.shared.stand.borrow().people.contains(self.user);
            let shown = |one: &Conversation| {
                let unread = one.unread_count.get(self.user).copied().filter(|_| is_told);
                (one.last_message_at.clone(), one.last_message.clone().filter(|_| is_told), unread)
            };
            ensure!(shown(held) == shown(&truth), "{} holds {held:?}\n  of {truth:?}", self.user);
        }
        Ok(())
    }
}

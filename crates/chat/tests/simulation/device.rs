//! The common part of all kinds of devices.

use super::{
    dice::Dice,
    list_device::ListDevice,
    model::{Check, Model, ensure},
    overview_device::OverviewDevice,
    plan::Polls,
    sync_device::SyncDevice,
    world::{Response, World},
};
use jobline_chat::UserId;
use jobline_wire::{Code, Conversation, ListMessages, MarkAsRead, Message};

/// A device of a user: the user, the dice, the world.
pub struct Client<'a> {
    pub world: &'a World,
    pub dice: Dice,
    pub name: String,
    pub me: UserId,
}

impl Client<'_> {
    pub fn user(&self) -> &str {
        self.me.as_str()
    }

    /// A time to read from: that of some message, or one around now.
    pub fn instant(&mut self) -> String {
        let model = self.world.model.borrow();
        let times: Vec<u64> =
            model.talks.values().flat_map(|talk| talk.facts.values().map(|fact| fact.created_ms)).collect();
        let ms = if times.is_empty() || self.dice.chance(0.3) { self.world.now_ms() } else { *self.dice.pick(&times) };
        jobline_chat::iso(ms - self.dice.up_to(2))
    }

    /// Marks as read: everything, or up to one of these messages.
    pub async fn mark(&mut self, conversation: &str, messages: &[(u64, String)]) -> Check {
        let named = if messages.is_empty() || self.dice.chance(0.4) { None } else { Some(self.dice.pick(messages)) };
        self.mark_up_to(conversation, named.cloned()).await.map(drop)
    }

    /// Marks as read; returns whether the call was answered.
    pub async fn mark_up_to(&mut self, conversation: &str, up_to: Option<(u64, String)>) -> Check<bool> {
        let world = self.world;
        let (call, begun) = {
            let mut model = world.model.borrow_mut();
            let begun = model.tick();
            let accepted = model.accepted_before(conversation, begun);
            let user = self.me.to_string();
            let talk = model.talk(conversation);
            let side = talk.side(&user);
            (talk.reads[side].begin(up_to.as_ref().map(|(number, _)| *number), accepted), begun)
        };
        let what = format!("markAsRead {conversation} {up_to:?}");
        let input = MarkAsRead { conversation_id: conversation.into(), up_to: up_to.map(|(_, id)| id) };
        let chat = world.server(&mut self.dice);
        let response = world.hear(&mut self.dice, &self.name, &what, chat.mark_as_read(&self.me, input)).await;
        let ended = world.tick();
        let now = world.now_ms();
        let mut model = world.model.borrow_mut();
        let user = self.me.to_string();
        let talk = model.talk(conversation);
        let side = talk.side(&user);
        talk.reads[side].end(call, ended, matches!(response, Response::Answer(_)));
        match response {
            Response::Answer(answer) => {
                let bounds = model.unread_bounds(conversation, &user, begun, now);
                let (least, most) = bounds;
                ensure!((least..=most).contains(&answer.unread_count), "{answer:?}, expected {bounds:?}");
                Ok(true)
            }
            Response::Lost => Ok(false),
            // The message, or the first message of the conversation, has expired or does not exist yet.
            Response::Refusal(error) => {
                let gone = error.code == Code::NotFound
                    && (model.retention_ms.is_some() || model.accepted_before(conversation, begun) == 0);
                ensure!(gone, "markAsRead was refused: {error}");
                Ok(true)
            }
        }
    }

    /// Tries to read a conversation of others, which must be refused.
    pub async fn read_what_others_wrote(&mut self) -> Check {
        let world = self.world;
        let foreign: Vec<String> = {
            let model = world.model.borrow();
            let talks = model.talks.iter().filter(|(_, talk)| talk.pair.iter().all(|user| user != self.user()));
            talks.map(|(id, _)| id.clone()).collect()
        };
        if foreign.is_empty() {
            return Ok(());
        }
        let conversation_id = self.dice.pick(&foreign).clone();
        let chat = world.server(&mut self.dice);
        let input = ListMessages { conversation_id: conversation_id.clone(), ..ListMessages::default() };
        let response =
            world.hear(&mut self.dice, &self.name, "read_what_others_wrote", chat.list(&self.me, input)).await;
        let mark = MarkAsRead { conversation_id, up_to: None };
        let marked =
            world.hear(&mut self.dice, &self.name, "read_what_others_wrote", chat.mark_as_read(&self.me, mark)).await;
        for error in [refusal(response)?, refusal(marked)?].into_iter().flatten() {
            ensure!(error.code == Code::NotFound, "read_what_others_wroteing was refused with {error}");
        }
        Ok(())
    }
}

fn refusal<T: std::fmt::Debug>(response: Response<T>) -> Check<Option<jobline_chat::Error>> {
    match response {
        Response::Answer(answer) => Err(format!("was shown what others said: {answer:?}")),
        Response::Refusal(error) => Ok(Some(error)),
        Response::Lost => Ok(None),
    }
}

/// Messages in a line of the history, such as `4s 5d 6r`: number and first letter of the status.
pub fn in_short(messages: &[Message]) -> String {
    let letter = |message: &Message| match message.status {
        jobline_wire::Status::Sent => 's',
        jobline_wire::Status::Delivered => 'd',
        jobline_wire::Status::Read => 'r',
    };
    messages.iter().map(|message| format!("{}{} ", message.number, letter(message))).collect()
}

/// Checks whether `viewer`, who asked at `begun`, can see a conversation like this.
pub fn see_conversation(model: &Model, viewer: &str, shown: &Conversation, begun: u64, now_ms: u64) -> Check {
    let talk = model.talks.get(&shown.id).ok_or_else(|| format!("nobody could write {shown:?}"))?;
    ensure!(shown.participants == talk.pair, "wrong participants: {shown:?}");
    ensure!(talk.pair.iter().any(|user| user == viewer), "{viewer} is shown the conversation of others: {shown:?}");
    ensure!(shown.unread_count.len() == 2, "two have something unread, or nothing: {shown:?}");
    for (user, unread) in &shown.unread_count {
        let (least, most) = model.unread_bounds(&shown.id, user, begun, now_ms);
        ensure!((least..=most).contains(unread), "{user} has {least} to {most} unread, not as in {shown:?}");
    }
    let other = &talk.pair[1 - talk.side(viewer)];
    let blocked = shown.blocked == Some(true);
    ensure!(!blocked || model.blocks.was_ever(viewer, other), "{viewer} never blocked {other}: {shown:?}");
    let Some(text) = &shown.last_message else {
        ensure!(model.retention_ms.is_some() && shown.last_message_at.is_none(), "no last message: {shown:?}");
        return Ok(());
    };
    model.see_preview(shown, text, begun)
}

/// A device of any kind.
pub enum Device<'a> {
    List(ListDevice<'a>),
    Sync(SyncDevice<'a>),
    Overview(OverviewDevice<'a>),
}

impl<'a> Device<'a> {
    /// Device number `number` of the plan. `None` for a list if the user shares a job with nobody.
    pub fn new(world: &'a World, number: usize) -> Option<Self> {
        let (user, polls) = world.plan.devices[number];
        let name = format!("{}.{number}", world.plan.users[user]);
        let mut dice = Dice::new(world.plan.seed, &name);
        let me = UserId::new(&world.plan.users[user])?;
        let partners = world.plan.partners(user);
        if polls == Polls::List && partners.is_empty() {
            return None;
        }
        let partner = (!partners.is_empty()).then(|| *dice.pick(&partners));
        let client = Client { world, dice, name, me };
        Some(match (polls, partner) {
            (Polls::List, Some(other)) => Self::List(ListDevice::new(client, &world.plan.users[other])),
            (Polls::Conversations, _) => Self::Overview(OverviewDevice::new(client)),
            _ => Self::Sync(SyncDevice::new(client)),
        })
    }

    /// Acts until the end of the history.
    pub async fn run(mut self) -> Check<Self> {
        let world = self.client().world;
        for _ in 0..world.plan.steps {
            let client = self.client();
            world.pause(&mut client.dice).await;
            let name = client.name.clone();
            let done = match &mut self {
                Self::List(device) => device.step().await,
                Self::Sync(device) => device.step().await,
                Self::Overview(device) => device.step().await,
            };
            done.map_err(|failure| format!("{name}: {failure}"))?;
        }
        Ok(self)
    }

    /// Polls until nothing is new; returns whether anything was.
    pub async fn settle(&mut self) -> Check<bool> {
        let name = self.client().name.clone();
        let done = match self {
            Self::List(device) => device.settle().await,
            Self::Sync(device) => device.settle().await,
            Self::Overview(device) => device.settle().await,
        };
        done.map_err(|failure| format!("{name}: {failure}"))
    }

    pub fn client(&mut self) -> &mut Client<'a> {
        match self {
            Self::List(device) => &mut device.client,
            Self::Sync(device) => &mut device.client,
            Self::Overview(device) => &mut device.client,
        }
    }
}

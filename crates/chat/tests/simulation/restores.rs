//! Histories of a store that goes back to an earlier copy of itself, while devices keep what they have and where they were.
//!
//! Users write before the copy is made, after it, and again after the store has gone back: with luck as many changes as were
//! lost, so that logs and heads come to the same numbers another way. A device that slept since before the copy must not begin
//! again, and at the end each has what the store has, and nothing else. One exception is decided in
//! `docs/decisions/0014-the-inbox.md`: where a head cannot tell, a device keeps what was lost of a conversation until that moves.

use super::{
    Actor, Report,
    crews::run_tasks,
    dice::Dice,
    history,
    model::{Check, conversation, ensure},
    plan::Plan,
    together,
    world::{Response, World},
};
use jobline_chat::{JobId, UserId};
use jobline_wire::{
    Code, Conversation, DeleteMessage, EditMessage, HostJobInput, JobStatus, ListConversations, ListMessages,
    MarkAsRead, Message, React, SendMessage, SyncQuery,
};
use std::{cell::Cell, collections::BTreeMap, time::Duration};

const CREW: &str = "crew_1";
const USERS: [&str; 4] = ["anna", "ben", "carl_x", "d~ora"];
/// How much each user does at most in a part of the history.
const MOST: [u64; 4] = [0, 1, 3, 8];

/// Runs a history of a store that is restored.
///
/// # Errors
/// Which promise was broken.
pub fn run(plan: Plan) -> Result<Report, String> {
    history("a restored store", plan, live)
}

/// The plan of the restoration of `seed`.
pub fn plan(seed: u64) -> Plan {
    let plan = Plan::crowd(seed);
    let crew_sleeps_after_ms = if seed.is_multiple_of(2) { 700 } else { 86_400_000 };
    let window_bytes = if seed.is_multiple_of(3) { 60 } else { plan.settings.window_bytes };
    let settings = jobline_chat::Settings { send_rate: 0, crew_sleeps_after_ms, window_bytes, ..plan.settings };
    // A store notices that it went back by the time at which things happened.
    Plan { pause_ms: 300, skew_ms: 0, settings, ..plan }
}

async fn live(world: &World) -> Check {
    let mut dice = Dice::new(world.plan.seed, "restoration");
    put_job(world, &mut dice).await?;
    let mut devices = devices(world);
    act(world, &mut devices, "kept", 6).await?;
    let backup = world.backup().await;
    for device in &mut devices {
        device.sleeps = dice.chance(0.3);
    }
    act(world, &mut devices, "lost", *dice.pick(&MOST)).await?;
    for device in devices.iter_mut().filter(|device| !device.sleeps) {
        // Some have come to the end of what is lost, and some are on the way.
        for _ in 0..dice.up_to(6) {
            device.poll(world).await?;
        }
    }
    let restored = world.restored(&backup).await;
    restored.note("world", "is restored", &backup);
    let lived = live_on(&restored, &mut devices, &mut dice).await;
    world.take_back(&restored);
    lived
}

/// What happens after the restoration.
async fn live_on(world: &World, devices: &mut [Device], dice: &mut Dice) -> Check {
    for device in devices.iter_mut() {
        device.is_ahead = !device.sleeps;
        device.sleeps = dice.chance(0.5);
    }
    act(world, devices, "new", *dice.pick(&MOST)).await?;
    world.stop_faults();
    for server in &world.servers {
        server.chat.ready().await.map_err(|error| format!("not ready: {error}"))?;
        tokio::time::sleep(Duration::from_secs(60)).await;
        server.chat.run_due_tasks(u64::MAX).await.map_err(|error| format!("tasks: {error}"))?;
    }
    settle(world, devices).await?;
    for device in devices.iter() {
        let agrees = match &device.way {
            Way::Sync => device.has_all_conversations(world).await,
            Way::List(id) => device.has(world, &whole(world, &device.me, id).await?, id),
            Way::Chats => device.has_the_list(world).await,
        };
        agrees.map_err(|failure| format!("{}: {failure}", device.name))?;
    }
    Ok(())
}

/// Everybody polls until nothing is new to anybody.
async fn settle(world: &World, devices: &mut [Device]) -> Check {
    for _ in 0..40 {
        let mut moved = false;
        for device in devices.iter_mut() {
            for polls in 0.. {
                ensure!(polls < 1_000, "{} comes to no end", device.name);
                let before = device.cursor.clone();
                let more = device.poll(world).await?;
                if !more && device.cursor == before {
                    break;
                }
                moved = true;
            }
        }
        if !moved {
            return Ok(());
        }
    }
    Err("devices that only poll never come to rest".into())
}

/// Everybody does up to `most` things, and devices that are awake poll meanwhile.
async fn act(world: &World, devices: &mut [Device], part: &'static str, most: u64) -> Check {
    let acting = &Cell::new(USERS.len());
    let mut actors: Vec<Actor<'_>> = Vec::new();
    actors.extend(USERS.map(|user| -> Actor<'_> { Box::pin(write(world, acting, user, part, most)) }));
    for device in devices.iter_mut().filter(|device| !device.sleeps) {
        actors.push(Box::pin(device.run(world, acting)));
    }
    together(actors, run_tasks(world)).await
}

async fn put_job(world: &World, dice: &mut Dice) -> Check {
    for _ in 0..60 {
        let input = HostJobInput {
            title: "Roof".into(),
            participants: USERS.map(str::to_owned).to_vec(),
            status: JobStatus::Open,
            crew_history: None,
        };
        let put = world.server(dice).put_job(JobId::parse(1).expect("a small number"), input);
        if let Response::Answer(_) = world.hear(dice, "host", "puts the job", put).await {
            return Ok(());
        }
    }
    Err("the host is never answered".into())
}

/// What a user does, one thing after the other. Nothing of it is repeated.
async fn write(world: &World, acting: &Cell<usize>, user: &str, part: &str, most: u64) -> Check {
    let mut dice = Dice::new(world.plan.seed, &format!("{user}, {part}"));
    let me = UserId::new(user).expect("a user id");
    for step in 0..dice.up_to(most) {
        world.pause(&mut dice).await;
        let others: Vec<&str> = USERS.into_iter().filter(|one| *one != user).collect();
        let other = *dice.pick(&others);
        let id = if dice.chance(0.4) { CREW.to_owned() } else { conversation(user, other) };
        let what = dice.up_to(9);
        if what < 5 {
            let to_crew = id == CREW;
            let input = SendMessage {
                conversation_id: to_crew.then_some(id),
                receiver_id: (!to_crew).then(|| other.to_owned()),
                content: Some(format!("{part} {user} {step}")),
                ..SendMessage::default()
            };
            let chat = world.server(&mut dice);
            let sent = world.hear(&mut dice, user, format_args!("sends, {part}"), chat.send(&me, input)).await;
            count(world, "sent", part, sent.answer("a message")?.is_some());
        } else if let Some(message) = one_of(world, &mut dice, &me, &id).await {
            change(world, &mut dice, &me, part, message, what).await?;
        }
    }
    acting.set(acting.get() - 1);
    Ok(())
}

fn count(world: &World, what: &'static str, part: &str, answered: bool) {
    if answered {
        world.count(what);
        world.count(if part == "lost" { "was lost" } else { "was kept" });
    }
}

/// Edits, deletes, reacts to or marks as read what was written.
async fn change(world: &World, dice: &mut Dice, me: &UserId, part: &str, message: Message, what: u64) -> Check {
    let (conversation_id, message_id, user) = (message.conversation_id, message.id, me.as_str());
    let (mine, is_there) = (message.sender_id == user, message.deleted_at.is_none() && message.event.is_none());
    let chat = world.server(dice);
    let answered = match what {
        5 if mine && is_there => {
            let content = format!("{} edited, {part}", message.content);
            let input = EditMessage { conversation_id, message_id, content };
            let edited = world.hear(dice, user, "edits", chat.edit(me, input)).await;
            matches!(edited, Response::Answer(_))
        }
        6 if mine && is_there => {
            let input = DeleteMessage { conversation_id, message_id };
            let deleted = world.hear(dice, user, "deletes", chat.delete(me, input)).await;
            matches!(deleted, Response::Answer(_))
        }
        7 if is_there => {
            let input = React { conversation_id, message_id, emoji: Some("👍".into()) };
            let reacted = world.hear(dice, user, "reacts", chat.react(me, input)).await;
            matches!(reacted, Response::Answer(_))
        }
        _ => {
            let input = MarkAsRead { conversation_id, up_to: Some(message_id) };
            let read = world.hear(dice, user, "reads", chat.mark_as_read(me, input)).await;
            matches!(read, Response::Answer(_))
        }
    };
    count(world, "changed", part, answered);
    Ok(())
}

/// One of the last messages of a conversation, if there is one.
async fn one_of(world: &World, dice: &mut Dice, me: &UserId, id: &str) -> Option<Message> {
    let limit = Some(u32::try_from(dice.between(1, 5)).unwrap_or(1));
    let input = ListMessages { conversation_id: id.to_owned(), limit, ..ListMessages::default() };
    let chat = world.server(dice);
    match world.hear(dice, me.as_str(), "looks", chat.list(me, input)).await {
        Response::Answer(list) => list.messages.into_iter().next(),
        _ => None,
    }
}

/// How a device polls.
#[derive(Debug, Clone)]
enum Way {
    Sync,
    List(String),
    Chats,
}

/// A device, which lives on when the store is restored.
struct Device {
    name: String,
    me: UserId,
    dice: Dice,
    way: Way,
    cursor: Option<String>,
    held: BTreeMap<String, BTreeMap<u64, Message>>,
    /// The number of the first message that it got of each conversation: it has all that follow, and what changed before.
    began: BTreeMap<String, u64>,
    chats: BTreeMap<String, Conversation>,
    /// Whether it does not poll in this part of the history.
    sleeps: bool,
    /// Whether it may have something that was lost.
    is_ahead: bool,
}

fn devices(world: &World) -> Vec<Device> {
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
    async fn run(&mut self, world: &World, acting: &Cell<usize>) -> Check {
        let pace = *self.dice.pick(&[1, 3]);
        while acting.get() > 0 {
            for _ in 0..pace {
                world.pause(&mut self.dice).await;
            }
            self.poll(world).await.map_err(|failure| format!("{}: {failure}", self.name))?;
        }
        Ok(())
    }

    /// Polls once; answers whether more waits.
    async fn poll(&mut self, world: &World) -> Check<bool> {
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
                        // An answer that begins is the newest page alone, and that there is more says nothing.
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

    /// Takes the cursor of an answer, and begins again if that says so, for which there has to be a reason.
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

    /// Whether it may still have what was lost of conversations that nothing moved since.
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

    /// Of this conversation it has what the store has, from the first message that it got, and nothing else.
    fn has(&self, world: &World, truth: &[Message], id: &str) -> Check {
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

    /// What a device is told of a message. Receipts of one's own are no change.
    fn stands<'a>(&self, one: &'a Message) -> impl PartialEq + std::fmt::Debug + use<'a> {
        let mine = one.sender_id == self.me.as_str() && one.conversation_id != CREW;
        let status = mine.then_some(one.status);
        (one.number, &one.id, &one.content, &one.reactions, &one.edited_at, &one.deleted_at, status)
    }

    async fn has_all_conversations(&self, world: &World) -> Check {
        let chats = chats(world, &self.me).await?;
        for id in chats.keys() {
            self.has(world, &whole(world, &self.me, id).await?, id)?;
        }
        let more = self.held.keys().find(|id| !chats.contains_key(*id));
        ensure!(more.is_none() || self.may_be_ahead(), "has {more:?}, which is not there");
        Ok(())
    }

    async fn has_the_list(&self, world: &World) -> Check {
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

/// Whether something happened to it after the restoration.
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
async fn whole(world: &World, me: &UserId, id: &str) -> Check<Vec<Message>> {
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

//! Histories of one crew: its members write, edit, delete, react and read while the host lets people come and go, over
//! servers that fail and die. The crew goes to sleep and wakes, and they write to each other in between. What each of them may
//! see follows from the events in the log alone; every unread count is counted again.

use super::{
    Actor, Report,
    dice::Dice,
    history,
    model::{Check, ensure},
    plan::Plan,
    together,
    world::{Response, World},
};
use jobline_chat::{JobId, UserId};
use jobline_wire::{
    Code, Conversation, DeleteMessage, EditMessage, HostJobInput, JobStatus, ListConversations, ListMembers,
    ListMessages, MarkAsRead, Message, React, SendMessage, Status, SyncQuery,
};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    ops::RangeInclusive,
    time::Duration,
};

const CREW: &str = "crew_1";
/// The first of them takes part all the time: she sees everything.
const USERS: [&str; 6] = ["anna", "ben", "carl_x", "d~ora", "eve.w|1@x", "finn"];
const STEPS: usize = 24;
const HOST_STEPS: usize = 7;
/// For how many pauses devices wait.
const PACES: [u64; 3] = [2, 4, 10];
/// How often somebody tries who is not answered.
const ATTEMPTS: usize = 60;

/// Who takes part, as the host was answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Stand {
    /// Rises when a call of the host begins and when it is answered: odd while one is under way.
    version: u64,
    people: BTreeSet<&'static str>,
}

/// What answers said for certain.
#[derive(Debug, Default)]
struct Known {
    /// The texts that were accepted, with the number.
    accepted: BTreeMap<String, u64>,
    /// Texts that were refused: they must not be there.
    refused: BTreeSet<String>,
    /// Messages that were deleted for certain.
    deleted: BTreeSet<u64>,
    /// Messages that were accepted while a user took no part for certain.
    hidden: Vec<(&'static str, u64)>,
    /// Texts that a message had before an edit that was answered.
    replaced: BTreeSet<String>,
    /// What the job was called, the last title last, and who took part in it then.
    titles: Vec<(String, BTreeSet<&'static str>)>,
}

struct Shared<'a> {
    world: &'a World,
    stand: RefCell<Stand>,
    known: RefCell<Known>,
    /// How many of those who write, and the host, are not done yet.
    acting: Cell<usize>,
}

/// Runs the history of a crew.
///
/// # Errors
/// Which promise was broken.
pub fn run(plan: Plan) -> Result<Report, String> {
    history("a crew", plan, live)
}

/// The plan of the crew of `seed`.
pub fn plan(seed: u64) -> Plan {
    let plan = Plan::crowd(seed);
    // In every second history the crew sleeps often, and in every third one heads have little room.
    let crew_sleeps_after_ms = if seed.is_multiple_of(2) { 700 } else { 86_400_000 };
    let window_bytes = if seed.is_multiple_of(3) { 60 } else { plan.settings.window_bytes };
    let settings = jobline_chat::Settings { send_rate: 0, crew_sleeps_after_ms, window_bytes, ..plan.settings };
    Plan { pause_ms: 400, skew_ms: 0, settings, ..plan }
}

async fn live(world: &World) -> Check {
    let acting = Cell::new(USERS.len() + 1);
    let shared = Shared { world, stand: RefCell::default(), known: RefCell::default(), acting };
    let mut dice = Dice::new(world.plan.seed, "crew");
    host_puts(&shared, &mut dice, &USERS[..3]).await?;
    let mut devices: Vec<Device<'_>> = Vec::new();
    for user in USERS {
        for nth in 0..2 {
            let mut dice = Dice::new(world.plan.seed, &format!("{user} device {nth}"));
            let pace = *dice.pick(&PACES);
            devices.push(Device {
                shared: &shared,
                dice,
                user,
                by_sync: nth == 0,
                cursor: None,
                held: BTreeMap::new(),
                pairs: BTreeMap::new(),
                is_new: true,
                began: None,
                pace,
            });
        }
    }
    let mut lists: Vec<List<'_>> = USERS.iter().map(|user| List::new(&shared, user)).collect();
    let mut actors: Vec<Actor<'_>> = vec![Box::pin(host(&shared))];
    actors.extend(USERS.map(|user| -> Actor<'_> { Box::pin(write(&shared, user)) }));
    actors.extend(devices.iter_mut().map(|device| -> Actor<'_> { Box::pin(device.run()) }));
    actors.extend(lists.iter_mut().map(|list| -> Actor<'_> { Box::pin(list.run()) }));
    together(actors, run_tasks(world)).await?;
    Box::pin(rest(&shared, &mut devices, &mut lists)).await
}

/// Servers run tasks that are due, and die at it: so the crew goes to sleep.
pub async fn run_tasks(world: &World) -> Check<Infallible> {
    let mut dice = Dice::new(world.plan.seed, "tasks");
    loop {
        world.pause(&mut dice).await;
        let chat = world.server(&mut dice);
        let done = world.hear(&mut dice, "server", "runs tasks", chat.run_due_tasks(u64::MAX)).await;
        if done.answer("running tasks")?.is_some_and(|finished| finished > 0) {
            world.count("task run");
        }
    }
}

/// The host lets people come and go.
async fn host(shared: &Shared<'_>) -> Check {
    let mut dice = Dice::new(shared.world.plan.seed, "host");
    for _ in 0..HOST_STEPS {
        for _ in 0..4 {
            shared.world.pause(&mut dice).await;
        }
        let mut people = vec![USERS[0]];
        people.extend(USERS[1..].iter().filter(|_| dice.chance(0.6)));
        host_puts(shared, &mut dice, &people).await?;
    }
    shared.acting.set(shared.acting.get() - 1);
    Ok(())
}

/// Puts the job until that is answered.
async fn host_puts(shared: &Shared<'_>, dice: &mut Dice, people: &[&'static str]) -> Check {
    shared.stand.borrow_mut().version += 1;
    let title = format!("Roof {}", shared.known.borrow().titles.len());
    shared.known.borrow_mut().titles.push((title.clone(), people.iter().copied().collect()));
    for attempt in 0.. {
        ensure!(attempt < ATTEMPTS, "the host is never answered");
        let input = HostJobInput {
            title: title.clone(),
            participants: people.iter().map(|user| (*user).to_owned()).collect(),
            status: JobStatus::Open,
            crew_history: None,
        };
        let chat = shared.world.server(dice);
        let put = chat.put_job(JobId::parse(1).expect("a small number"), input);
        if let Response::Answer(_) = shared.world.hear(dice, "host", format_args!("puts {people:?}"), put).await {
            break;
        }
    }
    let mut stand = shared.stand.borrow_mut();
    stand.version += 1;
    stand.people = people.iter().copied().collect();
    Ok(())
}

/// What a user writes, one thing after the other.
async fn write(shared: &Shared<'_>, user: &'static str) -> Check {
    let mut dice = Dice::new(shared.world.plan.seed, user);
    let me = UserId::new(user).expect("a user id");
    let mut mine: Vec<Message> = Vec::new();
    for step in 0..STEPS {
        shared.world.pause(&mut dice).await;
        if dice.chance(0.1) {
            // The others go on without them, and the crew may go to sleep.
            tokio::time::sleep(Duration::from_millis(dice.up_to(3_000))).await;
        }
        match dice.up_to(11) {
            10 | 11 => send_aside(shared, &mut dice, user, &me, step).await?,
            0..=4 => mine.extend(send(shared, &mut dice, user, &me, step).await?),
            5 => edit(shared, &mut dice, &me, &mut mine, step).await?,
            6 if dice.chance(0.5) => delete(shared, &mut dice, &me, &mut mine).await?,
            7 => react(shared, &mut dice, &me).await?,
            _ => mark(shared, &mut dice, &me).await?,
        }
    }
    shared.acting.set(shared.acting.get() - 1);
    Ok(())
}

/// Sends a text, until it is known what became of it. The answer has to be what the host's word makes of it, where that
/// stood still meanwhile.
async fn send(
    shared: &Shared<'_>,
    dice: &mut Dice,
    user: &'static str,
    me: &UserId,
    step: usize,
) -> Check<Option<Message>> {
    let text = format!("{user} says {step}");
    let before = shared.stand.borrow().clone();
    let mut unknown = false;
    for _ in 0..ATTEMPTS {
        let input = SendMessage {
            conversation_id: Some(CREW.into()),
            content: Some(text.clone()),
            client_id: Some(format!("c{step}")),
            ..SendMessage::default()
        };
        let chat = shared.world.server(dice);
        let response = shared.world.hear(dice, user, format_args!("sends {text:?}"), chat.send(me, input)).await;
        let after = shared.stand.borrow().clone();
        let stood = before == after && before.version.is_multiple_of(2);
        let mut known = shared.known.borrow_mut();
        match response {
            Response::Answer(sent) => {
                ensure!(!stood || before.people.contains(user), "{user} takes no part and sent {:?}", sent.message);
                if stood {
                    let out = USERS.iter().filter(|one| !before.people.contains(*one));
                    known.hidden.extend(out.map(|one| (*one, sent.message.number)));
                }
                known.accepted.insert(text, sent.message.number);
                shared.world.count("accepted");
                return Ok(Some(sent.message));
            }
            Response::Refusal(error) => {
                ensure!(
                    matches!(error.code, Code::NotJobParticipant | Code::NotFound),
                    "{user} was refused with {error}"
                );
                ensure!(!stood || !before.people.contains(user), "{user} takes part and was refused: {error}");
                shared.world.count("refused");
                if !unknown {
                    known.refused.insert(text);
                }
                return Ok(None);
            }
            Response::Lost => unknown = true,
        }
    }
    Err(format!("{user} is never answered"))
}

/// Sends a text to one of the others alone, once.
async fn send_aside(shared: &Shared<'_>, dice: &mut Dice, user: &str, me: &UserId, step: usize) -> Check {
    let others: Vec<&str> = USERS.into_iter().filter(|one| *one != user).collect();
    let input = SendMessage {
        receiver_id: Some((*dice.pick(&others)).to_owned()),
        content: Some(format!("aside {step}")),
        client_id: Some(format!("a{step}")),
        ..SendMessage::default()
    };
    let chat = shared.world.server(dice);
    if let Response::Answer(_) = shared.world.hear(dice, user, "sends aside", chat.send(me, input)).await {
        shared.world.count("aside");
    }
    Ok(())
}

async fn edit(shared: &Shared<'_>, dice: &mut Dice, me: &UserId, mine: &mut [Message], step: usize) -> Check {
    let Some(message) = mine.last_mut() else { return Ok(()) };
    let content = format!("{} edited {step}", message.sender_id);
    let input = EditMessage { conversation_id: CREW.into(), message_id: message.id.clone(), content: content.clone() };
    let chat = shared.world.server(dice);
    if let Response::Answer(edited) = shared.world.hear(dice, me.as_str(), &content, chat.edit(me, input)).await {
        let former = std::mem::replace(message, edited.message);
        shared.known.borrow_mut().replaced.insert(former.content);
        shared.world.count("edited");
    }
    Ok(())
}

async fn delete(shared: &Shared<'_>, dice: &mut Dice, me: &UserId, mine: &mut Vec<Message>) -> Check {
    let Some(message) = mine.pop() else { return Ok(()) };
    let input = DeleteMessage { conversation_id: CREW.into(), message_id: message.id.clone() };
    let chat = shared.world.server(dice);
    if let Response::Answer(_) = shared.world.hear(dice, me.as_str(), "deletes", chat.delete(me, input)).await {
        shared.known.borrow_mut().deleted.insert(message.number);
        shared.world.count("deleted");
    }
    Ok(())
}

async fn react(shared: &Shared<'_>, dice: &mut Dice, me: &UserId) -> Check {
    let Some(message) = last_of(shared, dice, me).await else { return Ok(()) };
    let input = React { conversation_id: CREW.into(), message_id: message.id, emoji: Some("👍".into()) };
    let chat = shared.world.server(dice);
    if let Response::Answer(_) = shared.world.hear(dice, me.as_str(), "reacts", chat.react(me, input)).await {
        shared.world.count("reacted");
    }
    Ok(())
}

async fn mark(shared: &Shared<'_>, dice: &mut Dice, me: &UserId) -> Check {
    let up_to = if dice.chance(0.5) { last_of(shared, dice, me).await.map(|message| message.id) } else { None };
    let input = MarkAsRead { conversation_id: CREW.into(), up_to };
    let chat = shared.world.server(dice);
    if let Response::Answer(_) = shared.world.hear(dice, me.as_str(), "reads", chat.mark_as_read(me, input)).await {
        shared.world.count("read");
    }
    Ok(())
}

/// One of the last messages that a user sees.
async fn last_of(shared: &Shared<'_>, dice: &mut Dice, me: &UserId) -> Option<Message> {
    let limit = Some(u32::try_from(dice.between(1, 5)).unwrap_or(1));
    let input = ListMessages { conversation_id: CREW.into(), limit, ..ListMessages::default() };
    let chat = shared.world.server(dice);
    match shared.world.hear(dice, me.as_str(), "lists", chat.list(me, input)).await {
        Response::Answer(mut list) => (!list.messages.is_empty()).then(|| list.messages.remove(0)),
        _ => None,
    }
}

/// A device that follows by `sync` or `list`, and keeps the messages as they came last.
struct Device<'a> {
    shared: &'a Shared<'a>,
    dice: Dice,
    user: &'static str,
    by_sync: bool,
    cursor: Option<String>,
    held: BTreeMap<u64, Message>,
    /// Of each pair the number of the first message that it was told, and the numbers of all that it has.
    pairs: BTreeMap<String, (u64, BTreeSet<u64>)>,
    /// It has not come to the end for the first time.
    is_new: bool,
    /// The first message that it got while it was new: both begin with the newest messages.
    began: Option<u64>,
    /// For how many pauses it waits between two polls: some are there all the time, others come back to more that is new.
    pace: u64,
}

impl Device<'_> {
    async fn run(&mut self) -> Check {
        while self.shared.acting.get() > 0 {
            for _ in 0..self.pace {
                self.shared.world.pause(&mut self.dice).await;
            }
            self.follow().await?;
        }
        Ok(())
    }

    /// Polls until nothing waits, which does not take for ever.
    async fn follow_to_end(&mut self) -> Check {
        for _ in 0..1_000 {
            if !self.follow().await? {
                return Ok(());
            }
        }
        Err(format!("{} comes to no end, with {:?}", self.user, self.held.keys().last()))
    }

    /// Polls once; answers whether more waits.
    async fn follow(&mut self) -> Check<bool> {
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
                    // The first list is its newest page alone, so that there is more says nothing.
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

/// A device that keeps the list of conversations, as it came last.
struct List<'a> {
    shared: &'a Shared<'a>,
    dice: Dice,
    user: &'static str,
    cursor: Option<String>,
    held: BTreeMap<String, Conversation>,
    /// As of a [`Device`].
    pace: u64,
}

impl<'a> List<'a> {
    fn new(shared: &'a Shared<'a>, user: &'static str) -> Self {
        let mut dice = Dice::new(shared.world.plan.seed, &format!("{user} list"));
        let pace = *dice.pick(&PACES);
        Self { shared, dice, user, cursor: None, held: BTreeMap::new(), pace }
    }

    async fn run(&mut self) -> Check {
        while self.shared.acting.get() > 0 {
            for _ in 0..self.pace {
                self.shared.world.pause(&mut self.dice).await;
            }
            self.poll().await?;
        }
        Ok(())
    }

    /// Polls once; answers whether more waits.
    async fn poll(&mut self) -> Check<bool> {
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

    /// It holds each conversation as the whole list shows it.
    async fn check(&mut self) -> Check {
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
            // Nobody tells one who has left of what is deleted later.
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

/// A device that follows by `sync` has every message of its user's pairs from the one that it was told first, and of those before
/// it what changed later.
async fn check_pairs(device: &Device<'_>) -> Check {
    let me = UserId::new(device.user).expect("a user id");
    let chat = &device.shared.world.servers[0].chat;
    for (id, (first, numbers)) in &device.pairs {
        let input = ListMessages { conversation_id: id.clone(), limit: Some(1), ..ListMessages::default() };
        let last = chat.list(&me, input).await.map_err(|error| error.to_string())?.messages;
        let last = last.last().map_or(0, |message| message.number);
        let missing = (*first..=last).find(|number| !numbers.contains(number));
        ensure!(missing.is_none(), "{} was not told {missing:?} of {id}, only {numbers:?}", device.user);
    }
    Ok(())
}

/// Nothing fails any more, and everybody follows to the end.
async fn rest(shared: &Shared<'_>, devices: &mut [Device<'_>], lists: &mut [List<'_>]) -> Check {
    let world = shared.world;
    world.stop_faults();
    for server in &world.servers {
        server.chat.ready().await.map_err(|error| format!("not ready: {error}"))?;
        tokio::time::sleep(Duration::from_secs(60)).await;
        server.chat.run_due_tasks(u64::MAX).await.map_err(|error| format!("tasks: {error}"))?;
    }
    for device in devices.iter_mut() {
        device.follow_to_end().await?;
    }
    for device in devices.iter().filter(|device| device.by_sync) {
        check_pairs(device).await?;
    }
    for list in lists.iter_mut() {
        list.check().await?;
    }
    let log = all_messages(shared, USERS[0]).await?;
    ensure!(!log.is_empty(), "nobody wrote");
    check_log(shared, &log)?;
    let crews = Stays::of(&log);
    for user in USERS {
        check_user(shared, user, &log, &crews).await?;
    }
    devices.iter().try_for_each(|device| check_device(device, &log, &crews, &shared.stand.borrow()))
}

/// The whole conversation as a user sees it, page by page.
async fn all_messages(shared: &Shared<'_>, user: &str) -> Check<Vec<Message>> {
    let me = UserId::new(user).expect("a user id");
    let (mut all, mut before): (Vec<Message>, Option<String>) = (Vec::new(), None);
    loop {
        let input = ListMessages { conversation_id: CREW.into(), before, limit: Some(50), since: None };
        let page = match shared.world.servers[0].chat.list(&me, input).await {
            Ok(page) => page,
            Err(error) if error.code == Code::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(format!("{user} was refused: {error}")),
        };
        all.splice(0..0, page.messages);
        if !page.has_more {
            return Ok(all);
        }
        before = all.first().map(|message| message.id.clone());
    }
}

/// Accepted messages are there once, refused ones are not, and nothing shows what was deleted.
fn check_log(shared: &Shared<'_>, log: &[Message]) -> Check {
    let known = shared.known.borrow();
    for (at, message) in log.iter().enumerate() {
        ensure!(message.number == at as u64 + 1, "a gap before {message:?}");
        ensure!(!known.refused.contains(&message.content), "refused, and there: {message:?}");
        let deleted = known.deleted.contains(&message.number);
        ensure!(!deleted || message.deleted_at.is_some(), "deleted, and there: {message:?}");
        ensure!(message.deleted_at.is_none() || message.content.is_empty(), "a text that was deleted: {message:?}");
    }
    let mut texts = BTreeSet::new();
    for message in log.iter().filter(|message| message.deleted_at.is_none() && message.event.is_none()) {
        ensure!(texts.insert(&message.content), "twice in the log: {message:?}");
    }
    for (text, number) in &known.accepted {
        let message = log.get(usize::try_from(*number).unwrap_or_default() - 1);
        let stands = message.is_some_and(|message| {
            message.content == *text || message.deleted_at.is_some() || message.revision.is_some()
        });
        ensure!(stands, "accepted as {number} and lost: {text:?}");
    }
    Ok(())
}

/// When each user was in the crew, by the numbers of the messages that they see.
struct Stays(BTreeMap<String, Vec<RangeInclusive<u64>>>);

impl Stays {
    fn of(log: &[Message]) -> Self {
        let mut stays: BTreeMap<String, Vec<RangeInclusive<u64>>> = BTreeMap::new();
        let told = |message: &Message, kind: &str| {
            message.event.as_ref().filter(|event| event.kind == kind).and_then(|event| event.user_id.clone())
        };
        // Who was never told to have come was there from the beginning, if they left.
        for user in USERS {
            let first =
                log.iter().find(|one| one.event.as_ref().is_some_and(|event| event.user_id.as_deref() == Some(user)));
            if first.is_none_or(|message| told(message, "left").is_some()) {
                stays.entry(user.to_owned()).or_default().push(1..=u64::MAX);
            }
        }
        for message in log {
            if let Some(user) = told(message, "joined") {
                stays.entry(user).or_default().push(message.number..=u64::MAX);
            }
            if let Some(user) = told(message, "left")
                && let Some(stay) = stays.get_mut(&user).and_then(|stays| stays.last_mut())
            {
                *stay = *stay.start()..=message.number;
            }
        }
        Self(stays)
    }

    fn of_user(&self, user: &str) -> &[RangeInclusive<u64>] {
        self.0.get(user).map_or(&[], Vec::as_slice)
    }
}

/// What somebody sees, and how much of it they have not read, by counting.
async fn check_user(shared: &Shared<'_>, user: &'static str, log: &[Message], stays: &Stays) -> Check {
    let (chat, me) = (&shared.world.servers[0].chat, UserId::new(user).expect("a user id"));
    let is_in = shared.stand.borrow().people.contains(user);
    let seen = all_messages(shared, user).await?;
    // Who never took part in it while something was written has no stay, though no event says so.
    let Some(last) = stays.of_user(user).last().filter(|_| !seen.is_empty() || is_in) else {
        ensure!(seen.is_empty(), "{user} was never in, and sees {seen:?}");
        return Ok(());
    };
    let expected: Vec<u64> = log.iter().map(|message| message.number).filter(|one| last.contains(one)).collect();
    let numbers: Vec<u64> = seen.iter().map(|message| message.number).collect();
    ensure!(numbers == expected, "{user} sees {numbers:?}\n  of {expected:?}");
    ensure!(is_in == (*last.end() == u64::MAX), "{user} takes part: {is_in}, and was in {last:?}");
    let hidden =
        shared.known.borrow().hidden.iter().find(|(who, number)| *who == user && last.contains(number)).copied();
    ensure!(hidden.is_none(), "{user} sees what was written while they took no part: {hidden:?}");
    let deleted = |number: u64| log[usize::try_from(number).unwrap_or_default() - 1].deleted_at.is_some();
    for message in &seen {
        let truth = &log[usize::try_from(message.number).unwrap_or_default() - 1];
        ensure!(!deleted(message.number) || message.content.is_empty(), "{user} sees a deleted text: {message:?}");
        let same = (&message.content, &message.reactions) == (&truth.content, &truth.reactions);
        ensure!(!is_in || same, "{user} sees {message:?}\n  of {truth:?}");
    }
    let members = chat.members(&me, ListMembers { conversation_id: CREW.into() }).await.map_err(|e| e.to_string())?;
    let mine = members.members.iter().find(|member| member.id == user);
    let Some(read) = mine.map(|member| member.read_up_to) else {
        return Err(format!("{user} is not among the members that they see"));
    };
    let counts = |message: &&Message| {
        message.number > read && message.sender_id != user && message.event.is_none() && !deleted(message.number)
    };
    let unread = seen.iter().filter(counts).count() as u64;
    let answer = chat.conversations(&me, ListConversations::default()).await.map_err(|error| error.to_string())?;
    let listed = answer.conversations.iter().find(|one| one.id == CREW);
    let counted = listed.and_then(|one| one.unread_count.get(user)).copied();
    ensure!(counted == Some(unread), "{user} has {unread} unread after {read}, and is told {counted:?}");
    let title = listed.and_then(|one| one.job.as_ref()).map(|job| job.title.clone()).unwrap_or_default();
    check_title(&shared.known.borrow().titles, user, is_in, &title)?;
    shared.world.count(if is_in { "is in" } else { "has left" });
    Ok(())
}

/// Who takes part is told what the job is called, and who has left what it was called once while they took part.
fn check_title(titles: &[(String, BTreeSet<&'static str>)], user: &str, is_in: bool, title: &str) -> Check {
    let last = titles.last().map(|(last, _)| last.as_str());
    ensure!(!is_in || last == Some(title), "{user} takes part, and is told of {title:?}, not {last:?}");
    let known = titles.iter().any(|(one, people)| one == title && people.contains(user));
    ensure!(known, "{user} is told of {title:?}: {titles:?}");
    Ok(())
}

/// A device holds everything of the last stay, as it stands, and nothing that its user could never see.
fn check_device(device: &Device<'_>, log: &[Message], stays: &Stays, stand: &Stand) -> Check {
    let (user, stays) = (device.user, stays.of_user(device.user));
    for number in device.held.keys() {
        ensure!(stays.iter().any(|stay| stay.contains(number)), "{user} was told {number}, of {stays:?}");
    }
    let Some(last) = stays.last().filter(|_| stand.people.contains(user)) else { return Ok(()) };
    for truth in log.iter().filter(|message| last.contains(&message.number)) {
        let Some(held) = device.held.get(&truth.number) else {
            let (held, is_before) = (device.held.keys(), device.began.is_some_and(|first| truth.number < first));
            ensure!(is_before, "{user} was not told {truth:?}\n  by sync: {}, holds {held:?}", device.by_sync);
            continue;
        };
        let same =
            (&held.content, &held.reactions, &held.deleted_at) == (&truth.content, &truth.reactions, &truth.deleted_at);
        ensure!(same, "{user} holds {held:?}\n  of {truth:?}");
    }
    Ok(())
}

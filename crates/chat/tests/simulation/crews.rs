//! Histories of one crew: its members write, edit, delete, react and read while the host adds and removes people, over
//! servers that fail and die. The crew goes to sleep and wakes, and they also write to each other in pairs. What each of
//! them may see follows from the events in the log alone; every unread count is recounted.

mod checks;
mod devices;

use super::{
    Actor, Report,
    dice::Dice,
    history,
    model::{Check, ensure},
    plan::Plan,
    together,
    world::{Response, World},
};
use devices::{Device, List};
use jobline_chat::{JobId, UserId};
use jobline_wire::{
    Code, DeleteMessage, EditMessage, HostJobInput, JobStatus, ListMessages, MarkAsRead, Message, React, SendMessage,
};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::LazyLock,
    time::Duration,
};

const CREW: &str = "crew_1";
/// The first of them is a member all the time, so she sees everything.
const USERS: [&str; 6] = ["anna", "ben", "carl_x", "d~ora", "eve.w|1@x", "finn"];
/// Passive members: with them a crew has the maximum size.
static SILENT: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| (USERS.len()..50).map(|nth| &*format!("silent{nth}").leak()).collect());
const STEPS: usize = 24;
const HOST_STEPS: usize = 7;
/// For how many pauses devices wait.
const PACES: [u64; 3] = [2, 4, 10];
/// How often a request without an answer is repeated.
const ATTEMPTS: usize = 60;

/// The participants, as the host was last answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Stand {
    /// Incremented when a call of the host begins and when it is answered: odd during a call.
    version: u64,
    people: BTreeSet<&'static str>,
}

/// Facts that answers have established.
#[derive(Debug, Default)]
struct Known {
    /// The texts that were accepted, with the number.
    accepted: BTreeMap<String, u64>,
    /// Texts that were refused, and must not be stored.
    refused: BTreeSet<String>,
    /// Messages that were deleted for certain.
    deleted: BTreeSet<u64>,
    /// Messages that were accepted while a user was certainly not a member.
    hidden: Vec<(&'static str, u64)>,
    /// Texts of a message from before an answered edit.
    replaced: BTreeSet<String>,
    /// The titles of the job, the last one last, with the participants of that time.
    titles: Vec<(String, BTreeSet<&'static str>)>,
}

struct Shared<'a> {
    world: &'a World,
    stand: RefCell<Stand>,
    known: RefCell<Known>,
    /// How many of the writers and the host are not done yet.
    acting: Cell<usize>,
}

/// Runs the history of a crew.
///
/// # Errors
/// The broken promise.
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
    world.count(if silent(world.plan.seed).len() == SILENT.len() { "crew of 50" } else { "smaller crew" });
    let first: Vec<&str> = USERS[..3].iter().chain(silent(world.plan.seed)).copied().collect();
    host_puts(&shared, &mut dice, &first).await?;
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
    Box::pin(checks::rest(&shared, &mut devices, &mut lists)).await
}

/// The passive members of the crew of `seed`: none, a few, or the maximum.
fn silent(seed: u64) -> &'static [&'static str] {
    let most = SILENT.len();
    let count = match seed % 16 {
        3 => most,
        7 => 25,
        11 => 6,
        _ => 0,
    };
    &SILENT[..count]
}

/// Servers run due tasks, and die during them. This puts the crew to sleep.
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

/// The host adds and removes people.
async fn host(shared: &Shared<'_>) -> Check {
    let mut dice = Dice::new(shared.world.plan.seed, "host");
    for _ in 0..HOST_STEPS {
        for _ in 0..4 {
            shared.world.pause(&mut dice).await;
        }
        let mut people = vec![USERS[0]];
        people.extend(USERS[1..].iter().filter(|_| dice.chance(0.6)));
        people.extend(silent(shared.world.plan.seed).iter().filter(|_| dice.chance(0.8)));
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

/// The actions of a user, one after the other.
async fn write(shared: &Shared<'_>, user: &'static str) -> Check {
    let mut dice = Dice::new(shared.world.plan.seed, user);
    let me = UserId::new(user).expect("a user id");
    let mut mine: Vec<Message> = Vec::new();
    for step in 0..STEPS {
        shared.world.pause(&mut dice).await;
        if dice.chance(0.1) {
            // The others continue without them, and the crew may go to sleep.
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

/// Sends a text until the outcome is known. If the host changed nothing meanwhile, the outcome has to follow from the
/// participants.
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

/// Sends a text to one of the others in their pair, once.
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

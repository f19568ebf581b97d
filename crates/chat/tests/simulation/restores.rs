//! Histories of a store that is restored to an earlier copy, while devices keep their messages and cursors.
//!
//! Users write before the copy is made, after it, and again after the restore: often as many changes as were lost, so
//! that logs and heads reach the same numbers in another way. A device that slept since before the copy must not begin
//! again, and at the end each has what the store has, and nothing else. `docs/decisions/0014-the-inbox.md` allows one
//! exception: where a head cannot tell, a device keeps lost messages of a conversation until that moves.

mod devices;

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
use devices::{Device, Way, devices, whole};
use jobline_chat::{JobId, UserId};
use jobline_wire::{
    DeleteMessage, EditMessage, HostJobInput, JobStatus, ListMessages, MarkAsRead, Message, React, SendMessage,
};
use std::{cell::Cell, time::Duration};

const CREW: &str = "crew_1";
const USERS: [&str; 4] = ["anna", "ben", "carl_x", "d~ora"];
/// The most actions of each user in a part of the history.
const MOST: [u64; 4] = [0, 1, 3, 8];

/// Runs a history of a store that is restored.
///
/// # Errors
/// The broken promise.
pub fn run(plan: Plan) -> Result<Report, String> {
    history("a restored store", plan, live)
}

/// The plan of the restoration of `seed`.
pub fn plan(seed: u64) -> Plan {
    let plan = Plan::crowd(seed);
    let crew_sleeps_after_ms = if seed.is_multiple_of(2) { 700 } else { 86_400_000 };
    let window_bytes = if seed.is_multiple_of(3) { 60 } else { plan.settings.window_bytes };
    let settings = jobline_chat::Settings { send_rate: 0, crew_sleeps_after_ms, window_bytes, ..plan.settings };
    // A restore is noticed by the times of changes.
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
        // Some devices have reached the end of the lost part, and some are in the middle of it.
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

/// The part after the restore.
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

/// Everybody polls until nothing is new for anybody.
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

/// Everybody acts up to `most` times, and devices that are awake poll meanwhile.
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

/// The actions of a user, one after the other. No request is repeated.
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

/// Edits, deletes, reacts to or marks as read an existing message.
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

//! The end of a history: nothing fails any more, every device polls until nothing is new, and all must agree.

use super::{
    blocks, chaos,
    device::{Device, see_conversation},
    dice::Dice,
    model::{Check, ensure},
    view::{View, in_a_row},
    world::World,
};
use jobline_chat::UserId;
use jobline_wire::{Conversation, ListConversations, ListMessages, Message, MessageType, Status, SyncQuery};
use std::{collections::BTreeMap, time::Duration};

/// For each user and conversation, all of its messages.
type Truth = BTreeMap<(String, String), Vec<Message>>;

pub async fn check(world: &World, devices: &mut Vec<Device<'_>>) -> Check {
    world.stop_faults();
    world.note("world", "is quiet from here on", &());
    for server in &world.servers {
        // Delayed commits arrive with the next call.
        server.chat.ready().await.map_err(|error| format!("not ready: {error}"))?;
    }
    // A host that got no answer repeats its call, which completes the first one.
    let mut dice = Dice::new(world.plan.seed, "the end");
    for job in 1..=world.plan.jobs.len() as u64 {
        let unsettled = world.model.borrow().jobs.is_open(job).is_none();
        if unsettled {
            let open = dice.chance(0.5);
            chaos::put_job(world, &mut dice, job, open).await?;
        }
    }
    finish_tasks(world).await?;
    settle(devices).await?;
    for device in devices.iter_mut() {
        mark_once_more(device).await?;
    }
    settle(devices).await?;
    idle_polls_cost_one_read(world, devices).await?;
    let truth = truth(world, &mut dice).await?;
    accepted_messages_exist(world, &truth)?;
    nothing_deleted_is_stored(world).await?;
    blocks::are_as_last_said(world).await?;
    statuses_are_right(world, devices, &truth)?;
    for device in devices.iter_mut() {
        let name = device.client().name.clone();
        let agrees = match device {
            Device::List(device) => {
                let user = device.client.user().to_owned();
                match device.view() {
                    Some(view) => agrees(view, &truth, &user, &device.conversation),
                    None => Ok(()),
                }
            }
            Device::Sync(device) => {
                let user = device.client.user().to_owned();
                let place = &device.state;
                place.views.iter().try_for_each(|(id, view)| agrees(view, &truth, &user, id))
            }
            Device::Overview(_) => Ok(()),
        };
        agrees.map_err(|failure| format!("{name}: {failure}"))?;
    }
    conversations_agree(world, devices, &truth, &mut dice).await
}

/// Finishes the background work, also that of servers that died.
async fn finish_tasks(world: &World) -> Check {
    for _ in 0..40 {
        // Until the leases of dead servers have expired, by every clock.
        tokio::time::sleep(Duration::from_millis(31_000 + 2 * world.plan.skew_ms)).await;
        let mut finished = 0;
        for server in &world.servers {
            finished += server.chat.run_due_tasks(u64::MAX).await.map_err(|error| format!("tasks: {error}"))?;
        }
        if finished == 0 {
            return Ok(());
        }
        world.count("task left over");
    }
    Err("tasks without an end".into())
}

async fn settle(devices: &mut [Device<'_>]) -> Check {
    for _ in 0..40 {
        let mut moved = false;
        for device in devices.iter_mut() {
            moved |= device.settle().await?;
        }
        if !moved {
            return Ok(());
        }
    }
    Err("devices that only poll never come to rest".into())
}

/// Some devices mark what they know as read, without faults this time.
async fn mark_once_more(device: &mut Device<'_>) -> Check {
    if let Device::List(device) = device
        && device.client.dice.chance(0.4)
        && let Some(view) = device.view()
    {
        let known: Vec<_> = view.known.values().map(|message| (message.number, message.id.clone())).collect();
        let conversation = device.conversation.clone();
        device.client.mark(&conversation, &known).await?;
        device.page_back().await?;
    }
    Ok(())
}

async fn idle_polls_cost_one_read(world: &World, devices: &mut [Device<'_>]) -> Check {
    for device in devices {
        world.counting.reset();
        let moved = device.settle().await?;
        let counts = world.counting.counts();
        let name = &device.client().name;
        ensure!(!moved, "{name}: something new, though all is quiet");
        // A list of a conversation that does not exist is read strongly before it is refused.
        let begun = !matches!(device, Device::List(device) if device.view().is_none());
        ensure!(!begun || (counts.reads == 1 && counts.commits == 0), "an idle poll cost {counts:?}");
    }
    Ok(())
}

async fn truth(world: &World, dice: &mut Dice) -> Check<Truth> {
    let talks: Vec<(String, [String; 2])> =
        world.model.borrow().talks.iter().map(|(id, talk)| (id.clone(), talk.pair.clone())).collect();
    let mut truth = Truth::new();
    for (id, pair) in talks {
        for user in pair {
            if let Some(messages) = whole(world, dice, &user, &id).await? {
                truth.insert((user, id.clone()), messages);
            }
        }
    }
    Ok(truth)
}

/// All messages of a conversation: the newest, then the older pages.
async fn whole(world: &World, dice: &mut Dice, user: &str, id: &str) -> Check<Option<Vec<Message>>> {
    let me = UserId::new(user).expect("a user id");
    let (mut before, mut messages) = (None, Vec::new());
    let begun = world.tick();
    loop {
        let limit = Some(dice.limit().max(5));
        let input = ListMessages { conversation_id: id.into(), before, limit, since: None };
        let answer = match world.server(dice).list(&me, input).await {
            Ok(answer) => answer,
            Err(error) => {
                let none = world.model.borrow().accepted_before(id, u64::MAX) == 0;
                ensure!(none, "{user} cannot list {id}: {error}");
                return Ok(None);
            }
        };
        before = answer.messages.first().map(|message| message.id.clone());
        messages.splice(0..0, answer.messages);
        if !answer.has_more {
            break;
        }
    }
    in_a_row(&messages)?;
    let mut model = world.model.borrow_mut();
    for message in &messages {
        model.see(user, message, begun)?;
        model.is_fresh(user, message, begun)?;
    }
    if model.retention_ms.is_none() {
        ensure!(messages.first().is_some_and(|message| message.number == 1), "{id} begins with {:?}", messages.first());
    }
    Ok(Some(messages))
}

/// Every accepted message exists once, and both members see the same.
fn accepted_messages_exist(world: &World, truth: &Truth) -> Check {
    let model = world.model.borrow();
    for (number, intent) in model.intents.iter().enumerate() {
        for user in &model.talks[&intent.conversation].pair {
            let all = truth.get(&(user.clone(), intent.conversation.clone())).map_or(&[][..], Vec::as_slice);
            let facts = &model.talks[&intent.conversation].facts;
            let there = all.iter().filter(|message| facts[&message.number].intent == number).count();
            let text = super::model::Model::text(number);
            let fact = intent.seen.and_then(|(seen, _)| model.talks[&intent.conversation].facts.get(&seen));
            let kept = fact.is_none_or(|fact| !model.may_be_gone(fact.created_ms, world.now_ms()));
            ensure!(there <= 1, "{text} is there {there} times");
            ensure!(
                there == 1 || !kept || (intent.accepted.is_none() && intent.seen.is_none()),
                "{text} is lost: {intent:?}"
            );
        }
    }
    for ((user, id), messages) in truth {
        let other = model.talks[id].pair.iter().find(|other| *other != user).expect("a pair");
        let others = truth.get(&(other.clone(), id.clone())).map_or(0, Vec::len);
        ensure!(others == messages.len(), "{user} sees {} messages of {id}, {other} {others}", messages.len());
    }
    Ok(())
}

/// No row of the engine has a text of a deleted message, neither in a message nor in a version, a quote or a preview.
async fn nothing_deleted_is_stored(world: &World) -> Check {
    let texts: Vec<String> = world.model.borrow().deleted_texts().iter().map(|text| format!("\"{text}\"")).collect();
    let mut after = None;
    loop {
        let page = world.rows.scan(after.as_ref(), 100).await.map_err(|error| error.to_string())?;
        for (key, row) in &page.rows {
            let row = String::from_utf8_lossy(&row.value);
            let kept = texts.iter().find(|text| row.contains(text.as_str()));
            ensure!(kept.is_none(), "{kept:?} was deleted, but is kept in {key:?}: {row}");
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Messages that were certainly read are `read`; those that a device has received and polled after are `delivered`.
fn statuses_are_right(world: &World, devices: &[Device<'_>], truth: &Truth) -> Check {
    let mut received: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for device in devices {
        let views: Vec<(&str, &str, &View)> = match device {
            Device::List(device) => {
                let view = device.view().map(|view| (device.client.user(), device.conversation.as_str(), view));
                view.into_iter().collect()
            }
            Device::Sync(device) => {
                let views = device.state.views.iter();
                views.map(|(id, view)| (device.client.user(), id.as_str(), view)).collect()
            }
            Device::Overview(_) => Vec::new(),
        };
        for (user, id, view) in views {
            let high = received.entry((user, id)).or_default();
            *high = (*high).max(view.high.unwrap_or(0));
        }
    }
    let model = world.model.borrow();
    for ((user, id), messages) in truth {
        let talk = &model.talks[id];
        for message in messages.iter().filter(|message| message.sender_id == *user) {
            let receiver = talk.side(&message.receiver_id);
            let read = message.number <= talk.reads[receiver].surely_up_to(u64::MAX);
            ensure!(!read || message.status == Status::Read, "was read: {message:?}");
            let high = received.get(&(message.receiver_id.as_str(), id.as_str()));
            let delivered = high.is_some_and(|high| message.number <= *high);
            ensure!(!delivered || message.status >= Status::Delivered, "was received: {message:?}");
        }
    }
    Ok(())
}

/// A message without the parts that are made for each answer: its download URL, and its quote in its current state.
fn plain(message: &Message) -> Message {
    Message { file_url: None, reply_to: None, ..message.clone() }
}

/// The state of a conversation on a device, from its polls, is the stored one.
fn agrees(view: &View, truth: &Truth, user: &str, id: &str) -> Check {
    let all = truth.get(&(user.to_owned(), id.to_owned())).map_or(&[][..], Vec::as_slice);
    let known = view.merged();
    for message in all {
        match known.get(&message.number) {
            Some(known) => ensure!(plain(known) == plain(message), "knows {known:?}\n  but it is {message:?}"),
            None => {
                let before = view.base.is_none_or(|base| message.number < base);
                let early = view.base.is_some() || view.since.as_ref().is_none_or(|since| message.created_at <= *since);
                ensure!(before && early, "does not know {message:?}");
            }
        }
    }
    let last = all.last().map(|message| message.number);
    let high = view.high.filter(|_| last.is_some());
    ensure!(high.is_none() || high >= last, "has come to {high:?}, the conversation to {last:?}");
    Ok(())
}

/// Every device has its conversations as they are stored, and unread counts are right.
async fn conversations_agree(world: &World, devices: &[Device<'_>], truth: &Truth, dice: &mut Dice) -> Check {
    for user in &world.plan.users {
        let fresh = all_conversations(world, dice, user).await?;
        let unexpired = |id: &String| {
            let messages = truth.get(&(user.clone(), id.clone()));
            messages.is_some_and(|messages| messages.first().is_some_and(|message| message.number == 1))
        };
        for id in truth.keys().filter(|(one, _)| one == user).map(|(_, id)| id) {
            let shown = fresh.get(id).ok_or_else(|| format!("{user} is not shown {id}"))?;
            unread_counts_are_right(world, truth, shown)?;
            blocks_are_shown(world, user, shown)?;
        }
        for device in devices {
            let (name, mine, complete) = match device {
                Device::Sync(device) if device.client.user() == user => {
                    (&device.client.name, &device.state.conversations, device.state.is_complete())
                }
                Device::Overview(device) if device.client.user() == user => {
                    (&device.client.name, device.conversations(), !device.partial)
                }
                _ => continue,
            };
            for (id, shown) in fresh.iter().filter(|(id, _)| unexpired(id)) {
                match mine.get(id) {
                    Some(mine) => ensure!(timeless(mine) == timeless(shown), "{name} has {mine:?}\n  not {shown:?}"),
                    None => ensure!(!complete, "{name} was never shown {shown:?}"),
                }
            }
        }
        let synced = all_synced(world, dice, user).await?;
        ensure!(synced.keys().eq(fresh.keys()), "sync shows {:?}, not {:?}", synced.keys(), fresh.keys());
        let differs = fresh.iter().find(|(id, shown)| timeless(&synced[*id]) != timeless(shown));
        ensure!(differs.is_none(), "sync does not show {differs:?}");
    }
    Ok(())
}

/// A conversation without its `updatedAt`, which also changes when the viewer's own device received something: that is no
/// change for the viewer.
fn timeless(conversation: &Conversation) -> Conversation {
    Conversation { updated_at: String::new(), ..conversation.clone() }
}

fn unread_counts_are_right(world: &World, truth: &Truth, shown: &Conversation) -> Check {
    for (user, unread) in &shown.unread_count {
        let messages = &truth[&(user.clone(), shown.id.clone())];
        let others = messages.iter().filter(|message| message.receiver_id == *user && message.status != Status::Read);
        let counted = others.filter(|one| one.deleted_at.is_none() && one.kind != MessageType::Event).count() as u64;
        ensure!(*unread == counted, "{user} has {counted} unread: {shown:?}");
        let last = messages.last();
        ensure!(shown.last_message.as_ref() == last.map(|message| &message.content), "not the last message: {shown:?}");
        ensure!(shown.last_message_at.as_ref() == last.map(|message| &message.created_at), "not its time: {shown:?}");
        let open = shown.job.as_ref().map(|job| job.status == jobline_wire::JobStatus::Open);
        let told = shown.job_id.and_then(|job| world.model.borrow().jobs.is_open(job));
        ensure!(told.is_none() || open == told, "the host said open={told:?}: {shown:?}");
    }
    Ok(())
}

/// A conversation tells its viewer, and nobody else, that they block the other.
fn blocks_are_shown(world: &World, user: &str, shown: &Conversation) -> Check {
    let other = shown.participants.iter().find(|one| *one != user).ok_or("a conversation of one")?;
    let stands = world.model.borrow().blocks.stands(user, other);
    let told = shown.blocked == Some(true);
    ensure!(stands.is_none_or(|stands| stands == told), "{user} blocks {other}: {stands:?}, not as in {shown:?}");
    Ok(())
}

async fn all_conversations(world: &World, dice: &mut Dice, user: &str) -> Check<BTreeMap<String, Conversation>> {
    let me = UserId::new(user).expect("a user id");
    let (mut since, mut all) = (None, BTreeMap::new());
    let begun = world.tick();
    loop {
        let input = ListConversations { since, limit: Some(dice.limit().max(3)) };
        let answer = world.server(dice).conversations(&me, input).await.map_err(|error| error.to_string())?;
        for conversation in answer.conversations {
            see_conversation(&world.model.borrow(), user, &conversation, begun, world.now_ms())?;
            let twice = all.insert(conversation.id.clone(), conversation);
            ensure!(twice.is_none(), "on two pages: {twice:?}");
        }
        since = Some(answer.cursor);
        if !answer.has_more {
            return Ok(all);
        }
    }
}

async fn all_synced(world: &World, dice: &mut Dice, user: &str) -> Check<BTreeMap<String, Conversation>> {
    let me = UserId::new(user).expect("a user id");
    let (mut since, mut all) = (None, BTreeMap::new());
    loop {
        let input = SyncQuery { since, limit: Some(dice.limit().max(5)), wait: None };
        let answer = world.server(dice).sync(&me, input).await.map_err(|error| error.to_string())?;
        all.extend(answer.conversations.into_iter().map(|one| (one.id.clone(), one)));
        since = Some(answer.cursor);
        if !answer.has_more {
            return Ok(all);
        }
    }
}

//! The checks at the end of the history of a crew.

use super::{
    CREW, SILENT, Shared, Stand, USERS,
    devices::{Device, List},
    silent,
};
use crate::histories::model::{Check, ensure};
use jobline_chat::UserId;
use jobline_wire::{Code, ListConversations, ListMembers, ListMessages, Message};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    time::Duration,
};

/// A device that polls with `sync` has every message of its user's pairs from the first one that it got, and later
/// changes of earlier ones.
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

/// Nothing fails any more, and everybody polls to the end.
pub async fn rest(shared: &Shared<'_>, devices: &mut [Device<'_>], lists: &mut [List<'_>]) -> Check {
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
    for user in USERS.iter().chain(silent(world.plan.seed)) {
        check_user(shared, user, &log, &crews).await?;
    }
    devices.iter().try_for_each(|device| check_device(device, &log, &crews, &shared.stand.borrow()))
}

/// The whole conversation as a user sees it, page by page.
pub async fn all_messages(shared: &Shared<'_>, user: &str) -> Check<Vec<Message>> {
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

/// Accepted messages are stored once, refused ones are not, and deleted texts are nowhere.
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

/// The stays of each user in the crew, as ranges of visible message numbers.
struct Stays(BTreeMap<String, Vec<RangeInclusive<u64>>>);

impl Stays {
    fn of(log: &[Message]) -> Self {
        let mut stays: BTreeMap<String, Vec<RangeInclusive<u64>>> = BTreeMap::new();
        let told = |message: &Message, kind: &str| {
            message.event.as_ref().filter(|event| event.kind == kind).and_then(|event| event.user_id.clone())
        };
        // A user with a `left` and no `joined` event was a member from the beginning.
        for user in USERS.iter().chain(SILENT.iter()).copied() {
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

/// What a user sees, and the unread count, counted from that.
async fn check_user(shared: &Shared<'_>, user: &'static str, log: &[Message], stays: &Stays) -> Check {
    let (chat, me) = (&shared.world.servers[0].chat, UserId::new(user).expect("a user id"));
    let is_in = shared.stand.borrow().people.contains(user);
    let seen = all_messages(shared, user).await?;
    // A user who was never a member while something was written has no stay, without any event.
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

/// A member sees the job's title, and a former member a title from the time of their membership.
fn check_title(titles: &[(String, BTreeSet<&'static str>)], user: &str, is_in: bool, title: &str) -> Check {
    let last = titles.last().map(|(last, _)| last.as_str());
    ensure!(!is_in || last == Some(title), "{user} takes part, and is told of {title:?}, not {last:?}");
    let known = titles.iter().any(|(one, people)| one == title && people.contains(user));
    ensure!(known, "{user} is told of {title:?}: {titles:?}");
    Ok(())
}

/// A device has everything of the last stay, in its current state, and nothing that its user could never see.
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

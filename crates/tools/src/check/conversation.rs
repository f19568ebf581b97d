//! Two users who write to each other.

use super::step::{Done, Stop, failed, same};
use super::world::{World, query};
use http::Method;
use jobline_wire::{
    Code, Conversations, MarkAsRead, MarkedAsRead, Message, Messages, SendMessage, SentMessage, Status, Synced,
};

const HELLO: &str = "Hello from jobline check. Grüße! 👷";

fn input(world: &World, content: &str, client_id: &str) -> SendMessage {
    SendMessage {
        receiver_id: Some(world.users[1].to_string()),
        content: Some(content.to_owned()),
        job_id: Some(world.job),
        client_id: Some(client_id.to_owned()),
        ..SendMessage::default()
    }
}

fn post(world: &World, token: &str, input: &SendMessage) -> Done<Message> {
    let sent: SentMessage = world.client.send(Method::POST, "/messages/send", Some(token), input)?.json()?;
    same("conversationId", world.conversation.as_str(), &sent.conversation_id)?;
    Ok(sent.message)
}

fn ids(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.id.as_str()).collect()
}

pub(super) fn send(world: &mut World) -> Done {
    if !world.job_registered {
        return Err(Stop::Missing("a job"));
    }
    let message = post(world, world.a()?, &input(world, HELLO, "check-1"))?;
    same("content", HELLO, &message.content)?;
    same("senderId", world.users[0].as_str(), &message.sender_id)?;
    same("number", 1, message.number)?;
    same("status", Status::Sent, message.status)?;
    same("clientId", Some("check-1"), message.client_id.as_deref())?;
    world.first = Some(message);
    Ok(())
}

pub(super) fn repeat(world: &mut World) -> Done {
    let first = world.first()?;
    let again = post(world, world.a()?, &input(world, HELLO, "check-1"))?;
    same("the id of the repeated message", &first.id, &again.id)
}

pub(super) fn client_id_reused(world: &mut World) -> Done {
    world.first()?;
    let other = input(world, "Something else.", "check-1");
    let reply = world.client.send(Method::POST, "/messages/send", Some(world.a()?), &other)?;
    reply.refused(Code::ClientIdReused).map(drop)
}

pub(super) fn list(world: &mut World) -> Done {
    let first = world.first()?;
    let page: Messages = world.client.get(&world.list(""), Some(world.b()?))?.json()?;
    same("the messages", vec![first.id.as_str()], ids(&page.messages))?;
    same("hasMore", false, page.has_more)?;
    let came = &page.messages[0];
    same("content", HELLO, &came.content)?;
    same("clientId, which is its sender's alone,", None, came.client_id.as_deref())?;
    world.cursor = Some(page.cursor);
    Ok(())
}

pub(super) fn poll(world: &mut World) -> Done {
    let cursor = world.cursor.clone().ok_or(Stop::Missing("a cursor"))?;
    let second = post(world, world.a()?, &input(world, "Second.", "check-2"))?;
    let poll = |cursor: &str| -> Done<Messages> {
        world.client.get(&world.list(&format!("&since={}", query(cursor))), Some(world.b()?))?.json()
    };
    let page = poll(&cursor)?;
    same("the messages since the cursor", vec![second.id.as_str()], ids(&page.messages))?;
    if page.messages[0].number != 2 {
        return failed("number 2", page.messages[0].number.to_string());
    }
    let after = poll(&page.cursor)?;
    same("the messages since the next cursor", Vec::new(), ids(&after.messages))
}

fn unread_of_b(world: &World) -> Done<Option<u64>> {
    let page: Conversations = world.client.get("/messages/conversations", Some(world.b()?))?.json()?;
    let found = page.conversations.iter().find(|conversation| conversation.id == world.conversation.as_str());
    Ok(found.and_then(|conversation| conversation.unread_count.get(world.users[1].as_str()).copied()))
}

pub(super) fn unread(world: &mut World) -> Done {
    world.first()?;
    match unread_of_b(world)? {
        Some(count) if count > 0 => Ok(()),
        other => failed("the conversation with unread messages", format!("{other:?}")),
    }
}

pub(super) fn mark_as_read(world: &mut World) -> Done {
    world.first()?;
    let input = MarkAsRead { conversation_id: world.conversation.as_str().to_owned(), up_to: None };
    let marked: MarkedAsRead =
        world.client.send(Method::POST, "/messages/markAsRead", Some(world.b()?), &input)?.json()?;
    same("unreadCount", 0, marked.unread_count)?;
    same("unreadCount in the conversations", Some(0), unread_of_b(world)?)
}

pub(super) fn status(world: &mut World) -> Done {
    let first = world.first()?;
    let page: Messages = world.client.get(&world.list(""), Some(world.a()?))?.json()?;
    let found = page.messages.iter().find(|message| message.id == first.id);
    same("status", Some(Status::Read), found.map(|message| message.status))
}

pub(super) fn sync(world: &mut World) -> Done {
    world.first()?;
    let sync = |since: Option<&str>| -> Done<Synced> {
        let query = since.map(|cursor| format!("?since={}", query(cursor))).unwrap_or_default();
        world.client.get(&format!("/messages/sync{query}"), Some(world.a()?))?.json()
    };
    let whole = sync(None)?;
    let listed: Vec<_> = whole.conversations.iter().map(|conversation| conversation.id.as_str()).collect();
    same("the conversations", vec![world.conversation.as_str()], listed)?;
    let reply = SendMessage {
        conversation_id: Some(world.conversation.as_str().to_owned()),
        content: Some("An answer.".to_owned()),
        ..SendMessage::default()
    };
    let sent = post(world, world.b()?, &reply)?;
    let news = sync(Some(&whole.cursor))?;
    same("the messages since the cursor", vec![sent.id.as_str()], ids(&news.messages))?;
    let rest = sync(Some(&news.cursor))?;
    same("the messages since the next cursor", Vec::new(), ids(&rest.messages))
}

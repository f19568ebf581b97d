//! Steps: two users write to each other.

use super::context::{Context, query};
use super::outcome::{StepError, StepResult, expect_equal, failed};
use http::Method;
use jobline_wire::{
    Code, Conversations, MarkAsRead, MarkedAsRead, Message, Messages, SendMessage, SentMessage, Status, Synced,
};

const HELLO: &str = "Hello from jobline check. Grüße! 👷";

fn input(context: &Context, content: &str, client_id: &str) -> SendMessage {
    SendMessage {
        receiver_id: Some(context.users[1].to_string()),
        content: Some(content.to_owned()),
        job_id: Some(context.job),
        client_id: Some(client_id.to_owned()),
        ..SendMessage::default()
    }
}

fn post(context: &Context, token: &str, input: &SendMessage) -> StepResult<Message> {
    let sent: SentMessage = context.client.send(Method::POST, "/messages/send", Some(token), input)?.json()?;
    expect_equal("conversationId", context.conversation.as_str(), &sent.conversation_id)?;
    Ok(sent.message)
}

fn ids(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.id.as_str()).collect()
}

pub(super) fn send(context: &mut Context) -> StepResult {
    if !context.job_registered {
        return Err(StepError::Missing("a job"));
    }
    let message = post(context, context.a()?, &input(context, HELLO, "check-1"))?;
    expect_equal("content", HELLO, &message.content)?;
    expect_equal("senderId", context.users[0].as_str(), &message.sender_id)?;
    expect_equal("number", 1, message.number)?;
    expect_equal("status", Status::Sent, message.status)?;
    expect_equal("clientId", Some("check-1"), message.client_id.as_deref())?;
    context.first = Some(message);
    Ok(())
}

pub(super) fn repeat(context: &mut Context) -> StepResult {
    let first = context.first()?;
    let again = post(context, context.a()?, &input(context, HELLO, "check-1"))?;
    expect_equal("the id of the repeated message", &first.id, &again.id)
}

pub(super) fn client_id_reused(context: &mut Context) -> StepResult {
    context.first()?;
    let other = input(context, "Something else.", "check-1");
    let reply = context.client.send(Method::POST, "/messages/send", Some(context.a()?), &other)?;
    reply.refused(Code::ClientIdReused).map(drop)
}

pub(super) fn list(context: &mut Context) -> StepResult {
    let first = context.first()?;
    let page: Messages = context.client.get(&context.list(""), Some(context.b()?))?.json()?;
    expect_equal("the messages", vec![first.id.as_str()], ids(&page.messages))?;
    expect_equal("hasMore", false, page.has_more)?;
    let came = &page.messages[0];
    expect_equal("content", HELLO, &came.content)?;
    expect_equal("clientId, which is its sender's alone,", None, came.client_id.as_deref())?;
    context.cursor = Some(page.cursor);
    Ok(())
}

pub(super) fn poll(context: &mut Context) -> StepResult {
    let cursor = context.cursor.clone().ok_or(StepError::Missing("a cursor"))?;
    let second = post(context, context.a()?, &input(context, "Second.", "check-2"))?;
    let poll = |cursor: &str| -> StepResult<Messages> {
        context.client.get(&context.list(&format!("&since={}", query(cursor))), Some(context.b()?))?.json()
    };
    let page = poll(&cursor)?;
    expect_equal("the messages since the cursor", vec![second.id.as_str()], ids(&page.messages))?;
    if page.messages[0].number != 2 {
        return failed("number 2", page.messages[0].number.to_string());
    }
    let after = poll(&page.cursor)?;
    expect_equal("the messages since the next cursor", Vec::new(), ids(&after.messages))
}

fn unread_of_b(context: &Context) -> StepResult<Option<u64>> {
    let page: Conversations = context.client.get("/messages/conversations", Some(context.b()?))?.json()?;
    let found = page.conversations.iter().find(|conversation| conversation.id == context.conversation.as_str());
    Ok(found.and_then(|conversation| conversation.unread_count.get(context.users[1].as_str()).copied()))
}

pub(super) fn unread(context: &mut Context) -> StepResult {
    context.first()?;
    match unread_of_b(context)? {
        Some(count) if count > 0 => Ok(()),
        other => failed("the conversation with unread messages", format!("{other:?}")),
    }
}

pub(super) fn mark_as_read(context: &mut Context) -> StepResult {
    context.first()?;
    let input = MarkAsRead { conversation_id: context.conversation.as_str().to_owned(), up_to: None };
    let marked: MarkedAsRead =
        context.client.send(Method::POST, "/messages/markAsRead", Some(context.b()?), &input)?.json()?;
    expect_equal("unreadCount", 0, marked.unread_count)?;
    expect_equal("unreadCount in the conversations", Some(0), unread_of_b(context)?)
}

pub(super) fn status(context: &mut Context) -> StepResult {
    let first = context.first()?;
    let page: Messages = context.client.get(&context.list(""), Some(context.a()?))?.json()?;
    let found = page.messages.iter().find(|message| message.id == first.id);
    expect_equal("status", Some(Status::Read), found.map(|message| message.status))
}

pub(super) fn sync(context: &mut Context) -> StepResult {
    context.first()?;
    let sync = |since: Option<&str>| -> StepResult<Synced> {
        let query = since.map(|cursor| format!("?since={}", query(cursor))).unwrap_or_default();
        context.client.get(&format!("/messages/sync{query}"), Some(context.a()?))?.json()
    };
    let whole = sync(None)?;
    let listed: Vec<_> = whole.conversations.iter().map(|conversation| conversation.id.as_str()).collect();
    expect_equal("the conversations", vec![context.conversation.as_str()], listed)?;
    let reply = SendMessage {
        conversation_id: Some(context.conversation.as_str().to_owned()),
        content: Some("An answer.".to_owned()),
        ..SendMessage::default()
    };
    let sent = post(context, context.b()?, &reply)?;
    let news = sync(Some(&whole.cursor))?;
    expect_equal("the messages since the cursor", vec![sent.id.as_str()], ids(&news.messages))?;
    let rest = sync(Some(&news.cursor))?;
    expect_equal("the messages since the next cursor", Vec::new(), ids(&rest.messages))
}

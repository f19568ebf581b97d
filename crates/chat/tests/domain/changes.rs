//! Messages that change: edited, deleted, reacted to, replied to; and lines from the host.

use crate::support::{User, World, texts};
use jobline_chat::Settings;
use jobline_wire::{
    Code, DeleteMessage, DeletedBy, EditMessage, HostDeleteMessage, HostMessageInput, HostMessageType, ListVersions,
    Message, MessageType, React, SendMessage, Status,
};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

fn edit(message: &Message, content: &str) -> EditMessage {
    let (conversation_id, message_id) = (message.conversation_id.clone(), message.id.clone());
    EditMessage { conversation_id, message_id, content: content.to_owned() }
}

fn delete(message: &Message) -> DeleteMessage {
    DeleteMessage { conversation_id: message.conversation_id.clone(), message_id: message.id.clone() }
}

fn react(message: &Message, emoji: Option<&str>) -> React {
    let (conversation_id, message_id) = (message.conversation_id.clone(), message.id.clone());
    React { conversation_id, message_id, emoji: emoji.map(str::to_owned) }
}

fn versions(message: &Message) -> ListVersions {
    ListVersions { conversation_id: message.conversation_id.clone(), message_id: message.id.clone() }
}

fn reply(to: &User<'_>, message: &Message, text: &str) -> SendMessage {
    SendMessage {
        receiver_id: Some(to.id.to_string()),
        content: Some(text.to_owned()),
        reply_to: Some(message.id.clone()),
        ..SendMessage::default()
    }
}

fn host_line(users: [&str; 2], content: &str, kind: HostMessageType) -> HostMessageInput {
    let user_ids = Some(users.map(str::to_owned).to_vec());
    HostMessageInput { user_ids, content: content.to_owned(), kind: Some(kind), ..HostMessageInput::default() }
}

#[tokio::test]
async fn an_edit_is_seen_once_by_everyone_and_its_former_text_stays_readable() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let sent = anna.send(&ben, "Tomorow").await.unwrap().message;
    let (anna_at, ben_at) = (anna.list(&ben).await.unwrap().cursor, ben.list(&anna).await.unwrap().cursor);
    world.clock.forward(MINUTE);
    for text in ["Tomorrow", "Tomorrow at 8"] {
        let edited = world.chat.edit(&anna.id, edit(&sent, text)).await.unwrap().message;
        assert_eq!((edited.content.as_str(), edited.number), (text, 1));
    }
    for (user, other, cursor) in [(&anna, &ben, &anna_at), (&ben, &anna, &ben_at)] {
        let changed = user.list_since(other, cursor).await.unwrap();
        assert_eq!(texts(&changed.messages), ["Tomorrow at 8"], "two edits are shown once");
        let message = &changed.messages[0];
        assert_eq!((message.revision, message.edited_at.is_some()), (Some(2), true));
        assert!(message.updated_at > message.created_at);
        assert!(user.list_since(other, &changed.cursor).await.unwrap().messages.is_empty());
    }
    let versions = world.chat.versions(&ben.id, versions(&sent)).await.unwrap().versions;
    let contents: Vec<&str> = versions.iter().map(|version| version.content.as_str()).collect();
    assert_eq!(contents, ["Tomorow", "Tomorrow", "Tomorrow at 8"]);
    assert_eq!(versions[0].at, sent.created_at);
    assert_eq!(ben.only_conversation().await.last_message.as_deref(), Some("Tomorrow at 8"));
}

#[tokio::test]
async fn the_same_text_again_changes_nothing() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let sent = anna.send(&ben, "Hello").await.unwrap().message;
    let cursor = anna.list(&ben).await.unwrap().cursor;
    let again = world.chat.edit(&anna.id, edit(&sent, "Hello")).await.unwrap().message;
    assert_eq!((again.revision, again.edited_at), (None, None));
    assert!(anna.list_since(&ben, &cursor).await.unwrap().messages.is_empty());
}

#[tokio::test]
async fn edits_are_refused_with_the_reason() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    world.job(2, &["anna", "carl"], jobline_wire::JobStatus::Open).await;
    let carl = world.user("carl");
    let sent = anna.send(&ben, "Hello").await.unwrap().message;
    let elsewhere = anna.send(&carl, "Hi").await.unwrap().message;
    let file = anna.send_file(&ben, "a.txt", "text/plain", b"text").await.unwrap().message;
    let code = async |user: &User<'_>, input: EditMessage| world.chat.edit(&user.id, input).await.unwrap_err().code;

    assert_eq!(code(&ben, edit(&sent, "x")).await, Code::NotYourMessage);
    assert_eq!(code(&carl, edit(&sent, "x")).await, Code::NotFound, "a stranger learns nothing");
    assert_eq!(code(&anna, edit(&file, "x")).await, Code::InvalidRequest, "a file is not edited");
    assert_eq!(code(&anna, edit(&sent, " \n")).await, Code::ContentEmpty);
    assert_eq!(code(&anna, edit(&sent, &"x".repeat(2_001))).await, Code::ContentTooLong);
    let other = EditMessage { message_id: elsewhere.id.clone(), ..edit(&sent, "x") };
    assert_eq!(code(&anna, other).await, Code::NotFound, "a message of another conversation");
    let unknown = EditMessage { message_id: "message_1_x".into(), ..edit(&sent, "x") };
    assert_eq!(code(&anna, unknown).await, Code::NotFound);

    for text in ["1", "2", "3", "4", "5"] {
        world.chat.edit(&anna.id, edit(&sent, text)).await.unwrap();
    }
    assert_eq!(code(&anna, edit(&sent, "6")).await, Code::EditWindowOver, "five edits are all");
    let later = anna.send(&ben, "Later").await.unwrap().message;
    world.clock.forward(15 * MINUTE + 1_000);
    assert_eq!(code(&anna, edit(&later, "x")).await, Code::EditWindowOver);
    assert_eq!(world.chat.edit(&anna.id, edit(&later, "Later")).await.unwrap().message.content, "Later");
}

#[tokio::test]
async fn a_deleted_message_is_a_tombstone_everywhere() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let sent = anna.send_once(&ben, "secret", "c1").await.unwrap().message;
    world.chat.edit(&anna.id, edit(&sent, "still secret")).await.unwrap();
    world.chat.react(&ben.id, react(&sent, Some("👍"))).await.unwrap();
    let answer = ben.send_as(reply(&anna, &sent, "Why?")).await.unwrap().message;
    assert_eq!(answer.reply_to.as_ref().unwrap().content, "still secret");
    let (early, late) = (ben.list(&anna).await.unwrap().cursor, anna.sync(None).await.unwrap().cursor);

    let gone = world.chat.delete(&anna.id, delete(&sent)).await.unwrap().message;
    assert_eq!((gone.content.as_str(), gone.number, gone.deleted_by), ("", 1, Some(DeletedBy::Sender)));
    assert_eq!((&gone.created_at, gone.reactions.len(), gone.revision), (&sent.created_at, 0, None));
    assert_eq!(world.chat.delete(&anna.id, delete(&sent)).await.unwrap().message, gone, "again changes nothing");

    let changed = ben.list_since(&anna, &early).await.unwrap().messages;
    assert_eq!((texts(&changed), changed[0].deleted_at.is_some()), (vec![""], true));
    assert_eq!(anna.sync(Some(&late)).await.unwrap().messages.len(), 1);
    let all = serde_json::to_string(&(
        ben.list(&anna).await.unwrap(),
        ben.list_since(&anna, "1970-01-01T00:00:00Z").await.unwrap(),
        ben.sync(None).await.unwrap(),
        anna.conversations().await.unwrap(),
        anna.send_once(&ben, "secret", "c1").await.unwrap(),
    ));
    assert!(!all.unwrap().contains("secret"), "no answer holds the text");
    let quote = ben.list(&anna).await.unwrap().messages[1].reply_to.clone().unwrap();
    assert_eq!((quote.content.as_str(), quote.deleted_at), ("", gone.deleted_at));
    let error = world.chat.versions(&ben.id, versions(&sent)).await.unwrap_err();
    assert_eq!(error.code, Code::MessageDeleted);
    for refused in
        [world.chat.edit(&anna.id, edit(&sent, "x")).await, world.chat.react(&ben.id, react(&sent, Some("👍"))).await]
    {
        assert_eq!(refused.unwrap_err().code, Code::MessageDeleted);
    }
}

#[tokio::test]
async fn only_the_sender_deletes_and_only_for_a_day_but_the_host_at_any_time() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let sent = anna.send(&ben, "Hello").await.unwrap().message;
    let code = world.chat.delete(&ben.id, delete(&sent)).await.unwrap_err().code;
    assert_eq!(code, Code::NotYourMessage);
    world.clock.forward(24 * HOUR + 1);
    assert_eq!(world.chat.delete(&anna.id, delete(&sent)).await.unwrap_err().code, Code::DeleteWindowOver);
    let input = HostDeleteMessage { conversation_id: sent.conversation_id.clone() };
    world.chat.delete_host_message(&sent.id, input.clone()).await.unwrap();
    world.chat.delete_host_message(&sent.id, input).await.unwrap();
    let gone = &ben.list(&anna).await.unwrap().messages[0];
    assert_eq!((gone.deleted_by, gone.content.as_str()), (Some(DeletedBy::Host), ""));
}

#[tokio::test]
async fn the_file_of_a_deleted_message_is_gone() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let sent = anna.send_file(&ben, "plan.txt", "text/plain", b"text").await.unwrap().message;
    assert_eq!(world.files.count(), 1);
    let gone = world.chat.delete(&anna.id, delete(&sent)).await.unwrap().message;
    assert_eq!((gone.file_url, gone.file_name, gone.kind), (None, None, MessageType::File));
    assert_eq!(world.files.count(), 0, "its bytes are removed");
}

#[tokio::test]
async fn a_member_has_one_reaction_and_can_take_it_back() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let sent = anna.send(&ben, "Done!").await.unwrap().message;
    let cursor = anna.list(&ben).await.unwrap().cursor;
    world.chat.react(&ben.id, react(&sent, Some("👍"))).await.unwrap();
    world.chat.react(&ben.id, react(&sent, Some("🎉"))).await.unwrap();
    let both = world.chat.react(&anna.id, react(&sent, Some("🎉"))).await.unwrap().message;
    let shown: Vec<(&str, Vec<&str>)> = both
        .reactions
        .iter()
        .map(|one| (one.emoji.as_str(), one.user_ids.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(shown, [("🎉", vec!["ben", "anna"])]);
    let changed = anna.list_since(&ben, &cursor).await.unwrap();
    assert_eq!(changed.messages.len(), 1, "three reactions are shown once");
    assert_eq!(changed.messages[0].reactions, both.reactions);
    world.chat.react(&ben.id, react(&sent, None)).await.unwrap();
    world.chat.react(&ben.id, react(&sent, None)).await.unwrap();
    let last = anna.list_since(&ben, &changed.cursor).await.unwrap();
    assert_eq!(last.messages.len(), 1);
    assert_eq!(last.messages[0].reactions[0].user_ids, ["anna"]);
    assert_eq!(anna.only_conversation().await.unread_count["ben"], 1, "a reaction is not unread");
    for wrong in ["ok", "👍👍", "🏽", ""] {
        assert_eq!(world.chat.react(&ben.id, react(&sent, Some(wrong))).await.unwrap_err().code, Code::InvalidEmoji);
    }
    world.job(2, &["ben", "carl"], jobline_wire::JobStatus::Open).await;
    let elsewhere = ben.send(&world.user("carl"), "Hi").await.unwrap().message;
    for id in [elsewhere.id.as_str(), "message_1_x", "nonsense", ""] {
        let input = React { message_id: id.to_owned(), ..react(&sent, Some("👍")) };
        assert_eq!(world.chat.react(&ben.id, input).await.unwrap_err().code, Code::NotFound, "{id}");
    }
}

#[tokio::test]
async fn thirty_edits_and_reactions_a_minute() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let sent = anna.send(&ben, "Hello").await.unwrap().message;
    for number in 0..30 {
        let emoji = if number % 2 == 0 { "👍" } else { "🎉" };
        world.chat.react(&ben.id, react(&sent, Some(emoji))).await.unwrap();
    }
    let error = world.chat.react(&ben.id, react(&sent, None)).await.unwrap_err();
    assert_eq!((error.code, error.retry_after_ms.is_some()), (Code::RateLimited, true));
    world.chat.react(&ben.id, react(&sent, Some("🎉"))).await.unwrap();
    world.clock.forward(2_000);
    world.chat.react(&ben.id, react(&sent, None)).await.unwrap();
}

#[tokio::test]
async fn a_reply_quotes_a_message_of_the_same_conversation_alone() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    world.job(2, &["anna", "carl"], jobline_wire::JobStatus::Open).await;
    let carl = world.user("carl");
    let first = anna.send(&ben, "x".repeat(200).as_str()).await.unwrap().message;
    let elsewhere = anna.send(&carl, "Hi").await.unwrap().message;
    let answer = ben.send_as(reply(&anna, &first, "Yes")).await.unwrap().message;
    let quote = answer.reply_to.unwrap();
    assert_eq!((quote.id, quote.number, quote.sender_id.as_str()), (first.id.clone(), 1, "anna"));
    assert_eq!(quote.content, "x".repeat(120));
    world.chat.edit(&anna.id, edit(&first, "short")).await.unwrap();
    let now = anna.list(&ben).await.unwrap().messages[1].reply_to.clone().unwrap();
    assert_eq!(now.content, "short", "a quote is as the original stands");
    for wrong in [elsewhere.id.as_str(), "message_1_x", "nonsense"] {
        let input = SendMessage { reply_to: Some(wrong.to_owned()), ..reply(&anna, &first, "No") };
        let error = ben.send_as(input).await.unwrap_err();
        assert_eq!((error.code, error.field), (Code::NotFound, Some("replyTo")), "{wrong}");
    }
}

#[tokio::test]
async fn unread_counts_stay_exact_through_deletions() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let mut sent = Vec::new();
    for number in 1..=6 {
        sent.push(anna.send(&ben, &number.to_string()).await.unwrap().message);
    }
    let unread = async || ben.only_conversation().await.unread_count["ben"];
    ben.read_up_to(&anna, &sent[1]).await.unwrap();
    assert_eq!(unread().await, 4);
    world.chat.delete(&anna.id, delete(&sent[0])).await.unwrap();
    assert_eq!(unread().await, 4, "one that was read does not count twice");
    world.chat.delete(&anna.id, delete(&sent[2])).await.unwrap();
    world.chat.delete(&anna.id, delete(&sent[5])).await.unwrap();
    assert_eq!(unread().await, 2);
    assert_eq!(ben.read_up_to(&anna, &sent[3]).await.unwrap(), 1);
    assert_eq!(unread().await, 1);
    assert_eq!(ben.read_up_to(&anna, &sent[4]).await.unwrap(), 0, "what is left is deleted");
    assert_eq!(ben.read(&anna).await.unwrap(), 0);
    anna.send(&ben, "7").await.unwrap();
    assert_eq!(unread().await, 1);
}

#[tokio::test]
async fn messages_of_the_host_count_as_unread_and_events_do_not() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let post = async |input| world.chat.post_host_message(input).await;
    let begun = post(host_line(["ben", "anna"], "You are matched", HostMessageType::Text)).await.unwrap();
    assert_eq!((begun.conversation_id.as_str(), begun.message.sender_id.as_str()), ("conv_anna_ben", "#host"));
    anna.send(&ben, "Hi").await.unwrap();
    let data = serde_json::from_str(r#"{"step": 2}"#).unwrap();
    let event = HostMessageInput { data: Some(data), ..host_line(["anna", "ben"], "Paid", HostMessageType::Event) };
    let posted = post(event).await.unwrap().message;
    assert_eq!((posted.kind, posted.event.unwrap().data.unwrap()["step"].as_u64()), (MessageType::Event, Some(2)));
    let counts = ben.only_conversation().await.unread_count;
    assert_eq!((counts["anna"], counts["ben"]), (1, 2), "a text counts for both, an event for nobody");
    let listed = ben.list(&anna).await.unwrap().messages;
    assert_eq!(texts(&listed), ["You are matched", "Hi", "Paid"]);
    assert_eq!(ben.read(&anna).await.unwrap(), 0);
    let read = ben.list(&anna).await.unwrap().messages;
    assert!(read.iter().all(|message| message.status == Status::Read), "{read:?}");

    let once = || HostMessageInput {
        client_id: Some("h1".into()),
        ..host_line(["anna", "ben"], "Once", HostMessageType::Text)
    };
    let first = post(once()).await.unwrap().message;
    assert_eq!(post(once()).await.unwrap().message.id, first.id, "repeated with its clientId it is the same line");
    let other = HostMessageInput { content: "Twice".into(), ..once() };
    assert_eq!(post(other).await.unwrap_err().code, Code::ClientIdReused);
    for wrong in [
        HostMessageInput { user_ids: Some(vec!["anna".into()]), ..once() },
        HostMessageInput { user_ids: Some(vec!["anna".into(), "anna".into()]), ..once() },
        HostMessageInput { user_ids: None, ..once() },
        HostMessageInput { data: Some(serde_json::Map::new()), ..once() },
    ] {
        assert_eq!(post(wrong).await.unwrap_err().code, Code::InvalidRequest);
    }
}

#[tokio::test]
async fn retention_and_deletions_agree_on_what_is_unread() {
    let settings = Settings { send_rate: 0, retention_days: 1, ..Settings::default() };
    let world = World::with(settings).await;
    let (anna, ben) = world.pair().await;
    let old = anna.send(&ben, "old").await.unwrap().message;
    anna.send(&ben, "old too").await.unwrap();
    world.clock.forward(20 * HOUR);
    let young = anna.send(&ben, "young").await.unwrap().message;
    anna.send(&ben, "younger").await.unwrap();
    world.chat.delete(&anna.id, delete(&old)).await.unwrap();
    world.chat.delete(&anna.id, delete(&young)).await.unwrap();
    assert_eq!(ben.only_conversation().await.unread_count["ben"], 2);
    world.clock.forward(5 * HOUR);
    assert_eq!(ben.only_conversation().await.unread_count["ben"], 1, "of the two that are kept one is deleted");
    assert_eq!(world.chat.edit(&anna.id, edit(&old, "x")).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn a_conversation_can_be_looked_at_before_it_begins() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    world.name("ben", "Ben Smith").await;
    let details = async |user: &User<'_>, receiver: &str, job_id: Option<u64>| {
        let input = jobline_wire::GetConversation { receiver_id: Some(receiver.into()), job_id, conversation_id: None };
        world.chat.conversation(&user.id, input).await
    };
    let before = details(&anna, "ben", None).await.unwrap();
    assert_eq!((before.can_send, before.reason), (true, None));
    assert_eq!((before.conversation.people[1].name.as_str(), before.conversation.job_id), ("Ben Smith", Some(1)));
    assert!(before.conversation.created_at.starts_with("2"), "{:?}", before.conversation);
    assert_eq!(before.conversation.updated_at, before.conversation.created_at, "nothing has changed since");
    let by_id = async |user: &User<'_>, id: &str| {
        let input = jobline_wire::GetConversation { conversation_id: Some(id.into()), ..Default::default() };
        world.chat.conversation(&user.id, input).await
    };
    let named = by_id(&anna, "conv_anna_ben").await.unwrap();
    assert_eq!((named.can_send, &named.conversation.people), (true, &before.conversation.people), "by its id too");
    for (user, id) in [(&anna, "conv_anna_eve"), (&world.user("eve"), "conv_anna_ben")] {
        assert_eq!(by_id(user, id).await.unwrap_err().code, Code::NotFound, "{id} of those without a job");
    }
    assert!(anna.conversations().await.unwrap().conversations.is_empty(), "looking begins nothing");
    let crew = jobline_wire::GetConversation { conversation_id: Some("crew_1".into()), ..Default::default() };
    let crew = world.chat.conversation(&anna.id, crew).await.unwrap().conversation;
    assert_eq!((&crew.updated_at, &crew.last_message), (&crew.created_at, &None));
    let stranger = details(&world.user("eve"), "ben", None).await.unwrap();
    assert_eq!((stranger.can_send, stranger.reason), (false, Some(Code::NotJobParticipant)));
    assert_eq!(stranger.conversation.people[0].name, "ben", "a stranger does not learn a name");
    anna.send(&ben, "Hi").await.unwrap();
    world.job(1, &["anna", "ben"], jobline_wire::JobStatus::Closed).await;
    let input = jobline_wire::GetConversation { conversation_id: Some("conv_anna_ben".into()), ..Default::default() };
    let closed = world.chat.conversation(&ben.id, input.clone()).await.unwrap();
    assert_eq!((closed.can_send, closed.reason), (false, Some(Code::JobClosed)));
    assert_eq!(closed.conversation.last_message.as_deref(), Some("Hi"));
    assert_eq!(world.chat.conversation(&world.user("eve").id, input).await.unwrap_err().code, Code::NotFound);
}

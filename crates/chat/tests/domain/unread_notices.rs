//! The host's events about messages that stay unread: one for each conversation until it is read.

use crate::{
    outbox::Receiver,
    support::{MORNING, User, World},
};
use jobline_chat::{Settings, iso};
use jobline_store::{Range, Store as _};
use jobline_wire::{DeleteMessage, HostMessageInput, HostMessageType, MarkAsRead, Mute};
use serde_json::Value;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;

async fn world() -> World {
    World::with(Settings { send_rate: 0, outbox: true, ..Settings::default() }).await
}

/// Runs the driver, and returns its events about unread messages.
async fn told(world: &World, receiver: &Receiver) -> Vec<(String, Value)> {
    world.chat.deliver_events(receiver).await.unwrap();
    receiver.take().into_iter().filter(|(_, body)| body["type"] == "user.unread").collect()
}

/// Lets `minutes` pass, and runs the driver after each.
async fn told_within(world: &World, receiver: &Receiver, minutes: u64) -> Vec<(String, Value)> {
    let mut all = told(world, receiver).await;
    for _ in 0..minutes {
        world.clock.forward(MINUTE);
        all.extend(told(world, receiver).await);
    }
    all
}

async fn wakes(world: &World) -> usize {
    world.store.range(&Range::prefix("UNREAD", "", 100)).await.unwrap().rows.len()
}

async fn host_line(world: &World, kind: HostMessageType) {
    let user_ids = Some(vec!["anna".to_owned(), "ben".to_owned()]);
    let input = HostMessageInput { user_ids, content: "Matched".into(), kind: Some(kind), ..Default::default() };
    world.chat.post_host_message(input).await.unwrap();
}

async fn mark(world: &World, user: &User<'_>, conversation: &str, up_to: &str) {
    let input = MarkAsRead { conversation_id: conversation.into(), up_to: Some(up_to.into()) };
    world.chat.mark_as_read(&user.id, input).await.unwrap();
}

#[tokio::test]
async fn unread_messages_cause_one_event_until_they_are_read() {
    let (world, receiver) = (world().await, Receiver::default());
    let (anna, ben) = world.pair().await;
    let first = anna.send(&ben, "one").await.unwrap();
    assert_eq!(told_within(&world, &receiver, 9).await, []);
    anna.send(&ben, "two").await.unwrap();
    let events = told_within(&world, &receiver, 2).await;
    assert_eq!(events.len(), 1);
    let (id, body) = &events[0];
    let data = &body["data"];
    assert!(id.starts_with("conv_anna_ben/") && id.ends_with("/user.unread/ben"), "{id}");
    assert_eq!((&data["userId"], &data["conversationId"]), (&"ben".into(), &"conv_anna_ben".into()));
    assert_eq!((&data["messageId"], &data["number"]), (&first.message.id.into(), &1.into()));
    assert_eq!(data["unreadCount"], 2);
    assert_eq!(body["timestamp"], iso(MORNING + 10 * MINUTE));
    anna.send(&ben, "three").await.unwrap();
    assert_eq!(told_within(&world, &receiver, 30).await, [], "once until it was read");
    ben.read(&anna).await.unwrap();
    assert_eq!(told_within(&world, &receiver, 30).await, []);
    anna.send(&ben, "four").await.unwrap();
    let again = told_within(&world, &receiver, 30).await;
    assert_eq!((again.len(), &again[0].1["data"]["number"]), (1, &4.into()));
    assert_ne!(again[0].0, *id);
    assert_eq!(wakes(&world).await, 0);
}

#[tokio::test]
async fn no_event_for_messages_that_were_read_deleted_or_muted_in_time() {
    let (world, receiver) = (world().await, Receiver::default());
    let (anna, ben) = world.pair().await;
    let first = anna.send(&ben, "one").await.unwrap();
    assert_eq!(told_within(&world, &receiver, 9).await, []);
    ben.read(&anna).await.unwrap();
    assert_eq!(told_within(&world, &receiver, 20).await, [], "read");
    let second = anna.send(&ben, "two").await.unwrap().message.id;
    let conversation_id = first.conversation_id.clone();
    told(&world, &receiver).await;
    let delete = DeleteMessage { conversation_id: conversation_id.clone(), message_id: second };
    world.chat.delete(&anna.id, delete).await.unwrap();
    assert_eq!(told_within(&world, &receiver, 20).await, [], "deleted");
    anna.send(&ben, "three").await.unwrap();
    let until = Some(iso(MORNING + 24 * 60 * MINUTE));
    world.chat.mute(&ben.id, Mute { conversation_id: conversation_id.clone(), until }).await.unwrap();
    assert_eq!(told_within(&world, &receiver, 20).await, [], "muted");
    world.chat.mute(&ben.id, Mute { conversation_id, until: None }).await.unwrap();
    anna.send(&ben, "four").await.unwrap();
    assert_eq!(told_within(&world, &receiver, 20).await.len(), 1, "not muted any more");
}

#[tokio::test]
async fn the_first_unread_message_has_to_be_old_enough() {
    let (world, receiver) = (world().await, Receiver::default());
    let (anna, ben) = world.pair().await;
    let first = anna.send(&ben, "one").await.unwrap();
    told(&world, &receiver).await;
    world.clock.forward(6 * MINUTE);
    anna.send(&ben, "two").await.unwrap();
    mark(&world, &ben, &first.conversation_id, &first.message.id).await;
    assert_eq!(told_within(&world, &receiver, 9).await, [], "the first was read, the second is younger");
    let events = told_within(&world, &receiver, 2).await;
    assert_eq!((events.len(), &events[0].1["data"]["number"]), (1, &2.into()));
}

#[tokio::test]
async fn messages_after_a_notice_cause_another_one_when_only_earlier_ones_were_read() {
    let (world, receiver) = (world().await, Receiver::default());
    let (anna, ben) = world.pair().await;
    let first = anna.send(&ben, "one").await.unwrap();
    assert_eq!(told_within(&world, &receiver, 11).await.len(), 1);
    anna.send(&ben, "two").await.unwrap();
    assert_eq!(told_within(&world, &receiver, 11).await, []);
    mark(&world, &ben, &first.conversation_id, &first.message.id).await;
    let events = told(&world, &receiver).await;
    assert_eq!((events.len(), &events[0].1["data"]["number"]), (1, &2.into()));
}

#[tokio::test]
async fn messages_of_the_host_cause_notices_to_both_users_and_its_events_to_nobody() {
    let (world, receiver) = (world().await, Receiver::default());
    world.pair().await;
    host_line(&world, HostMessageType::Event).await;
    assert_eq!(told_within(&world, &receiver, 20).await, []);
    host_line(&world, HostMessageType::Text).await;
    let events = told_within(&world, &receiver, 20).await;
    let users: Vec<&str> = events.iter().map(|(_, body)| body["data"]["userId"].as_str().unwrap()).collect();
    assert_eq!(users, ["anna", "ben"]);
    assert_ne!(events[0].0, events[1].0);
}

#[tokio::test]
async fn a_notice_that_fails_comes_again_by_its_id_and_holds_back_its_conversation() {
    let (world, receiver) = (world().await, Receiver::failing_at("user.unread"));
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "one").await.unwrap();
    let failed = told_within(&world, &receiver, 10).await;
    assert_eq!(failed.len(), 1);
    anna.send(&ben, "two").await.unwrap();
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 0);
    world.clock.forward(SECOND);
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 0);
    assert_eq!(receiver.take(), [], "nothing overtakes it");
    receiver.recover();
    world.clock.forward(5 * SECOND);
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 2);
    let events = receiver.take();
    assert_eq!((&events[0].0, &events[1].1["type"]), (&failed[0].0, &"message.sent".into()));
    assert_eq!(told_within(&world, &receiver, 30).await, []);
    assert_eq!(wakes(&world).await, 0);
}

#[tokio::test]
async fn a_failed_notice_is_not_repeated_once_its_messages_were_read() {
    let (world, receiver) = (world().await, Receiver::failing_at("user.unread"));
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "one").await.unwrap();
    assert_eq!(told_within(&world, &receiver, 10).await.len(), 1);
    ben.read(&anna).await.unwrap();
    receiver.recover();
    assert_eq!(told_within(&world, &receiver, 20).await, []);
}

#[tokio::test]
async fn messages_after_a_notice_cause_another_one_once_the_first_was_read_in_pairs_and_crews() {
    for conversation_id in ["conv_anna_ben", "crew_1"] {
        let (world, receiver) = (world().await, Receiver::default());
        let (anna, ben) = world.pair().await;
        let send = async |text: &str| match conversation_id {
            "crew_1" => anna.say(text).await.unwrap(),
            _ => anna.send(&ben, text).await.unwrap().message,
        };
        let first = send("one").await;
        assert_eq!(told_within(&world, &receiver, 11).await.len(), 1, "{conversation_id}: the first");
        send("two").await;
        assert_eq!(told_within(&world, &receiver, 30).await, [], "{conversation_id}: once until it was read");
        mark(&world, &ben, conversation_id, &first.id).await;
        let told = told_within(&world, &receiver, 30).await;
        assert_eq!((told.len(), &told[0].1["data"]["number"]), (1, &2.into()), "{conversation_id}: the second");
        assert_eq!(wakes(&world).await, 0);
    }
}

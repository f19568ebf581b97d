//! The host's events: each at least once, with the same id each time, in the order of its conversation.

use super::*;
use crate::support::{MORNING, User, World};
use futures_util::FutureExt as _;
use jobline_chat::Settings;
use jobline_store::{Consistency, Key, Store as _};
use jobline_wire::{Code, DeleteMessage, EditMessage, JobStatus, ListFailedEvents};

async fn edit(world: &World, user: &User<'_>, conversation: &str, message: &str) {
    let (conversation_id, message_id) = (conversation.to_owned(), message.to_owned());
    let input = EditMessage { conversation_id, message_id, content: "edited".into() };
    world.chat.edit(&user.id, input).await.unwrap();
}

async fn delete(world: &World, user: &User<'_>, conversation: &str, message: &str) {
    let input = DeleteMessage { conversation_id: conversation.into(), message_id: message.into() };
    world.chat.delete(&user.id, input).await.unwrap();
}

#[tokio::test]
async fn the_host_receives_every_change_once_and_in_order() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    let receiver = Receiver::default();
    let first = anna.send(&ben, "hello").await.unwrap();
    let second = anna.send(&ben, "secret").await.unwrap().message;
    assert!(world.chat.event_stored().now_or_never().is_some());
    edit(&world, &anna, &first.conversation_id, &first.message.id).await;
    delete(&world, &anna, &first.conversation_id, &second.id).await;
    ben.read(&anna).await.unwrap();
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 6);
    let events = receiver.take();
    let types: Vec<&str> = events.iter().map(|(_, body)| body["type"].as_str().unwrap()).collect();
    let expected =
        ["conversation.started", "message.sent", "message.sent", "message.edited", "message.deleted", "message.read"];
    assert_eq!(types, expected);
    let data = &events[1].1["data"];
    assert_eq!(data["conversationId"], first.conversation_id);
    assert_eq!((&data["messageId"], &data["senderId"]), (&first.message.id.into(), &"anna".into()));
    assert_eq!((&data["number"], &data["type"], &data["jobId"]), (&1.into(), &"text".into(), &1.into()));
    assert_eq!(data.get("content"), None, "no text unless it was asked for");
    assert_eq!(events[5].1["data"]["userId"], "ben");
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 0);
    assert_eq!(rows(&world, "OUTBOX").await, 0);
    anna.send(&ben, "again").await.unwrap();
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 1);
    assert_eq!(receiver.types(), ["message.sent"]);
}

#[tokio::test]
async fn more_changes_than_a_page_are_delivered_in_order() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    for number in 0..130 {
        anna.send(&ben, &format!("{number}")).await.unwrap();
        if number % 40 == 0 {
            ben.read(&anna).await.unwrap();
        }
    }
    let receiver = Receiver { takes_content: true, ..Receiver::default() };
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 1 + 130 + 4);
    let events = receiver.take();
    let texts: Vec<&str> = events.iter().filter_map(|(_, body)| body["data"]["content"].as_str()).collect();
    let expected: Vec<String> = (0..130).map(|number| number.to_string()).collect();
    assert_eq!(texts, expected);
    assert_eq!(events[3].1["data"]["content"], "1");
    assert_eq!(events[2].1["type"], "message.read", "between the first message and the second one");
}

#[tokio::test]
async fn a_failed_event_holds_back_its_conversation_alone_and_keeps_its_id() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    world.job(2, &["anna", "carl"], JobStatus::Open).await;
    let receiver = Receiver::failing_at("conv_anna_ben");
    anna.send(&ben, "one").await.unwrap();
    anna.send(&ben, "two").await.unwrap();
    anna.send(&world.user("carl"), "other").await.unwrap();
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 2, "those of the other conversation");
    assert_eq!(world.chat.event_failure().as_deref(), Some("it answered 500"));
    let failed: Vec<String> = receiver.take().into_iter().map(|(id, _)| id).filter(|id| id.contains("ben")).collect();
    assert_eq!(failed.len(), 1, "nothing overtakes an event of its conversation");
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 0);
    assert_eq!(receiver.take(), [], "it is not tried again at once");
    world.clock.forward(5 * SECOND);
    world.chat.deliver_events(&receiver).await.unwrap();
    let again = receiver.take();
    assert_eq!((again.len(), &again[0].0), (1, &failed[0]));
    receiver.recover();
    world.clock.forward(5 * SECOND);
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 0, "the wait doubles");
    world.clock.forward(5 * SECOND);
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 3);
    assert_eq!(receiver.types(), ["conversation.started", "message.sent", "message.sent"]);
}

#[tokio::test]
async fn after_a_day_a_failed_event_is_kept_for_the_host_and_the_next_ones_follow() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    let receiver = Receiver::failing_at("conversation.started");
    anna.send(&ben, "one").await.unwrap();
    for _ in 0..60 {
        world.chat.deliver_events(&receiver).await.unwrap();
        world.clock.forward(HOUR / 2);
    }
    let types = receiver.types();
    assert!((15..40).contains(&types.len()), "waits grow: {}", types.len());
    assert_eq!(types.last().map(String::as_str), Some("message.sent"));
    let listed = failed(&world).await;
    assert_eq!((listed.len(), listed[0].reason.as_str()), (1, "it answered 500"));
    assert_eq!(listed[0].event["type"], "conversation.started");
    world.chat.redeliver(&listed[0].id).await.unwrap();
    world.chat.redeliver(&listed[0].id).await.unwrap();
    assert!(failed(&world).await[0].is_due);
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 0);
    assert_eq!(receiver.take().len(), 1, "asked for twice, tried once");
    assert_eq!(failed(&world).await, listed, "what fails again stays");
    receiver.recover();
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 0, "it is not tried again by itself");
    world.chat.redeliver(&listed[0].id).await.unwrap();
    assert!(world.chat.event_stored().now_or_never().is_some());
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 1);
    assert_eq!(receiver.take()[0].0, listed[0].webhook_id);
    assert_eq!(failed(&world).await, []);
    for unknown in [listed[0].id.as_str(), "no such event", "failed_", ""] {
        assert_eq!(world.chat.redeliver(unknown).await.unwrap_err().code, Code::NotFound, "{unknown}");
    }
    assert_eq!(rows(&world, "OUTBOX").await, 0);
}

#[tokio::test]
async fn failed_events_are_listed_in_pages_and_kept_for_a_month() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "one").await.unwrap();
    anna.send(&ben, "two").await.unwrap();
    let receiver = Receiver { refuses: true, ..Receiver::default() };
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 0);
    let all = failed(&world).await;
    assert_eq!(all.len(), 3);
    let (mut since, mut pages) = (None, Vec::new());
    loop {
        let page = world.chat.failed_events(ListFailedEvents { since, limit: Some(2) }).await.unwrap();
        assert!(page.events.len() <= 2);
        pages.extend(page.events);
        since = page.cursor;
        if !page.has_more {
            break;
        }
    }
    assert_eq!(pages, all);
    let wrong = ListFailedEvents { since: Some("yesterday".into()), limit: None };
    assert_eq!(world.chat.failed_events(wrong).await.unwrap_err().field, Some("since"));
    let wrong = ListFailedEvents { since: None, limit: Some(51) };
    assert_eq!(world.chat.failed_events(wrong).await.unwrap_err().field, Some("limit"));
    let key = Key::new("FAILED", all[0].id.clone());
    let kept = world.store.get(&key, Consistency::Strong).await.unwrap().unwrap();
    assert_eq!(kept.expires, Some((MORNING + 30 * 24 * HOUR).div_ceil(1_000)));
}

/// A server begins to deliver and dies, so that its lease stays behind. The receiver has got what it began with.
async fn begin_and_die(world: &World) -> Receiver {
    let dies = Receiver { is_stuck: true, ..Receiver::default() };
    tokio::select! {
        biased;
        told = world.chat.deliver_events(&dies) => panic!("it is stuck: {told:?}"),
        () = async { while dies.got.lock().unwrap().is_empty() { tokio::task::yield_now().await } } => {}
    }
    dies
}

/// A world in which an event was refused, and the server that repeats its delivery dies. Returns the `webhook-id`, too.
async fn repeated_and_died() -> (World, String) {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "one").await.unwrap();
    world.chat.deliver_events(&Receiver { refuses: true, ..Receiver::default() }).await.unwrap();
    let listed = failed(&world).await;
    world.chat.redeliver(&listed[1].id).await.unwrap();
    begin_and_die(&world).await;
    (world, listed[1].webhook_id.clone())
}

#[tokio::test]
async fn an_attempt_that_a_server_did_not_finish_is_made_by_the_next_one() {
    let (world, webhook_id) = repeated_and_died().await;
    let receiver = Receiver::default();
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 0, "it still belongs to the other server");
    world.clock.forward(30 * SECOND);
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 1);
    assert_eq!(receiver.take()[0].0, webhook_id);
}

#[tokio::test]
async fn a_server_that_is_alone_makes_at_once_a_repeated_attempt_that_its_last_process_began() {
    let (world, webhook_id) = repeated_and_died().await;
    world.chat.take_over().await.unwrap();
    let receiver = Receiver::default();
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 1, "it belongs to nobody any more");
    assert_eq!(receiver.take()[0].0, webhook_id);
}

#[tokio::test]
async fn events_of_a_crashed_server_are_delivered_by_the_next_one() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "one").await.unwrap();
    let dies = begin_and_die(&world).await;
    let lost = dies.take();
    let receiver = Receiver::default();
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 0, "it still belongs to the other server");
    world.clock.forward(30 * SECOND);
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 2);
    assert_eq!(receiver.take()[0], lost[0], "the same event by the same id");
}

#[tokio::test]
async fn a_server_that_is_alone_delivers_at_once_what_its_last_process_began() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    let carl = world.user("carl");
    world.job(2, &["anna", "carl"], jobline_wire::JobStatus::Open).await;
    anna.send(&carl, "fails").await.unwrap();
    let failing = Receiver { takes_content: true, ..Receiver::failing_at("fails") };
    world.chat.deliver_events(&failing).await.unwrap();
    anna.send(&ben, "one").await.unwrap();
    let dies = begin_and_die(&world).await;
    world.chat.take_over().await.unwrap();
    let receiver = Receiver::default();
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 2, "what failed still waits");
    assert_eq!(receiver.take()[0], dies.take()[0], "the same event by the same id");
    world.chat.take_over().await.unwrap();
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 0, "nothing is left");
    world.clock.forward(5 * SECOND);
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 2, "the wait is over");
}

#[tokio::test]
async fn without_receivers_no_rows_are_written_and_earlier_events_are_never_delivered() {
    let engine = crate::engine::start().await.store;
    let quiet = World::over(engine.clone(), Settings { send_rate: 0, ..Settings::default() }, 1).await;
    let (anna, ben) = quiet.pair().await;
    anna.send(&ben, "before").await.unwrap();
    assert!(quiet.chat.event_stored().now_or_never().is_none());
    assert_eq!(rows(&quiet, "OUTBOX").await, 0);
    let telling = World::over(engine, Settings { send_rate: 0, outbox: true, ..Settings::default() }, 2).await;
    let receiver = Receiver { takes_content: true, ..Receiver::default() };
    telling.clock.forward(SECOND);
    telling.user("anna").send(&telling.user("ben"), "after").await.unwrap();
    assert_eq!(telling.chat.deliver_events(&receiver).await.unwrap(), 1);
    assert_eq!(receiver.take()[0].1["data"]["content"], "after");
}

//! What the host is told: every event, in the order of its conversation, at least once and each time by the same id.

use crate::support::{User, World};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use jobline_chat::{Delivery, Outside, OutsideEvent, Settings};
use jobline_store::{Range, Store as _};
use jobline_wire::{DeleteMessage, EditMessage, JobStatus};
use serde_json::Value;
use std::sync::Mutex;

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;

/// A receiver of events.
#[derive(Default)]
struct Receiver {
    got: Mutex<Vec<OutsideEvent>>,
    /// Events that hold this text fail.
    fails: Mutex<Option<&'static str>>,
    is_stuck: bool,
    takes_content: bool,
}

#[async_trait]
impl Outside for Receiver {
    fn takes_content(&self) -> bool {
        self.takes_content
    }

    async fn deliver(&self, event: &OutsideEvent) -> Delivery {
        self.got.lock().unwrap().push(event.clone());
        if self.is_stuck {
            std::future::pending::<()>().await;
        }
        match *self.fails.lock().unwrap() {
            Some(text) if event.body.contains(text) => {
                Delivery::Failed { why: "it answered 500".to_owned(), retry_after_ms: None }
            }
            _ => Delivery::Delivered,
        }
    }
}

impl Receiver {
    fn failing_at(text: &'static str) -> Self {
        Self { fails: Mutex::new(Some(text)), ..Self::default() }
    }

    fn recover(&self) {
        *self.fails.lock().unwrap() = None;
    }

    /// The events since the last call.
    fn take(&self) -> Vec<(String, Value)> {
        let got = std::mem::take(&mut *self.got.lock().unwrap());
        got.into_iter().map(|event| (event.id, serde_json::from_str(&event.body).unwrap())).collect()
    }

    /// The types of the events since the last call.
    fn types(&self) -> Vec<String> {
        self.take().into_iter().map(|(_, body)| body["type"].as_str().unwrap().to_owned()).collect()
    }
}

async fn world() -> World {
    World::with(Settings { send_rate: 0, outbox: true, ..Settings::default() }).await
}

async fn rows(world: &World, partition: &str) -> usize {
    let range = Range::prefix(partition.to_owned(), "", 100);
    world.store.range(&range).await.unwrap().rows.len()
}

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
async fn the_host_is_told_every_change_once_and_in_order() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    let receiver = Receiver::default();
    let first = anna.send(&ben, "hello").await.unwrap();
    let second = anna.send(&ben, "secret").await.unwrap().message;
    assert!(world.chat.event_stored().now_or_never().is_some());
    edit(&world, &anna, &first.conversation_id, &first.message.id).await;
    delete(&world, &anna, &first.conversation_id, &second.id).await;
    ben.read(&anna).await.unwrap();
    assert_eq!(world.chat.tell_outside(&receiver).await.unwrap(), 6);
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
    assert_eq!(world.chat.tell_outside(&receiver).await.unwrap(), 0);
    assert_eq!(rows(&world, "OUTBOX").await, 0);
    anna.send(&ben, "again").await.unwrap();
    assert_eq!(world.chat.tell_outside(&receiver).await.unwrap(), 1);
    assert_eq!(receiver.types(), ["message.sent"]);
}

#[tokio::test]
async fn more_changes_than_a_page_are_told_in_order() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    for number in 0..130 {
        anna.send(&ben, &format!("{number}")).await.unwrap();
        if number % 40 == 0 {
            ben.read(&anna).await.unwrap();
        }
    }
    let receiver = Receiver { takes_content: true, ..Receiver::default() };
    assert_eq!(world.chat.tell_outside(&receiver).await.unwrap(), 1 + 130 + 4);
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
    assert_eq!(world.chat.tell_outside(&receiver).await.unwrap(), 2, "those of the other conversation");
    assert_eq!(world.chat.outside_failure().as_deref(), Some("it answered 500"));
    let failed: Vec<String> = receiver.take().into_iter().map(|(id, _)| id).filter(|id| id.contains("ben")).collect();
    assert_eq!(failed.len(), 1, "nothing overtakes an event of its conversation");
    assert_eq!(world.chat.tell_outside(&receiver).await.unwrap(), 0);
    assert_eq!(receiver.take(), [], "it is not tried again at once");
    world.clock.forward(5 * SECOND);
    world.chat.tell_outside(&receiver).await.unwrap();
    let again = receiver.take();
    assert_eq!((again.len(), &again[0].0), (1, &failed[0]));
    receiver.recover();
    world.clock.forward(5 * SECOND);
    assert_eq!(world.chat.tell_outside(&receiver).await.unwrap(), 0, "the wait doubles");
    world.clock.forward(5 * SECOND);
    assert_eq!(world.chat.tell_outside(&receiver).await.unwrap(), 3);
    assert_eq!(receiver.types(), ["conversation.started", "message.sent", "message.sent"]);
}

#[tokio::test]
async fn after_a_day_a_failed_event_is_kept_for_the_host_and_the_next_ones_follow() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    let receiver = Receiver::failing_at("conversation.started");
    anna.send(&ben, "one").await.unwrap();
    for _ in 0..60 {
        world.chat.tell_outside(&receiver).await.unwrap();
        world.clock.forward(HOUR / 2);
    }
    let types = receiver.types();
    assert!((15..40).contains(&types.len()), "waits grow: {}", types.len());
    assert_eq!(types.last().map(String::as_str), Some("message.sent"));
    let listed = world.chat.failed_events().await.unwrap();
    assert_eq!((listed.len(), listed[0].why.as_str()), (1, "it answered 500"));
    assert!(world.chat.redeliver(&receiver, &listed[0].id).await.is_err());
    assert_eq!(world.chat.failed_events().await.unwrap(), listed, "what fails again stays");
    receiver.recover();
    receiver.take();
    world.chat.redeliver(&receiver, &listed[0].id).await.unwrap();
    assert_eq!(receiver.take()[0].0, listed[0].event.id);
    assert_eq!(world.chat.failed_events().await.unwrap(), []);
    assert!(world.chat.redeliver(&receiver, &listed[0].id).await.is_err(), "it is not listed any more");
    assert!(world.chat.redeliver(&receiver, "no such event").await.is_err());
}

#[tokio::test]
async fn what_a_server_left_when_it_died_is_told_by_the_next_one() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "one").await.unwrap();
    let dies = Receiver { is_stuck: true, ..Receiver::default() };
    tokio::select! {
        biased;
        told = world.chat.tell_outside(&dies) => panic!("it is stuck: {told:?}"),
        () = async { while dies.got.lock().unwrap().is_empty() { tokio::task::yield_now().await } } => {}
    }
    let lost = dies.take();
    let receiver = Receiver::default();
    assert_eq!(world.chat.tell_outside(&receiver).await.unwrap(), 0, "it still belongs to the other server");
    world.clock.forward(30 * SECOND);
    assert_eq!(world.chat.tell_outside(&receiver).await.unwrap(), 2);
    assert_eq!(receiver.take()[0], lost[0], "the same event by the same id");
}

#[tokio::test]
async fn a_deployment_that_tells_nobody_writes_no_rows_and_what_came_before_is_not_told() {
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
    assert_eq!(telling.chat.tell_outside(&receiver).await.unwrap(), 1);
    assert_eq!(receiver.take()[0].1["data"]["content"], "after");
}

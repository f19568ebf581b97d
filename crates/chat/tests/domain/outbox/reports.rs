//! The host's events about reports.

use super::*;
use crate::support::{User, World};
use futures_util::FutureExt as _;
use jobline_chat::Settings;
use jobline_wire::ReportInput;

async fn report(world: &World, by: &User<'_>, conversation: &str, message: Option<&str>) -> String {
    let (conversation_id, message_id) = (conversation.to_owned(), message.map(str::to_owned));
    let input = ReportInput { conversation_id, message_id, reason: "spam".into(), comment: Some("Again".into()) };
    world.chat.report(&by.id, input).await.unwrap().report_id
}

#[tokio::test]
async fn a_report_is_delivered_in_the_order_of_the_conversation() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    let first = anna.send(&ben, "one").await.unwrap();
    let told = report(&world, &ben, &first.conversation_id, Some(&first.message.id)).await;
    let second = report(&world, &ben, &first.conversation_id, None).await;
    anna.send(&ben, "two").await.unwrap();
    let receiver = Receiver::failing_at("report.created");
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 2, "nothing overtakes the report");
    let failed = receiver.take().pop().unwrap();
    receiver.recover();
    world.clock.forward(5 * SECOND);
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 3);
    let events = receiver.take();
    let types: Vec<&str> = events.iter().map(|(_, body)| body["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["report.created", "report.created", "message.sent"]);
    assert_eq!(events[0], failed, "the same event by the same id");
    assert_ne!(events[0].0, events[1].0);
    let data = &events[0].1["data"];
    assert_eq!((&data["reportId"], &data["reporterId"]), (&told.into(), &"ben".into()));
    assert_eq!(
        (&data["conversationId"], &data["messageId"]),
        (&first.conversation_id.clone().into(), &first.message.id.into())
    );
    assert_eq!(data.get("reason"), None, "no words of users unless they were asked for");
    assert_eq!((&events[1].1["data"]["reportId"], events[1].1["data"].get("messageId")), (&second.into(), None));
    report(&world, &anna, &first.conversation_id, None).await;
    assert!(world.chat.event_stored().now_or_never().is_some());
    let content = Receiver { takes_content: true, ..Receiver::default() };
    assert_eq!(world.chat.deliver_events(&content).await.unwrap(), 1);
    assert_eq!(content.take()[0].1["data"]["reason"], "spam");
    assert_eq!(rows(&world, "OUTBOX").await, 0);
    assert_eq!(world.chat.deliver_events(&content).await.unwrap(), 0);
}

#[tokio::test]
async fn more_reports_than_a_page_are_all_delivered() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    let first = anna.send(&ben, "one").await.unwrap();
    for number in 0..120 {
        report(&world, &ben, &first.conversation_id, None).await;
        world.clock.forward(60 * SECOND);
        if number == 60 {
            anna.send(&ben, "two").await.unwrap();
        }
    }
    let receiver = Receiver::default();
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 3 + 120);
    let events = receiver.types();
    assert_eq!(events.iter().filter(|kind| *kind == "report.created").count(), 120);
    assert_eq!(events[2 + 61], "message.sent", "after the reports that came before it");
}

#[tokio::test]
async fn a_report_does_not_deliver_events_from_before_the_webhook() {
    let engine = crate::engine::start().await.store;
    let quiet = World::over(engine.clone(), Settings { send_rate: 0, ..Settings::default() }, 1).await;
    let (anna, ben) = quiet.pair().await;
    let first = anna.send(&ben, "before").await.unwrap();
    report(&quiet, &anna, &first.conversation_id, None).await;
    let telling = World::over(engine, Settings { send_rate: 0, outbox: true, ..Settings::default() }, 2).await;
    telling.clock.forward(SECOND);
    let receiver = Receiver::default();
    assert_eq!(telling.chat.deliver_events(&receiver).await.unwrap(), 0);
    report(&telling, &telling.user("ben"), &first.conversation_id, None).await;
    telling.chat.deliver_events(&receiver).await.unwrap();
    assert_eq!(receiver.types(), ["report.created"]);
}

//! The host's events about ends of calls.

use super::*;
use crate::support::{MORNING, User, World};
use jobline_chat::iso;
use jobline_wire::{AnswerCall, CallMedia, JobStatus, StartCall};

async fn call(world: &World, caller: &User<'_>) -> String {
    let (conversation_id, device_id) = ("conv_anna_ben".to_owned(), "phone".to_owned());
    let input = StartCall { conversation_id, media: CallMedia::Audio, device_id };
    world.chat.start_call(&caller.id, input).await.unwrap().call.id
}

fn answer(call_id: &str, device: &str) -> AnswerCall {
    AnswerCall { call_id: call_id.to_owned(), device_id: device.to_owned() }
}

#[tokio::test]
async fn only_the_end_of_a_crew_call_is_an_event() {
    let world = world().await;
    world.job(1, &["anna", "ben", "carl"], JobStatus::Open).await;
    let [anna, ben, carl] = ["anna", "ben", "carl"].map(|user| world.user(user));
    let receiver = Receiver::default();
    for is_told_late in [false, true] {
        let (conversation_id, device_id) = ("crew_1".to_owned(), "phone".to_owned());
        let input = StartCall { conversation_id, media: CallMedia::Audio, device_id };
        let id = world.chat.start_call(&anna.id, input).await.unwrap().call.id;
        for member in [&ben, &carl] {
            world.chat.accept_call(&member.id, answer(&id, "phone")).await.unwrap();
        }
        world.chat.end_call(&anna.id, answer(&id, "phone")).await.unwrap();
        if !is_told_late {
            world.chat.deliver_events(&receiver).await.unwrap();
            assert!(!receiver.take().iter().any(|(_, body)| body["type"] == "call.ended"), "it goes on");
        }
        world.chat.end_call(&ben.id, answer(&id, "phone")).await.unwrap();
        world.chat.deliver_events(&receiver).await.unwrap();
        let told = receiver.take();
        let ends: Vec<_> = told.iter().filter(|(_, body)| body["type"] == "call.ended").collect();
        assert_eq!(ends.len(), 1, "{told:?}");
        assert_eq!((&ends[0].1["data"]["callId"], &ends[0].1["data"]["state"]), (&id.into(), &"ended".into()));
    }
}

#[tokio::test]
async fn the_end_of_a_call_is_delivered_once_however_it_ends() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "one").await.unwrap();
    let receiver = Receiver::default();
    world.chat.deliver_events(&receiver).await.unwrap();
    receiver.take();
    let taken = call(&world, &anna).await;
    world.clock.forward(5 * SECOND);
    world.chat.accept_call(&ben.id, answer(&taken, "laptop")).await.unwrap();
    world.chat.deliver_events(&receiver).await.unwrap();
    assert_eq!(receiver.types(), ["message.sent"], "it goes on");
    world.clock.forward(60 * SECOND);
    world.chat.end_call(&ben.id, answer(&taken, "laptop")).await.unwrap();
    world.chat.end_call(&anna.id, answer(&taken, "phone")).await.unwrap();
    world.chat.deliver_events(&receiver).await.unwrap();
    let told = receiver.take();
    assert_eq!((told.len(), &told[0].1["type"]), (1, &"call.ended".into()));
    let data = &told[0].1["data"];
    assert_eq!((&data["callId"], &data["startedBy"], &data["media"]), (&taken.into(), &"anna".into(), &"audio".into()));
    assert_eq!((&data["state"], &data["conversationId"]), (&"ended".into(), &"conv_anna_ben".into()));
    assert_eq!(data["acceptedAt"], iso(MORNING + 5 * SECOND));
    assert_eq!(data["endedAt"], iso(MORNING + 65 * SECOND));

    let declined = call(&world, &anna).await;
    world.chat.decline_call(&ben.id, answer(&declined, "laptop")).await.unwrap();
    let given_up = call(&world, &anna).await;
    world.chat.end_call(&anna.id, answer(&given_up, "phone")).await.unwrap();
    call(&world, &anna).await;
    world.clock.forward(46 * SECOND);
    world.chat.run_due_tasks(u64::MAX).await.unwrap();
    world.chat.deliver_events(&receiver).await.unwrap();
    let told = receiver.take();
    let states: Vec<&str> = told.iter().filter_map(|(_, body)| body["data"]["state"].as_str()).collect();
    assert_eq!(states, ["declined", "cancelled", "missed"]);
    assert_eq!(told.len(), 6, "each begins as a message");
}

#[tokio::test]
async fn a_call_that_both_devices_left_without_reporting_it_is_delivered_when_its_time_is_over() {
    let world = world().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "one").await.unwrap();
    let left = call(&world, &anna).await;
    world.chat.accept_call(&ben.id, answer(&left, "laptop")).await.unwrap();
    let receiver = Receiver::default();
    world.chat.run_due_tasks(u64::MAX).await.unwrap();
    world.chat.deliver_events(&receiver).await.unwrap();
    receiver.take();
    world.clock.forward(11 * HOUR);
    world.chat.run_due_tasks(u64::MAX).await.unwrap();
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 0, "it may still go on");
    world.clock.forward(2 * HOUR);
    world.chat.run_due_tasks(u64::MAX).await.unwrap();
    world.chat.deliver_events(&receiver).await.unwrap();
    let told = receiver.take();
    assert_eq!(told.len(), 1);
    let data = &told[0].1["data"];
    assert_eq!((&told[0].1["type"], &data["callId"]), (&"call.ended".into(), &left.into()));
    assert_eq!((&data["state"], data.get("endedAt")), (&"ended".into(), None), "nobody knows when they left");
    assert_eq!(rows(&world, "TASKS").await, 0);
}

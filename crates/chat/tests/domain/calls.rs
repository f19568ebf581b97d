//! Calls: started, accepted, declined, missed and ended, by many devices at once, while servers and devices die.

use crate::support::{User, World};
use jobline_chat::Settings;
use jobline_wire::{
    AnswerCall, BlockUser, Call, CallMedia, CallState, Code, DeleteMessage, JobStatus, Message, MessageType, StartCall,
    StartedCall,
};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};

const RING_MS: u64 = 45_000;

async fn start(world: &World, caller: &User<'_>, device: &str) -> StartedCall {
    try_start(world, caller, device).await.unwrap()
}

async fn try_start(world: &World, caller: &User<'_>, device: &str) -> jobline_chat::Result<StartedCall> {
    let (conversation_id, device_id) = ("conv_anna_ben".to_owned(), device.to_owned());
    world.chat.start_call(&caller.id, StartCall { conversation_id, media: CallMedia::Video, device_id }).await
}

fn answer(call: &Call, device: &str) -> AnswerCall {
    AnswerCall { call_id: call.id.clone(), device_id: device.to_owned() }
}

/// Anna and ben, who have written to each other.
async fn talk(world: &World) -> (User<'_>, User<'_>) {
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "Hello").await.unwrap();
    world.clock.forward(1_000);
    (anna, ben)
}

async fn last(user: &User<'_>, other: &User<'_>) -> Message {
    user.list(other).await.unwrap().messages.pop().unwrap()
}

#[tokio::test]
async fn a_call_is_a_message_that_changes_for_those_who_follow_the_log() {
    let world = World::new().await;
    let (anna, ben) = talk(&world).await;
    let cursor = ben.list(&anna).await.unwrap().cursor;
    let StartedCall { call, message } = start(&world, &anna, "phone").await;
    assert_eq!((&message.id, message.kind, message.number), (&call.id, MessageType::Call, 2));
    assert_eq!((call.state, call.media, call.started_by.as_str()), (CallState::Ringing, CallMedia::Video, "anna"));
    assert_eq!(call.devices.iter().collect::<Vec<_>>(), [(&"anna".to_owned(), &"phone".to_owned())]);
    let rung = ben.list_since(&anna, &cursor).await.unwrap();
    assert_eq!(rung.messages[0].call.as_ref(), Some(&call));
    assert_eq!(ben.only_conversation().await.unread_count["ben"], 2, "a call that was not taken is unread");
    world.clock.forward(5_000);
    let accepted = world.chat.accept_call(&ben.id, answer(&call, "laptop")).await.unwrap().call;
    assert_eq!((accepted.state, accepted.devices.len()), (CallState::Accepted, 2));
    let seen = ben.list_since(&anna, &rung.cursor).await.unwrap();
    assert_eq!(seen.messages[0].call.as_ref(), Some(&accepted), "other devices see that they need not ring");
    world.clock.forward(60_000);
    let ended = world.chat.end_call(&anna.id, answer(&call, "phone")).await.unwrap().call;
    assert_eq!((ended.state, ended.ended_at.is_some()), (CallState::Ended, true));
    let seen = ben.list_since(&anna, &seen.cursor).await.unwrap();
    assert_eq!((seen.messages.len(), seen.messages[0].call.as_ref()), (1, Some(&ended)));
    assert!(ben.list_since(&anna, &seen.cursor).await.unwrap().messages.is_empty());
    assert_eq!(ben.only_conversation().await.last_message.as_deref(), Some("Video call"));
}

#[tokio::test]
async fn several_devices_ring_and_one_wins() {
    let world = World::new().await;
    let (anna, ben) = talk(&world).await;
    let call = start(&world, &anna, "phone").await.call;
    let devices = ["laptop", "tablet", "watch"];
    let accepts = devices.map(|device| world.chat.accept_call(&ben.id, answer(&call, device)));
    let outcomes = futures_util::future::join_all(accepts).await;
    let winners: Vec<&str> =
        devices.into_iter().zip(&outcomes).filter(|(_, done)| done.is_ok()).map(|(device, _)| device).collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    for outcome in &outcomes {
        assert!(outcome.as_ref().err().is_none_or(|error| error.code == Code::CallOver), "{outcome:?}");
    }
    let stands = last(&anna, &ben).await.call.unwrap();
    assert_eq!(stands.devices["ben"], winners[0]);
    let again = world.chat.accept_call(&ben.id, answer(&call, winners[0])).await.unwrap().call;
    assert_eq!(again, stands, "a repeated accept changes nothing");
    let late = world.chat.decline_call(&ben.id, answer(&call, "watch2")).await.unwrap_err();
    assert_eq!(late.code, Code::CallOver);
}

#[tokio::test]
async fn two_who_call_each_other_at_once_have_one_call() {
    let world = World::new().await;
    let (anna, ben) = talk(&world).await;
    let (of_anna, of_ben) = tokio::join!(start(&world, &anna, "phone"), start(&world, &ben, "laptop"));
    assert_eq!(of_anna.call, of_ben.call);
    assert_eq!(of_anna.call.devices.len(), 1);
    assert_eq!(last(&anna, &ben).await.number, 2, "one message");
    let (other, device) = if of_anna.call.started_by == "anna" { (&ben, "laptop") } else { (&anna, "phone") };
    let accepted = world.chat.accept_call(&other.id, answer(&of_anna.call, device)).await.unwrap().call;
    assert_eq!(accepted.devices.len(), 2);
    assert_eq!(start(&world, &anna, "phone").await.call, accepted, "one who comes back finds the call that runs");
}

#[tokio::test]
async fn a_call_that_nobody_accepts_is_missed_even_if_its_server_has_died() {
    let world = World::new().await;
    let (anna, ben) = talk(&world).await;
    let call = start(&world, &anna, "phone").await.call;
    let cursor = ben.list(&anna).await.unwrap().cursor;
    world.clock.forward(RING_MS - 1);
    assert_eq!(world.chat.run_due_tasks(u64::MAX).await.unwrap(), 0);
    assert_eq!(last(&ben, &anna).await.call.unwrap().state, CallState::Ringing);
    world.clock.forward(1);
    let missed = last(&ben, &anna).await.call.unwrap();
    assert_eq!((missed.state, missed.ended_at.is_some()), (CallState::Missed, true), "nobody recorded it");
    assert!(ben.list_since(&anna, &cursor).await.unwrap().messages.is_empty());
    let late = world.chat.accept_call(&ben.id, answer(&call, "laptop")).await.unwrap_err();
    assert_eq!(late.code, Code::CallOver);
    assert_eq!(world.chat.run_due_tasks(u64::MAX).await.unwrap(), 1);
    let told = ben.list_since(&anna, &cursor).await.unwrap();
    assert_eq!(told.messages[0].call, Some(missed), "recorded, it is a change of the log");
    let next = start(&world, &ben, "laptop").await.call;
    assert_ne!(next.id, call.id);
    assert_eq!(next.state, CallState::Ringing);
    world.chat.accept_call(&anna.id, answer(&next, "phone")).await.unwrap();
    world.clock.forward(RING_MS + 1_000);
    assert_eq!(world.chat.run_due_tasks(u64::MAX).await.unwrap(), 1);
    assert_eq!(last(&ben, &anna).await.call.unwrap().state, CallState::Accepted, "it was answered in time");
}

#[tokio::test]
async fn a_call_is_given_up_declined_or_ended_from_any_device_of_its_members() {
    let world = World::new().await;
    let (anna, ben) = talk(&world).await;
    let call = start(&world, &anna, "phone").await.call;
    let ended = world.chat.end_call(&anna.id, answer(&call, "phone")).await.unwrap().call;
    assert_eq!(ended.state, CallState::Cancelled);
    let call = start(&world, &anna, "phone").await.call;
    let declined = world.chat.decline_call(&ben.id, answer(&call, "laptop")).await.unwrap().call;
    assert_eq!(declined.state, CallState::Declined);
    let again = world.chat.decline_call(&ben.id, answer(&call, "tablet")).await.unwrap().call;
    assert_eq!(again, declined, "a repeated decline changes nothing");
    let call = start(&world, &ben, "laptop").await.call;
    world.chat.accept_call(&anna.id, answer(&call, "phone")).await.unwrap();
    let ended = world.chat.end_call(&ben.id, answer(&call, "tablet")).await.unwrap().call;
    assert_eq!(ended.state, CallState::Ended, "the laptop died; the tablet hangs up for it");
    assert_ne!(start(&world, &anna, "phone").await.call.id, call.id);
}

#[tokio::test]
async fn a_deleted_call_shows_nothing_and_blocks_nothing() {
    let world = World::new().await;
    let (anna, ben) = talk(&world).await;
    let StartedCall { call, message } = start(&world, &anna, "phone").await;
    let input = DeleteMessage { conversation_id: message.conversation_id, message_id: message.id };
    let deleted = world.chat.delete(&anna.id, input).await.unwrap().message;
    assert_eq!((deleted.call, deleted.content.as_str()), (None, ""));
    assert_eq!(world.chat.accept_call(&ben.id, answer(&call, "laptop")).await.unwrap_err().code, Code::NotFound);
    assert_ne!(start(&world, &anna, "phone").await.call.id, call.id);
}

#[tokio::test]
async fn users_who_may_not_write_may_not_call() {
    let world = World::new().await;
    let (anna, ben) = talk(&world).await;
    let call = start(&world, &anna, "phone").await.call;
    let eve = world.user("eve");
    for input in
        [answer(&call, "phone"), answer(&Call { id: "message_1_abcdefghijklmnopqrstu".into(), ..call.clone() }, "x")]
    {
        assert_eq!(world.chat.accept_call(&eve.id, input.clone()).await.unwrap_err().code, Code::NotFound);
        assert_eq!(world.chat.end_call(&eve.id, input).await.unwrap_err().code, Code::NotFound);
    }
    assert_eq!(try_start(&world, &eve, "phone").await.unwrap_err().code, Code::NotFound);
    for device in ["", "with space", "é", &"x".repeat(65)] {
        let error = try_start(&world, &anna, device).await.unwrap_err();
        assert_eq!((error.code, error.field), (Code::InvalidRequest, Some("deviceId")), "{device}");
    }
    world.chat.end_call(&anna.id, answer(&call, "phone")).await.unwrap();
    world.chat.block(&ben.id, BlockUser { user_id: "anna".into() }).await.unwrap();
    assert_eq!(try_start(&world, &anna, "phone").await.unwrap_err().code, Code::RecipientUnavailable);
    world.chat.unblock(&ben.id, BlockUser { user_id: "anna".into() }).await.unwrap();
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    assert_eq!(try_start(&world, &anna, "phone").await.unwrap_err().code, Code::JobClosed);
}

#[tokio::test]
async fn signals_go_between_the_two_devices_of_an_accepted_call_alone() {
    let world = World::new().await;
    let (anna, ben) = talk(&world).await;
    let call = start(&world, &anna, "phone").await.call;
    assert_eq!(world.chat.call_devices(&anna.id, &call.id).await.unwrap(), None, "nobody has accepted");
    world.chat.accept_call(&ben.id, answer(&call, "laptop")).await.unwrap();
    let devices = world.chat.call_devices(&anna.id, &call.id).await.unwrap().unwrap();
    assert_eq!((devices.own.as_str(), devices.others), ("phone", vec![(ben.id.clone(), "laptop".to_owned())]));
    let eve = world.user("eve");
    assert_eq!(world.chat.call_devices(&eve.id, &call.id).await.unwrap(), None);
    assert_eq!(world.chat.call_devices(&anna.id, "message_7").await.unwrap(), None);
    world.chat.end_call(&ben.id, answer(&call, "laptop")).await.unwrap();
    assert_eq!(world.chat.call_devices(&anna.id, &call.id).await.unwrap(), None);
}

/// Many devices of both users act at any time, some concurrently, and some die: in the end all see the same call, its state
/// never goes back, and the next call is possible.
#[tokio::test]
async fn whatever_the_devices_do_all_see_one_call_in_one_order() {
    for seed in 0..150 {
        let mut dice = StdRng::seed_from_u64(seed);
        let world = World::with(Settings { send_rate: 0, ..Settings::default() }).await;
        let (anna, ben) = talk(&world).await;
        let mut followers = [(&anna, &ben), (&ben, &anna)].map(|(me, other)| (me, other, String::new(), Vec::new()));
        for follower in &mut followers {
            follower.2 = follower.0.list(follower.1).await.unwrap().cursor;
        }
        for _ in 0..12 {
            let known = last(&anna, &ben).await.call;
            let mut acts: Vec<_> = (0..dice.random_range(1..5))
                .map(|_| {
                    let (user, device) =
                        ([&anna, &ben][dice.random_range(0..2)], ["one", "two", "three"][dice.random_range(0..3)]);
                    act(&world, user, known.clone(), device, dice.random_range(0..5))
                })
                .collect();
            acts.shuffle(&mut dice);
            futures_util::future::join_all(acts).await;
            world.clock.forward([1, 5_000, 20_000, RING_MS][dice.random_range(0..4)]);
            for (me, other, cursor, seen) in &mut followers {
                let answer = me.list_since(other, cursor).await.unwrap();
                seen.extend(answer.messages.into_iter().filter_map(|message| message.call));
                *cursor = answer.cursor;
            }
        }
        let newest = anna.list(&ben).await.unwrap().messages;
        for call in newest.iter().filter_map(|message| message.call.as_ref()) {
            for (_, _, _, seen) in &followers {
                let states: Vec<&Call> = seen.iter().filter(|one| one.id == call.id).collect();
                let recorded = states.last().unwrap_or_else(|| panic!("seed {seed}: {call:?} was never seen"));
                assert!(recorded.devices == call.devices && recorded.accepted_at == call.accepted_at, "seed {seed}");
                assert!(is_forward(&states), "seed {seed}: {states:?}");
            }
        }
        world.clock.forward(13 * 3_600_000);
        let next = start(&world, &anna, "phone").await.call;
        assert_eq!(next.state, CallState::Ringing, "seed {seed}: nothing that is over is in the way");
    }
}

async fn act(world: &World, user: &User<'_>, call: Option<Call>, device: &'static str, what: u32) {
    let Some(call) = call.filter(|_| what > 0) else {
        let _ = try_start(world, user, device).await;
        return;
    };
    let input = answer(&call, device);
    let done = match what {
        1 | 2 => world.chat.accept_call(&user.id, input).await,
        3 => world.chat.decline_call(&user.id, input).await,
        _ => world.chat.end_call(&user.id, input).await,
    };
    assert!(done.as_ref().err().is_none_or(|error| error.code == Code::CallOver), "{done:?}");
}

fn is_forward(states: &[&Call]) -> bool {
    let rank = |state: CallState| match state {
        CallState::Ringing => 0,
        CallState::Accepted => 1,
        _ => 2,
    };
    states.windows(2).all(|pair| {
        rank(pair[0].state) <= rank(pair[1].state) && (rank(pair[0].state) < 2 || pair[0].state == pair[1].state)
    })
}

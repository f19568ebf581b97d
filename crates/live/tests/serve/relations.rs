//! What one connection gets about others: typing, presence, signals of a call.

use crate::world::*;
use jobline_live::tell_departures;
use std::sync::{Arc, atomic::Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// A client that has confirmed its first answer.
async fn up_to_date(world: &World, user: &str) -> Client {
    let mut client = world.live(user).await;
    client.hears().await;
    client.says(r#"{"op":"have","since":"0"}"#);
    client
}

async fn hears_nothing_else(client: &mut Client) {
    client.says(r#"{"op":"ping"}"#);
    assert_eq!(client.hears().await, r#"{"op":"pong"}"#, "nothing else");
}

#[tokio::test(start_paused = true)]
async fn typing_reaches_the_one_who_watches_and_ends_with_the_line() {
    let world = World::new();
    let (mut anna, mut ben) = (world.live("anna").await, world.live("ben").await);
    anna.hears().await;
    ben.hears().await;
    ben.says(r#"{"op":"watch","conversationId":"conv_anna_ben"}"#);
    ben.says(r#"{"op":"ping"}"#);
    ben.hears().await;
    anna.says(r#"{"op":"typing","conversationId":"conv_ben_cy","typing":true}"#);
    anna.says(r#"{"op":"typing","conversationId":"conv_anna_ben","typing":true}"#);
    let frame =
        |typing| format!(r#"{{"op":"typing","conversationId":"conv_anna_ben","userId":"anna","typing":{typing}}}"#);
    assert_eq!(ben.hears().await, frame(true));
    drop(anna.to);
    assert_eq!(ben.hears().await, frame(false));
}

#[tokio::test(start_paused = true)]
async fn after_a_block_typing_is_over_at_once_and_not_relayed_any_more() {
    let world = World::new();
    let (mut anna, mut ben) = (world.live("anna").await, world.live("ben").await);
    for client in [&mut anna, &mut ben] {
        client.hears().await;
        client.says(r#"{"op":"have","since":"0"}"#);
        client.says(r#"{"op":"watch","conversationId":"conv_anna_ben"}"#);
        client.says(r#"{"op":"ping"}"#);
        client.hears().await;
    }
    let types = r#"{"op":"typing","conversationId":"conv_anna_ben","typing":true}"#;
    for client in [&anna, &ben] {
        client.says(types);
    }
    assert!(ben.hears().await.ends_with(r#""typing":true}"#));
    assert!(anna.hears().await.ends_with(r#""typing":true}"#));
    tokio::time::sleep(Duration::from_secs(4)).await;
    world.part();
    for client in [&anna, &ben] {
        client.says(types);
    }
    for client in [&mut anna, &mut ben] {
        let mut frames = [client.hears().await, client.hears().await];
        frames.sort();
        assert!(frames[0].contains(r#""state":"away""#) && frames[1].ends_with(r#""typing":false}"#), "{frames:?}");
    }
    tokio::time::sleep(Duration::from_secs(4)).await;
    for client in [&mut anna, &mut ben] {
        client.says(types);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    for client in [&mut anna, &mut ben] {
        hears_nothing_else(client).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_who_comes_online_is_shown_and_one_gone_for_two_minutes_too() {
    let world = World::new();
    let (anna, mut ben) = (up_to_date(&world, "anna").await, up_to_date(&world, "ben").await);
    anna.says(r#"{"op":"active","active":true}"#);
    let state = |frame: &str| serde_json::from_str::<serde_json::Value>(frame).unwrap()["state"].clone();
    assert_eq!(state(&ben.hears().await), "online");
    let mut late = world.live("ben").await;
    let mut frames = [late.hears().await, late.hears().await];
    frames.sort();
    assert_eq!(state(&frames[0]), "online", "a device that comes later is shown who is there");
    drop(anna.to);
    timeout(Duration::from_secs(1), anna.served).await.unwrap().unwrap();
    let gone = world.ports.clock.now_ms();
    let (hub, ports) = (world.hub.clone(), Arc::clone(&world.ports));
    let telling = tokio::spawn(async move { tell_departures(&hub, &ports).await });
    assert_eq!(state(&ben.hears().await), "recent");
    let after = world.ports.clock.now_ms() - gone;
    assert!((120_000..126_000).contains(&after), "{after}");
    telling.abort();
    assert_eq!(world.hub.departures(gone + 400_000).len(), 0, "told once");
    assert_eq!(world.hub.present(), 0);
}

#[tokio::test(start_paused = true)]
async fn after_a_block_both_users_are_away_for_each_other_at_once() {
    let world = World::new();
    let (mut anna, mut ben) = (up_to_date(&world, "anna").await, up_to_date(&world, "ben").await);
    anna.says(r#"{"op":"active","active":true}"#);
    assert!(ben.hears().await.contains(r#""state":"online""#));
    world.part();
    let away = |name: &str| format!(r#"{{"op":"presence","userId":"{name}","state":"away"}}"#);
    assert_eq!((ben.hears().await, anna.hears().await), (away("anna"), away("ben")));
    ben.says(r#"{"op":"active","active":true}"#);
    anna.says(r#"{"op":"active","active":false}"#);
    anna.says(r#"{"op":"active","active":true}"#);
    tokio::time::sleep(Duration::from_secs(1)).await;
    for client in [&mut anna, &mut ben] {
        hears_nothing_else(client).await;
    }
}

/// A client with a device of this name that has confirmed its first answer.
async fn device(world: &World, user: &str, name: &str) -> Client {
    let mut client = world.connect(user, 100);
    client.says(&format!(r#"{{"op":"start","deviceId":"{name}"}}"#));
    client.hears().await;
    client.hears().await;
    client.says(r#"{"op":"have","since":"0"}"#);
    client
}

#[tokio::test(start_paused = true)]
async fn signals_of_a_call_reach_the_other_device_alone_and_in_order() {
    let world = World::new();
    let (anna, mut ben) = (device(&world, "anna", "phone").await, device(&world, "ben", "laptop").await);
    let mut others = [device(&world, "ben", "tablet").await, device(&world, "eve", "laptop").await];
    for number in 0..5 {
        anna.says(&format!(r#"{{"op":"signal","callId":"message_7","to":"laptop","data":{{"number":{number}}}}}"#));
    }
    for number in 0..5 {
        let expected = format!(r#"{{"op":"signal","callId":"message_7","from":"phone","data":{{"number":{number}}}}}"#);
        assert_eq!(ben.hears().await, expected);
    }
    anna.says(r#"{"op":"signal","callId":"message_8","to":"laptop","data":"of no call"}"#);
    anna.says(r#"{"op":"signal","callId":"message_7","to":"tablet","data":"to a device that is not in it"}"#);
    for client in [&mut ben].into_iter().chain(&mut others) {
        hears_nothing_else(client).await;
    }
    let mut nameless = up_to_date(&world, "ben").await;
    anna.says(r#"{"op":"signal","callId":"message_7","to":"laptop","data":1}"#);
    assert!(nameless.hears().await.starts_with(r#"{"op":"signal""#), "one that told no name may be the laptop");
    let data = "x".repeat(16 * 1024);
    anna.says(&format!(r#"{{"op":"signal","callId":"message_7","to":"laptop","data":"{data}"}}"#));
    let mut anna = anna;
    assert!(anna.hears().await.starts_with(r#"{"op":"bye","reason":"too_large""#));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_relayed_after_the_end_of_a_call() {
    let world = World::new();
    let (anna, mut ben) = (device(&world, "anna", "phone").await, device(&world, "ben", "laptop").await);
    let signal = r#"{"op":"signal","callId":"message_7","to":"laptop","data":1}"#;
    anna.says(signal);
    assert!(ben.hears().await.starts_with(r#"{"op":"signal""#));
    world.everyone.hung_up.store(true, Ordering::SeqCst);
    world.commit("anna");
    anna.says(signal);
    tokio::time::sleep(Duration::from_secs(1)).await;
    ben.says(r#"{"op":"ping"}"#);
    assert_eq!(ben.hears().await, r#"{"op":"pong"}"#, "nothing else");
}

//! A session over a socket in memory, in virtual time.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod relations;
mod world;

use std::time::Duration;
use tokio::time::{Instant, timeout};
use world::*;

#[tokio::test(start_paused = true)]
async fn commits_during_a_read_are_pushed_after_the_client_confirms_the_first_answer() {
    let world = World::new();
    let mut anna = world.live("anna").await;
    assert_eq!(anna.hears().await, r#"{"op":"synced","from":0,"to":0,"hasMore":false}"#);
    anna.says(r#"{"op":"have","since":"0"}"#);
    world.commit("anna");
    tokio::time::sleep(Duration::from_millis(2)).await;
    world.commit("anna");
    assert_eq!(anna.hears().await, r#"{"op":"synced","from":0,"to":2,"hasMore":false}"#);
    world.commit("anna");
    tokio::time::sleep(Duration::from_secs(20)).await;
    anna.says(r#"{"op":"have","since":"2"}"#);
    assert_eq!(anna.hears().await, r#"{"op":"synced","from":2,"to":3,"hasMore":false}"#);
}

#[tokio::test(start_paused = true)]
async fn confirmed_messages_are_delivered_even_when_the_connection_breaks_at_once() {
    let world = World::new();
    let mut anna = world.live("anna").await;
    world.commit("anna");
    anna.hears().await;
    anna.says(r#"{"op":"have","since":"1"}"#);
    anna.says(r#"{"op":"ping"}"#);
    anna.hears().await;
    drop(anna.to);
    timeout(Duration::from_secs(1), anna.served).await.unwrap().unwrap();
    assert_eq!(*world.seen.delivered.lock().unwrap(), ["1"]);
    assert_eq!((world.closed(), world.hub.remembered()), (vec![None], (0, 0, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_stop_says_bye() {
    let world = World::new();
    let mut anna = world.live("anna").await;
    anna.hears().await;
    world.hub.stop();
    assert_eq!(anna.hears().await, r#"{"op":"bye","reason":"stopping","retryAfterMs":0}"#);
    assert_eq!(anna.hears().await, "close 1001 stopping");
    anna.ends().await;
    assert_eq!(world.closed(), [Some(1001)]);
}

#[tokio::test(start_paused = true)]
async fn a_network_that_accepts_nothing_ends_the_connection_after_30_s_and_a_stop_sooner() {
    for (stop_after, at_most) in [(None, 32), (Some(Duration::from_secs(3)), 5)] {
        let world = World::new();
        let anna = world.connect("anna", 1);
        let begun = Instant::now();
        anna.says(r#"{"op":"start"}"#);
        anna.says(r#"{"op":"ping"}"#);
        if let Some(wait) = stop_after {
            tokio::time::sleep(wait).await;
            world.hub.stop();
        }
        timeout(Duration::from_secs(at_most), anna.served).await.expect("cut off").unwrap();
        assert!(begun.elapsed() >= Duration::from_secs(3));
        assert_eq!(world.closed(), [Some(if stop_after.is_some() { 1001 } else { 4408 })]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_somebody_else_ends_it() {
    let world = World::new();
    let mut anna = world.live("anna").await;
    anna.hears().await;
    anna.says(r#"{"op":"have","since":"0"}"#);
    anna.says(r#"{"op":"token","token":"anna"}"#);
    anna.says(r#"{"op":"ping"}"#);
    assert_eq!(anna.hears().await, r#"{"op":"pong"}"#);
    anna.says(r#"{"op":"token","token":"ben"}"#);
    assert_eq!(anna.hears().await, r#"{"op":"bye","reason":"token","retryAfterMs":0}"#);
    assert_eq!(anna.hears().await, "close 4401 token");
}

#[tokio::test(start_paused = true)]
async fn many_clients_that_return_at_once_take_turns_at_reading() {
    let world = World::new();
    let mut clients: Vec<Client> = (0..40).map(|number| world.connect(&format!("user{number}"), 100)).collect();
    let begun = Instant::now();
    for client in &mut clients {
        client.says(r#"{"op":"start"}"#);
    }
    for client in &mut clients {
        client.hears().await;
        assert!(client.hears().await.starts_with(r#"{"op":"synced""#));
    }
    assert_eq!(begun.elapsed().as_millis(), 100, "forty reads of 5 ms, two at a time");
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_deleted_user_ends_it_with_the_next_heartbeat_unless_a_later_one_came() {
    let world = World::new();
    let begun = Instant::now();
    let mut deleted = world.live("deleted").await;
    assert_eq!(deleted.hears().await, r#"{"op":"synced","from":0,"to":0,"hasMore":false}"#);
    assert!(deleted.hears().await.contains(r#""reason":"token""#));
    assert!(begun.elapsed() <= Duration::from_secs(26), "{:?}", begun.elapsed());
    deleted.ends().await;
    assert_eq!(world.closed(), [Some(4401)]);
    let mut back = world.live("deleted").await;
    back.says(r#"{"op":"token","token":"deleted"}"#);
    back.hears().await;
    back.says(r#"{"op":"have","since":"0"}"#);
    tokio::time::sleep(Duration::from_secs(60)).await;
    world.commit("deleted");
    assert_eq!(back.hears().await, r#"{"op":"synced","from":0,"to":1,"hasMore":false}"#);
}

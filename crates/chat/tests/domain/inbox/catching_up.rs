//! The inbox for a client that was away for long, or is new, with many conversations.

use super::*;
use crate::support::World;
use jobline_store::{Bytes, Commit, Condition, Consistency, Key, Outcome, Store, Token};
use jobline_wire::ListConversations;
use std::collections::{BTreeMap, BTreeSet};

async fn a_night(window_bytes: usize) {
    let world = world(500, window_bytes).await;
    let me = world.user(ME);
    let mut device = Device::default();
    device.catch_up(&me, 50).await;
    device.poll(&me, 50).await;
    let asleep = device.clone();
    for other in 0..500 {
        hear(&world, other, "at night").await;
    }
    device.requests = 0;
    let answers = device.catch_up(&me, 50).await;
    assert!(device.requests <= 11, "{} requests", device.requests);
    assert_eq!(device.heard("at night").len(), 500);
    let expected: Vec<String> = (0..500).rev().map(conversation).collect();
    assert_eq!(ids(&answers), expected, "the last move first, each conversation once");

    // The same night once more, while others write.
    let mut device = Device { requests: 0, ..asleep };
    let (mut answers, mut later) = (Vec::new(), 0);
    loop {
        answers.push(device.poll(&me, 50).await);
        if !answers.last().unwrap().has_more {
            break;
        }
        for _ in 0..if later < 20 { 4 } else { 0 } {
            hear(&world, later * 25, "meanwhile").await;
            later += 1;
        }
    }
    assert!(device.requests <= 11, "{} requests", device.requests);
    assert_eq!((later, device.heard("meanwhile").len(), device.heard("at night").len()), (20, 20, 500));
    let second = answers[1].conversations[0].id.as_str();
    assert_eq!(second, conversation(3 * 25), "what moved last comes first");
    assert!(device.poll(&me, 50).await.messages.is_empty());
    let unchanged = device.cursor.clone();
    assert_eq!(Some(device.poll(&me, 50).await.cursor), unchanged, "all is quiet");
}

#[tokio::test]
async fn a_device_that_slept_while_500_conversations_moved_catches_up() {
    a_night(4_000).await;
}

#[tokio::test]
async fn the_same_with_a_window_that_fits_into_a_write_unit() {
    a_night(850).await;
}

#[tokio::test]
async fn a_cursor_of_any_age_continues() {
    let world = world(40, 850).await;
    let me = world.user(ME);
    let mut device = Device::default();
    device.catch_up(&me, 50).await;
    let mut asleep = vec![device.clone()];
    for round in 0..10 {
        for other in (0..40).filter(|other| (other + round) % 3 > 0) {
            hear(&world, other, &format!("round {round}")).await;
        }
        device.catch_up(&me, 50).await;
        asleep.push(device.clone());
    }
    for mut old in asleep {
        old.catch_up(&me, 7).await;
        let texts = |device: &Device| -> Vec<(String, u64, String)> {
            let all = device.known.values().flat_map(BTreeMap::values);
            all.map(|message| (message.conversation_id.clone(), message.number, message.content.clone())).collect()
        };
        assert_eq!(texts(&old), texts(&device));
    }
}

#[tokio::test]
async fn a_first_sync_takes_a_request_for_each_50_conversations() {
    let world = world(300, 4_000).await;
    let me = world.user(ME);
    let each = scaled(60);
    for _ in 1..each {
        for other in 0..300 {
            hear(&world, other, "more").await;
        }
    }
    let mut device = Device::default();
    let answers = device.catch_up(&me, 50).await;
    assert!(device.requests <= 7, "{} requests", device.requests);
    let expected: Vec<String> = (0..300).rev().map(conversation).collect();
    assert_eq!(ids(&answers), expected, "the one that moved last first");
    assert!(device.known.values().all(|known| *known.last_key_value().unwrap().0 == each as u64), "the newest of each");
    device.poll(&me, 50).await;

    // While others write.
    let mut device = Device::default();
    let mut wrote = 0;
    while device.poll(&me, 50).await.has_more {
        for _ in 0..3 {
            hear(&world, wrote * 7 % 300, "meanwhile").await;
            wrote += 1;
        }
    }
    assert!(device.requests <= 7, "{} requests", device.requests);
    assert_eq!(device.known.len(), 300);
    assert_eq!(device.heard("meanwhile").len(), wrote);
}

#[tokio::test]
async fn a_cursor_does_not_grow_while_deliveries_are_not_recorded() {
    let world = world(400, 4_000).await;
    let me = world.user(ME);
    let (mut since, mut told) = (None, 0);
    loop {
        let answer = me.sync_unrecorded(since.as_deref()).await.unwrap();
        assert!(answer.cursor.len() <= CURSOR_BYTES, "a cursor of {} bytes", answer.cursor.len());
        told += answer.conversations.len();
        since = Some(answer.cursor);
        if !answer.has_more {
            break;
        }
    }
    assert_eq!(told, 400);
    world.chat.record_delivery(&me.id, since.as_deref().unwrap()).await.unwrap();
    for other in [0, 200, 399] {
        let status = world.user(&name(other)).list(&me).await.unwrap().messages[0].status;
        assert_eq!(status, jobline_wire::Status::Delivered);
    }
}

#[tokio::test]
async fn few_conversations_begin_with_more_of_their_messages() {
    let world = world(3, 4_000).await;
    let me = world.user(ME);
    for _ in 0..30 {
        hear(&world, 0, "more").await;
    }
    let first = me.sync(None).await.unwrap();
    assert_eq!((first.conversations.len(), first.messages.len(), first.has_more), (3, 31 + 1 + 1, false));
}

/// The head as an older server would have left it: without its new fields, and with only the last `kept`
/// conversations.
async fn forget(world: &World, kept: usize) {
    let key = Key::new(format!("USER#{ME}"), "HEAD");
    let row = world.store.get(&key, Consistency::Strong).await.unwrap().unwrap();
    let mut head: serde_json::Value = serde_json::from_slice(&row.value).unwrap();
    assert_eq!(head.get("evicted"), None, "the window was long enough");
    let window = head["window"].as_array_mut().unwrap();
    let dropped: Vec<_> = window.drain(..window.len() - kept).collect();
    window.iter_mut().for_each(|entry| assert!(entry.as_array_mut().unwrap().pop().is_some()));
    head["floor"] = dropped.last().unwrap()[5].clone();
    let value = Bytes::from(serde_json::to_vec(&head).unwrap());
    let commit = Commit::builder(Token(7)).put(key, Condition::Version(row.version), value, None).build().unwrap();
    assert_eq!(world.store.commit(&commit).await.unwrap(), Outcome::Committed);
}

#[tokio::test]
async fn rows_of_older_servers_are_read() {
    let world = world(30, 4_000).await;
    let me = world.user(ME);
    let mut device = Device::default();
    device.catch_up(&me, 50).await;
    device.poll(&me, 50).await;
    let asleep = device.cursor.clone();
    for other in 0..30 {
        world.clock.forward(1_000);
        hear(&world, 29 - other, "again").await;
    }
    device.catch_up(&me, 50).await;
    device.poll(&me, 50).await;
    forget(&world, 5).await;

    let page = |since, limit| world.chat.conversations(&me.id, ListConversations { since, limit: Some(limit) });
    let (mut listed, mut since) = (Vec::new(), None);
    loop {
        let page = page(since, 8).await.unwrap();
        listed.extend(page.conversations.into_iter().map(|one| one.id));
        since = Some(page.cursor);
        if !page.has_more {
            break;
        }
    }
    assert!(listed.into_iter().eq((0..30).map(conversation)), "each once, the one written in last first");

    let reset = me.sync_limit(asleep.as_deref(), Some(8)).await.unwrap();
    assert_eq!((reset.reset, reset.has_more), (Some(true), true), "an older server forgot what moved");
    let mut first = Device::default();
    let mut answers = vec![first.poll(&me, 8).await];
    for other in [2, 20, 11] {
        hear(&world, other, "meanwhile").await;
        answers.push(first.poll(&me, 8).await);
    }
    answers.extend(first.catch_up(&me, 8).await);
    assert!(first.requests <= 5, "{} requests", first.requests);
    assert_eq!((first.known.len(), first.heard("meanwhile").len()), (30, 3));
    let told: BTreeSet<&str> = ids(&answers).into_iter().collect();
    assert_eq!(told.len(), 30);

    device.catch_up(&me, 50).await;
    assert_eq!(device.heard("meanwhile").len(), 3, "a cursor that the head still knows leads on");
    for other in 0..30 {
        hear(&world, other, "later").await;
    }
    for device in [&mut first, &mut device] {
        device.catch_up(&me, 9).await;
        assert_eq!(device.heard("later").len(), 30);
    }
}

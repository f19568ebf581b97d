//! All conversations of a user: `getConversations` and `sync`.

use crate::support::{World, texts};
use jobline_chat::Settings;
use jobline_wire::{JobStatus, Status};

#[tokio::test]
async fn one_poll_answers_what_changed_in_every_conversation() {
    let world = World::new().await;
    world.job(1, &["anna", "ben", "carl", "dora"], JobStatus::Open).await;
    world.name("anna", "Anna").await;
    let [anna, ben, carl, dora] = ["anna", "ben", "carl", "dora"].map(|id| world.user(id));
    ben.send(&anna, "from Ben").await.unwrap();
    carl.send(&anna, "from Carl").await.unwrap();
    let first = anna.sync(None).await.unwrap();
    assert_eq!((first.conversations.len(), first.messages.len(), first.has_more), (2, 2, false));
    assert_eq!(first.conversations[0].people[0].name, "Anna");

    let idle = anna.sync(Some(&first.cursor)).await.unwrap();
    assert!(idle.messages.is_empty() && idle.conversations.is_empty());
    assert_eq!(ben.list(&anna).await.unwrap().messages[0].status, Status::Delivered, "the cursor proves receipt");
    assert_eq!(anna.sync(Some(&idle.cursor)).await.unwrap().cursor, idle.cursor, "nothing moved");

    dora.send(&anna, "new").await.unwrap();
    anna.send(&ben, "answer").await.unwrap();
    let next = anna.sync(Some(&idle.cursor)).await.unwrap();
    assert_eq!(texts(&next.messages), ["new", "answer"]);
    assert_eq!(next.conversations.len(), 2);
    ben.read(&anna).await.unwrap();
    let read = anna.sync(Some(&next.cursor)).await.unwrap();
    assert_eq!(texts(&read.messages), ["answer"]);
    assert_eq!(read.messages[0].status, Status::Read);
}

#[tokio::test]
async fn sync_continues_page_by_page() {
    let world = World::new().await;
    let others: Vec<String> = (0..9).map(|n| format!("user{n}")).collect();
    let mut all: Vec<&str> = others.iter().map(String::as_str).collect();
    all.push("anna");
    world.job(1, &all, JobStatus::Open).await;
    let anna = world.user("anna");
    for round in 0..3 {
        for other in &others {
            world.user(other).send(&anna, &format!("{other} {round}")).await.unwrap();
        }
    }
    for since in [None, Some("1970-01-01T00:00:00Z")] {
        let already = usize::from(since.is_some());
        let mut cursor = since.map(str::to_owned);
        let mut seen = Vec::new();
        loop {
            let page = anna.sync_limit(cursor.as_deref(), Some(4)).await.unwrap();
            assert!(page.messages.len() <= 4 && page.conversations.len() <= 4);
            seen.extend(page.messages.iter().map(|message| message.id.clone()));
            cursor = Some(page.cursor);
            if !page.has_more {
                break;
            }
        }
        let answered = seen.len();
        seen.sort();
        seen.dedup();
        // Without a cursor each conversation begins with its newest message; the last one is in a separate answer.
        let expected = if since.is_some() { 27 + already } else { 8 + 3 };
        assert_eq!((answered, seen.len()), (expected, expected), "{since:?}");
        world.user("user3").send(&anna, "late").await.unwrap();
        assert_eq!(anna.sync(cursor.as_deref()).await.unwrap().messages.len(), 1);
    }
}

#[tokio::test]
async fn a_cursor_older_than_the_window_still_gets_everything() {
    let world = World::with(Settings { send_rate: 0, window_bytes: 850, ..Settings::default() }).await;
    let others: Vec<String> = (0..40).map(|n| format!("a-user-with-a-rather-long-id-{n:02}")).collect();
    let mut all: Vec<&str> = others.iter().map(String::as_str).collect();
    all.push("anna");
    world.job(1, &all, JobStatus::Open).await;
    let anna = world.user("anna");
    world.user(&others[0]).send(&anna, "first").await.unwrap();
    let old = anna.sync(None).await.unwrap();
    let old_list = anna.conversations().await.unwrap();
    for other in &others {
        world.user(other).send(&anna, "hello").await.unwrap();
    }
    let fresh = anna.sync(Some(&old.cursor)).await.unwrap();
    assert_eq!((fresh.reset, fresh.messages.len(), fresh.has_more), (None, 40, false));
    let fresh = anna.conversations_since(Some(&old_list.cursor)).await.unwrap();
    assert_eq!((fresh.reset, fresh.conversations.len()), (None, 40));
}

#[tokio::test]
async fn conversations_come_newest_first_and_page_by_page() {
    let world = World::new().await;
    let others: Vec<String> = (0..7).map(|n| format!("user{n}")).collect();
    let mut all: Vec<&str> = others.iter().map(String::as_str).collect();
    all.push("anna");
    world.job(1, &all, JobStatus::Open).await;
    let anna = world.user("anna");
    for other in &others {
        world.clock.forward(1_000);
        world.user(other).send(&anna, &format!("from {other}")).await.unwrap();
    }
    let mut since = None;
    let mut previews = Vec::new();
    loop {
        let input = jobline_wire::ListConversations { since, limit: Some(3) };
        let page = world.chat.conversations(&anna.id, input).await.unwrap();
        previews.extend(page.conversations.iter().map(|one| one.last_message.clone().unwrap()));
        since = Some(page.cursor);
        if !page.has_more {
            break;
        }
    }
    let expected: Vec<String> = others.iter().rev().map(|other| format!("from {other}")).collect();
    assert_eq!(previews, expected);
    world.user("user2").send(&anna, "again").await.unwrap();
    let moved = anna.conversations_since(since.as_deref()).await.unwrap();
    assert_eq!(moved.conversations.len(), 1);
    assert_eq!(moved.conversations[0].last_message.as_deref(), Some("again"));
    let after = anna.conversations_since(Some("2025-11-14T10:30:06Z")).await.unwrap();
    assert_eq!(after.conversations.len(), 2, "those that changed after an instant");
}

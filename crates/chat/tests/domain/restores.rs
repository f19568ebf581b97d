//! A store that was restored to an earlier state: cursors to lost positions begin again, and no new change is hidden.

use crate::crews::CREW;
use crate::cursors::{edit, unlimited};
use crate::engine;
use crate::support::{User, World, texts};
use jobline_chat::Settings;
use jobline_wire::{JobStatus, ListMessages, Message, Status};
use std::collections::BTreeSet;

/// The history before a backup: the same each time, in a new store.
async fn backed_up() -> World {
    let world = World::over(engine::start().await.store, unlimited(), 1).await;
    let (anna, ben) = world.pair().await;
    for number in 1..=3 {
        anna.send(&ben, &format!("kept {number}")).await.unwrap();
        world.clock.forward(1_000);
    }
    ben.read(&anna).await.unwrap();
    world
}

/// The restored store, some time after the lost changes.
async fn restored() -> World {
    let world = backed_up().await;
    world.clock.forward(600_000);
    world
}

#[tokio::test]
async fn list_notices_a_restored_store_wherever_the_log_is_by_then() {
    let lost = backed_up().await;
    let (anna, ben) = (lost.user("anna"), lost.user("ben"));
    let before = ben.list(&anna).await.unwrap();
    let mut cursors = Vec::new();
    let mut message = anna.send(&ben, "lost 1").await.unwrap().message;
    cursors.push(ben.list_since(&anna, &before.cursor).await.unwrap().cursor);
    for nth in 0..2 {
        // One poll proves the delivery of the message, which is another change.
        cursors.push(ben.list_since(&anna, cursors.last().unwrap()).await.unwrap().cursor);
        anna.chat().edit(&anna.id, edit(&message, &format!("lost, edited {nth}"))).await.unwrap();
        cursors.push(ben.list_since(&anna, cursors.last().unwrap()).await.unwrap().cursor);
        message = anna.send(&ben, &format!("lost again {nth}")).await.unwrap().message;
        cursors.push(ben.list_since(&anna, cursors.last().unwrap()).await.unwrap().cursor);
    }
    for count in 0..10 {
        // The same number of changes after the restore, the first two of them edits and the others messages.
        let world = restored().await;
        let (anna, ben) = (world.user("anna"), world.user("ben"));
        let kept = anna.list(&ben).await.unwrap().messages;
        for nth in 0..count {
            match kept.get(nth).filter(|_| nth < 2) {
                Some(edited) => {
                    anna.chat().edit(&anna.id, edit(edited, &format!("new {nth}"))).await.unwrap();
                }
                None => {
                    anna.send(&ben, &format!("new {nth}")).await.unwrap();
                }
            }
        }
        let expected: Vec<String> =
            ben.list(&anna).await.unwrap().messages.into_iter().map(|one| one.content).collect();
        for (nth, cursor) in cursors.iter().enumerate() {
            let page = ben.list_since(&anna, cursor).await.unwrap();
            assert_eq!(page.reset, Some(true), "cursor {nth} after {count} changes");
            assert_eq!(texts(&page.messages), expected);
            let next = ben.list_since(&anna, &page.cursor).await.unwrap();
            assert_eq!((next.reset, next.messages.len()), (None, 0));
        }
        let page = ben.list_since(&anna, &before.cursor).await.unwrap();
        assert_eq!((page.reset, page.messages.len()), (None, count), "a cursor from before the backup leads on");
        assert!(
            anna.list(&ben)
                .await
                .unwrap()
                .messages
                .iter()
                .all(|one| one.content.starts_with("kept") || one.content.starts_with("new"))
        );
    }
}

/// Eight people who have written to Anna, before a backup.
async fn inbox_backed_up(window_bytes: usize) -> World {
    let settings = Settings { window_bytes, ..unlimited() };
    let world = World::over(engine::start().await.store, settings, 1).await;
    let names: Vec<String> = (0..8).map(|nth| format!("user{nth}")).collect();
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    all.push("anna");
    world.job(1, &all, JobStatus::Open).await;
    for name in &names {
        world.user(name).send(&world.user("anna"), "kept").await.unwrap();
        world.user("anna").send(&world.user(name), "kept").await.unwrap();
        world.clock.forward(1_000);
    }
    world
}

/// The other user of this event.
fn other(world: &World, nth: usize) -> User<'_> {
    world.user(&format!("user{}", nth * 3 % 8))
}

/// Whatever moved since the restore, messages or receipts, and wherever it is relative to the window: each cursor to a lost
/// position gets a reset, or all new changes where the head cannot tell, and an earlier cursor stays valid.
async fn everything_is_noticed_after_a_restoration(window_bytes: usize) {
    let lost = inbox_backed_up(window_bytes).await;
    let anna = lost.user("anna");
    let (kept_sync, kept_list) = (anna.sync(None).await.unwrap().cursor, anna.conversations().await.unwrap().cursor);
    let (mut syncs, mut lists) = (Vec::new(), Vec::new());
    for nth in 0..8 {
        other(&lost, nth + 1).send(&anna, "lost").await.unwrap();
        lost.clock.forward(1_000);
        let since = syncs.last().map_or(kept_sync.as_str(), String::as_str);
        syncs.push(anna.sync_unrecorded(Some(since)).await.unwrap().cursor);
        let since = lists.last().map_or(kept_list.as_str(), String::as_str);
        lists.push(anna.conversations_since(Some(since)).await.unwrap().cursor);
    }
    for reads_first in [true, false] {
        let world = inbox_backed_up(window_bytes).await;
        world.clock.forward(600_000);
        let anna = world.user("anna");
        let (mut sent, mut moved) = (0, BTreeSet::new());
        for nth in 0..24 {
            for (number, cursor) in syncs.iter().enumerate() {
                let answer = anna.sync_unrecorded(Some(cursor)).await.unwrap();
                let told = answer.messages.iter().filter(|message| message.content == "new").count();
                let has_all = nth > 0 && !answer.has_more && told == sent;
                assert!(answer.reset == Some(true) || has_all, "sync cursor {number} after {nth} moves: {answer:?}");
            }
            for (number, cursor) in lists.iter().enumerate() {
                let answer = anna.conversations_since(Some(cursor)).await.unwrap();
                let has_all = nth > 0 && answer.conversations.len() == moved.len();
                assert!(answer.reset == Some(true) || has_all, "list cursor {number} after {nth} moves: {answer:?}");
            }
            assert_eq!(anna.sync_unrecorded(Some(&kept_sync)).await.unwrap().reset, None);
            assert_eq!(anna.conversations_since(Some(&kept_list)).await.unwrap().reset, None);
            let by = other(&world, nth);
            moved.insert(by.id.to_string());
            if reads_first && nth < 8 {
                by.read(&anna).await.unwrap();
            } else {
                by.send(&anna, "new").await.unwrap();
                sent += 1;
            }
            world.clock.forward(1_000);
        }
    }
}

#[tokio::test]
async fn sync_and_the_list_of_chats_notice_a_restored_store() {
    everything_is_noticed_after_a_restoration(4_000).await;
}

#[tokio::test]
async fn sync_and_the_list_of_chats_notice_a_restored_store_outside_the_window() {
    everything_is_noticed_after_a_restoration(10).await;
}

/// A client may be in the middle of a series of answers, or have been shown a message with an edit that is later in the log.
#[tokio::test]
async fn a_restored_store_is_noticed_in_the_middle_of_a_series_of_pages() {
    let lost = backed_up().await;
    let (anna, ben) = (lost.user("anna"), lost.user("ben"));
    let before = ben.list(&anna).await.unwrap();
    for nth in 0..3 {
        anna.send(&ben, &format!("lost {nth}")).await.unwrap();
    }
    anna.chat().edit(&anna.id, edit(&before.messages[0], "lost edit")).await.unwrap();
    let mut cursors = Vec::new();
    let mut since = before.cursor.clone();
    for _ in 0..3 {
        let conversation_id = ben.conversation(&anna);
        let input = ListMessages { conversation_id, since: Some(since), limit: Some(1), before: None };
        since = ben.list_as(input).await.unwrap().cursor;
        cursors.push(since.clone());
    }
    for count in 0..8 {
        let world = restored().await;
        let (anna, ben) = (world.user("anna"), world.user("ben"));
        for nth in 0..count {
            anna.send(&ben, &format!("new {nth}")).await.unwrap();
        }
        for (nth, cursor) in cursors.iter().enumerate() {
            let page = ben.list_since(&anna, cursor).await.unwrap();
            assert_eq!(page.reset, Some(true), "cursor {nth} after {count} messages");
        }
        assert_eq!(ben.list_since(&anna, &before.cursor).await.unwrap().reset, None);
    }
}

#[tokio::test]
async fn the_receipt_of_a_lost_message_does_not_count_for_a_new_one_with_its_number() {
    let lost = backed_up().await;
    let (anna, ben) = (lost.user("anna"), lost.user("ben"));
    let settled = ben.sync(None).await.unwrap().cursor;
    anna.send(&ben, "lost").await.unwrap();
    let cursor = ben.sync(Some(&settled)).await.unwrap().cursor;
    for count in 1..=3 {
        let world = restored().await;
        let (anna, ben) = (world.user("anna"), world.user("ben"));
        for nth in 0..count {
            anna.send(&ben, &format!("new {nth}")).await.unwrap();
        }
        assert_eq!(ben.sync(Some(&cursor)).await.unwrap().reset, Some(true), "after {count} messages");
        let page = anna.list(&ben).await.unwrap();
        let new = page.messages.iter().filter(|one| one.content.starts_with("new"));
        assert!(new.clone().all(|one| one.status == Status::Sent) && new.count() == count, "{:?}", page.messages);
    }
}

/// A position that a cursor would drop, since nothing in the inbox names the conversation any more.
#[tokio::test]
async fn the_loss_of_a_conversation_is_noticed_when_another_one_moved() {
    let lost = inbox_backed_up(4_000).await;
    let anna = lost.user("anna");
    let kept = anna.sync(None).await.unwrap().cursor;
    lost.job(2, &["anna", "stranger"], JobStatus::Open).await;
    lost.user("stranger").send(&anna, "lost").await.unwrap();
    let received = anna.sync(Some(&kept)).await.unwrap().cursor;
    let cursor = anna.sync(Some(&received)).await.unwrap().cursor;
    let world = inbox_backed_up(4_000).await;
    world.clock.forward(600_000);
    let anna = world.user("anna");
    for _ in 0..2 {
        world.user("user1").send(&anna, "new").await.unwrap();
    }
    assert_eq!(anna.sync(Some(&cursor)).await.unwrap().reset, Some(true));
    assert_eq!(anna.sync(Some(&kept)).await.unwrap().reset, None);
}

/// A crew that was awake when the backup was made.
async fn crew_backed_up() -> (World, Message) {
    let settings = Settings { crew_sleeps_after_ms: 1_000, ..unlimited() };
    let world = World::over(engine::start().await.store, settings, 1).await;
    world.crew(&["anna", "ben", "carl"]).await;
    let message = world.user("anna").say("kept").await.unwrap();
    (world, message)
}

/// The cursors of `sync` and of the list of chats that a device of Ben got from the lost store.
async fn cursors_of_ben(world: &World) -> [String; 2] {
    let ben = world.user("ben");
    let synced = ben.sync(None).await.unwrap().cursor;
    [synced, ben.conversations().await.unwrap().cursor]
}

/// In both histories the same number of changes happens to a crew, at different times: while it is awake, and until it
/// sleeps.
#[tokio::test]
async fn a_restored_store_is_noticed_in_a_crew_with_as_many_changes_as_before() {
    for falls_asleep in [false, true] {
        let (lost, message) = crew_backed_up().await;
        lost.clock.forward(2_000);
        lost.user("anna").edit_to(&message, "lost").await.unwrap();
        if falls_asleep {
            lost.clock.forward(5_000);
            lost.chat.run_due_tasks(u64::MAX).await.unwrap();
        }
        let [synced, listed] = cursors_of_ben(&lost).await;
        let (world, message) = crew_backed_up().await;
        world.clock.forward(4_000);
        world.user("anna").edit_to(&message, "new").await.unwrap();
        if falls_asleep {
            world.clock.forward(5_000);
            world.chat.run_due_tasks(u64::MAX).await.unwrap();
        }
        let ben = world.user("ben");
        let answer = ben.sync(Some(&synced)).await.unwrap();
        assert_eq!((answer.reset, texts(&answer.messages)), (Some(true), vec!["new"]), "asleep: {falls_asleep}");
        let chats = ben.conversations_since(Some(&listed)).await.unwrap().conversations;
        assert_eq!(chats.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [CREW], "asleep: {falls_asleep}");
    }
}

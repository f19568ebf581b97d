//! Two people write to each other.

use crate::support::{MORNING, World, texts};
use jobline_chat::Settings;
use jobline_wire::{Code, JobStatus, ListMessages, Status};

#[tokio::test]
async fn a_message_is_sent_received_read_and_the_sender_sees_it() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let sent = anna.send(&ben, "Hi! I can start tomorrow").await.unwrap();
    assert_eq!(sent.conversation_id, "conv_anna_ben");
    assert_eq!((sent.message.number, sent.message.status), (1, Status::Sent));
    assert_eq!(sent.message.created_at, "2025-11-14T10:30:00.000Z");

    let first = ben.list(&anna).await.unwrap();
    assert_eq!(texts(&first.messages), ["Hi! I can start tomorrow"]);
    assert_eq!(anna.list(&ben).await.unwrap().messages[0].status, Status::Sent, "seen is not received");
    let anna_at = anna.list(&ben).await.unwrap().cursor;

    let second = ben.list_since(&anna, &first.cursor).await.unwrap();
    assert!(second.messages.is_empty(), "the recipient's own receipt is no change for them");
    let delivered = anna.list_since(&ben, &anna_at).await.unwrap();
    assert_eq!(delivered.messages[0].status, Status::Delivered);
    assert!(delivered.messages[0].updated_at > delivered.messages[0].created_at);
    assert!(anna.list_since(&ben, &delivered.cursor).await.unwrap().messages.is_empty());

    assert_eq!(ben.only_conversation().await.unread_count["ben"], 1);
    assert_eq!(ben.read(&anna).await.unwrap(), 0);
    let read = anna.list_since(&ben, &delivered.cursor).await.unwrap();
    assert_eq!(read.messages[0].status, Status::Read);
    assert_eq!(anna.list(&ben).await.unwrap().messages, read.messages, "a snapshot shows the same as the changes");
    assert_eq!(ben.only_conversation().await.unread_count["ben"], 0);
    let other_device = ben.list_since(&anna, &second.cursor).await.unwrap();
    assert_eq!(other_device.messages[0].status, Status::Read, "another device of the reader sees the change");
}

#[tokio::test]
async fn polling_with_a_cursor_answers_every_message_once_in_order() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    for number in 1..=7 {
        let (from, to) = if number % 3 == 0 { (&ben, &anna) } else { (&anna, &ben) };
        from.send(to, &number.to_string()).await.unwrap();
    }
    let mut cursor = "1970-01-01T00:00:00Z".to_owned();
    let mut seen = Vec::new();
    loop {
        let since = Some(cursor);
        let input = ListMessages { conversation_id: ben.conversation(&anna), since, limit: Some(3), before: None };
        let page = ben.list_as(input).await.unwrap();
        assert!(page.messages.len() <= 3);
        seen.extend(page.messages);
        cursor = page.cursor;
        if !page.has_more {
            break;
        }
    }
    let numbers: Vec<u64> = seen.iter().map(|message| message.number).collect();
    let mut first_seen = numbers.clone();
    first_seen.dedup();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7], "{seen:?}");
    assert!(seen.windows(2).all(|two| two[0].created_at < two[1].created_at));
}

#[tokio::test]
async fn the_last_page_says_that_there_is_no_more() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "0").await.unwrap();
    let mut cursor = ben.list(&anna).await.unwrap().cursor;
    for text in ["1", "2", "3", "4"] {
        anna.send(&ben, text).await.unwrap();
    }
    for (wanted, more) in [(["1", "2"], true), (["3", "4"], false)] {
        let (conversation_id, since, limit) = (ben.conversation(&anna), Some(cursor), Some(2));
        let input = ListMessages { conversation_id, since, limit, ..Default::default() };
        let page = ben.list_as(input).await.unwrap();
        assert_eq!((texts(&page.messages), page.has_more), (wanted.to_vec(), more));
        cursor = page.cursor;
    }
    assert!(ben.list_since(&anna, &cursor).await.unwrap().messages.is_empty());
}

#[tokio::test]
async fn older_messages_come_page_by_page() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    for number in 1..=120 {
        anna.send(&ben, &number.to_string()).await.unwrap();
    }
    let newest = ben.list(&anna).await.unwrap();
    assert_eq!((newest.messages.len(), newest.has_more), (50, true));
    assert_eq!(newest.messages[0].number, 71);
    let mut before = newest.messages[0].id.clone();
    let mut numbers = Vec::new();
    loop {
        let input =
            ListMessages { conversation_id: ben.conversation(&anna), before: Some(before), ..Default::default() };
        let page = ben.list_as(input).await.unwrap();
        numbers.splice(0..0, page.messages.iter().map(|message| message.number));
        before = page.messages[0].id.clone();
        if !page.has_more {
            break;
        }
    }
    assert_eq!(numbers, (1..=70).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_client_that_pages_back_and_polls_with_that_cursor_misses_nothing() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    for number in 1..=5 {
        anna.send(&ben, &number.to_string()).await.unwrap();
    }
    let newest = ben.list(&anna).await.unwrap();
    anna.send(&ben, "6").await.unwrap();
    let conversation_id = ben.conversation(&anna);
    let before = Some(newest.messages[2].id.clone());
    let input = ListMessages { conversation_id: conversation_id.clone(), before: before.clone(), ..Default::default() };
    let older = ben.list_as(input).await.unwrap();
    assert_eq!(texts(&older.messages), ["1", "2"]);
    let rest = ben.list_since(&anna, &older.cursor).await.unwrap();
    assert_eq!(texts(&rest.messages), ["3", "4", "5", "6"]);

    let since = Some(newest.cursor.clone());
    let kept = ben.list_as(ListMessages { conversation_id, before, since, limit: None }).await.unwrap();
    assert_eq!(kept.cursor, newest.cursor, "with both, the cursor is answered unchanged");
    assert_eq!(texts(&ben.list_since(&anna, &kept.cursor).await.unwrap().messages), ["6"]);
}

#[tokio::test]
async fn a_repeated_send_answers_the_first_message_and_stores_nothing() {
    let world = World::with(Settings { send_rate: 2, ..Settings::default() }).await;
    let (anna, ben) = world.pair().await;
    let first = anna.send_once(&ben, "Hello", "a1").await.unwrap();
    assert_eq!(first.message.client_id.as_deref(), Some("a1"));
    assert_eq!(anna.send_once(&ben, "Hello", "a1").await.unwrap(), first);
    let other = anna.send_once(&ben, "Hello!", "a1").await.unwrap_err();
    assert_eq!(other.code, Code::ClientIdReused);
    anna.send_once(&ben, "Again", "a2").await.unwrap();
    assert_eq!(anna.send_once(&ben, "More", "a3").await.unwrap_err().code, Code::RateLimited);
    assert_eq!(anna.send_once(&ben, "Hello", "a1").await.unwrap(), first, "although the rate is used up");
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    assert_eq!(
        anna.send_once(&ben, "Hello", "a1").await.unwrap().message.id,
        first.message.id,
        "although the job is closed"
    );
    assert_eq!(ben.list(&anna).await.unwrap().messages.len(), 2);
    assert_eq!(ben.list(&anna).await.unwrap().messages[0].client_id, None, "only the sender sees it");
    ben.read(&anna).await.unwrap();
    assert_eq!(anna.send_once(&ben, "Hello", "a1").await.unwrap().message.status, Status::Read);
}

#[tokio::test]
async fn unread_is_what_others_wrote_after_the_point_that_was_read() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let mut sent = Vec::new();
    for text in ["1", "2", "3", "4"] {
        sent.push(anna.send(&ben, text).await.unwrap().message);
    }
    ben.send(&anna, "mine").await.unwrap();
    assert_eq!(ben.only_conversation().await.unread_count["ben"], 4, "writing is not reading");
    assert_eq!(ben.read_up_to(&anna, &sent[1]).await.unwrap(), 2);
    assert_eq!(ben.read_up_to(&anna, &sent[0]).await.unwrap(), 2, "never goes back");
    let both = ben.only_conversation().await.unread_count;
    assert_eq!((both["ben"], both["anna"]), (2, 1));
    let statuses: Vec<Status> = anna.list(&ben).await.unwrap().messages.iter().map(|message| message.status).collect();
    assert_eq!(statuses[..4], [Status::Read, Status::Read, Status::Sent, Status::Sent]);
    assert_eq!(ben.read(&anna).await.unwrap(), 0);
    assert_eq!(anna.sync(None).await.unwrap().conversations[0].unread_count["ben"], 0);
}

#[tokio::test]
async fn conversations_of_others_and_malformed_ids_are_the_same_not_found() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let carl = world.user("carl");
    anna.send(&ben, "hi").await.unwrap();
    let mut answers = Vec::new();
    for id in ["conv_anna_ben", "conv_anna_carl", "conv_ben_anna", "nonsense", "", "conv_a#b_c", &"x".repeat(10_000)] {
        let input = ListMessages { conversation_id: id.into(), ..Default::default() };
        answers.push(carl.list_as(input).await.unwrap_err().problem());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.code == Code::NotFound), "{answers:?}");
}

#[tokio::test]
async fn more_than_ten_messages_a_minute_are_refused_with_the_wait() {
    let world = World::with(Settings::default()).await;
    let (anna, ben) = world.pair().await;
    for _ in 0..10 {
        anna.send(&ben, "x").await.unwrap();
    }
    let error = anna.send(&ben, "x").await.unwrap_err();
    assert_eq!((error.code, error.retry_after_ms), (Code::RateLimited, Some(6_000)));
    ben.send(&anna, "others may").await.unwrap();
    world.clock.forward(6_000);
    anna.send(&ben, "x").await.unwrap();
}

#[tokio::test]
async fn a_clock_that_goes_backwards_does_not_change_the_order() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "1").await.unwrap();
    world.clock.back(3_600_000);
    anna.send(&ben, "2").await.unwrap();
    ben.send(&anna, "3").await.unwrap();
    let messages = ben.list(&anna).await.unwrap().messages;
    assert_eq!(texts(&messages), ["1", "2", "3"]);
    assert!(messages.windows(2).all(|two| two[0].created_at < two[1].created_at));
}

#[tokio::test]
async fn a_list_since_an_instant_answers_what_changed_after_it() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "1").await.unwrap();
    world.clock.forward(1_000);
    anna.send(&ben, "2").await.unwrap();
    world.clock.forward(1_000);
    ben.read(&anna).await.unwrap();
    world.clock.forward(1_000);
    anna.send(&ben, "3").await.unwrap();
    let since = |ms: u64| jobline_chat::iso(MORNING + ms);
    let all = anna.list_since(&ben, &since(0)).await.unwrap();
    assert_eq!(texts(&all.messages), ["2", "1", "3"], "in the order of the changes");
    let later = anna.list_since(&ben, &since(1_000)).await.unwrap();
    assert_eq!(texts(&later.messages), ["1", "2", "3"]);
    assert!(later.messages.iter().all(|message| message.updated_at > since(1_000)));
    assert_eq!(texts(&anna.list_since(&ben, &since(2_000)).await.unwrap().messages), ["3"]);
    let none = anna.list_since(&ben, &since(3_000)).await.unwrap();
    assert!(none.messages.is_empty());
    ben.send(&anna, "4").await.unwrap();
    assert_eq!(texts(&anna.list_since(&ben, &none.cursor).await.unwrap().messages), ["4"]);
    assert!(anna.list_since(&ben, &since(9_999_999)).await.unwrap().messages.is_empty());
}

#[tokio::test]
async fn cursors_are_exact_sealed_and_bound_to_their_owner() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    world.job(2, &["anna", "carl"], JobStatus::Open).await;
    anna.send(&ben, "1").await.unwrap();
    anna.send(&world.user("carl"), "1").await.unwrap();
    let cursor = anna.list(&ben).await.unwrap().cursor;
    let sync = anna.sync(None).await.unwrap().cursor;
    let conversations = anna.conversations().await.unwrap().cursor;
    let altered = format!("{}{}", &cursor[..5], if &cursor[5..6] == "A" { "B" } else { "A" }) + &cursor[6..];
    let (backwards, digit) = (format!("7{}", cursor.chars().rev().collect::<String>()), format!("1{}", &cursor[1..]));
    let bad =
        [&cursor[..cursor.len() - 1], &altered, &sync, &conversations, &backwards, &digit, "c", "x", "", "%", "c💥"];
    for bad in bad {
        let error = anna.list_since(&ben, bad).await.unwrap_err();
        assert_eq!(error.code, Code::InvalidCursor, "{bad:?}");
    }
    assert_eq!(ben.list_since(&anna, &cursor).await.unwrap_err().code, Code::InvalidCursor, "of another user");
    let carl = world.user("carl");
    assert_eq!(anna.list_since(&carl, &cursor).await.unwrap_err().code, Code::InvalidCursor, "of another conversation");
    assert_eq!(ben.sync(Some(&sync)).await.unwrap_err().code, Code::InvalidCursor);
    assert_eq!(anna.sync(Some(&cursor)).await.unwrap_err().code, Code::InvalidCursor);
    for time in ["2025-13-01T00:00:00Z", "2025-11-14", "1763114400000"] {
        assert_eq!(anna.list_since(&ben, time).await.unwrap_err().code, Code::InvalidRequest, "{time}");
    }
}

#[tokio::test]
async fn pairs_whose_ids_look_alike_when_joined_have_different_conversations() {
    let world = World::new().await;
    world.job(1, &["a", "b_c", "a_b", "c"], JobStatus::Open).await;
    let one = world.user("a").send(&world.user("b_c"), "one").await.unwrap();
    let other = world.user("a_b").send(&world.user("c"), "other").await.unwrap();
    assert_ne!(one.conversation_id, other.conversation_id);
    assert_eq!(texts(&world.user("a").list(&world.user("b_c")).await.unwrap().messages), ["one"]);
    assert_eq!(texts(&world.user("c").list(&world.user("a_b")).await.unwrap().messages), ["other"]);
}

#[tokio::test]
async fn many_changes_are_answered_with_each_message_once_as_it_stands() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let mut ben_at = ben_sees(&ben, &anna, None).await;
    for number in 1..=9 {
        anna.send(&ben, &number.to_string()).await.unwrap();
        if number % 2 == 0 {
            ben_at = ben_sees(&ben, &anna, ben_at).await;
            ben_at = ben_sees(&ben, &anna, ben_at).await;
        }
        if number == 6 {
            ben.read(&anna).await.unwrap();
        }
    }
    let (mut since, mut seen) = ("1970-01-01T00:00:00Z".to_owned(), Vec::new());
    for answer in 0.. {
        let input =
            ListMessages { conversation_id: anna.conversation(&ben), since: Some(since), limit: Some(2), before: None };
        let page = anna.list_as(input).await.unwrap();
        seen.extend(page.messages);
        since = page.cursor;
        if answer == 1 {
            // Later changes are in the next series.
            ben.read(&anna).await.unwrap();
        }
        if !page.has_more {
            break;
        }
    }
    let numbers: Vec<u64> = seen.iter().map(|message| message.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 7, 8, 9], "each once, then what Ben read meanwhile");
    let statuses: Vec<Status> = seen.iter().map(|message| message.status).collect();
    assert_eq!(statuses[..6], [Status::Read; 6]);
    assert_eq!(statuses[6..9], [Status::Delivered, Status::Delivered, Status::Sent]);
    assert_eq!(statuses[9..], [Status::Read; 3]);
    assert_eq!(anna.list(&ben).await.unwrap().messages[6..], seen[9..]);
}

async fn ben_sees(
    ben: &crate::support::User<'_>,
    anna: &crate::support::User<'_>,
    since: Option<String>,
) -> Option<String> {
    match since {
        Some(since) => Some(ben.list_since(anna, &since).await.expect("a list").cursor),
        None => ben.list(anna).await.ok().map(|list| list.cursor),
    }
}

//! Two people talk: the scenarios of the founding document.

use crate::support::{MORNING, World, texts};
use jobline_chat::Settings;
use jobline_wire::{Code, JobStatus, ListMessages, MessageType, SendMessage, Status};

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
    assert!(second.messages.is_empty(), "the recipient's own receipt is not echoed");
    let delivered = anna.list_since(&ben, &anna_at).await.unwrap();
    assert_eq!(delivered.messages[0].status, Status::Delivered);
    assert!(delivered.messages[0].updated_at > delivered.messages[0].created_at);
    assert!(anna.list_since(&ben, &delivered.cursor).await.unwrap().messages.is_empty());

    assert_eq!(ben.only_conversation().await.unread_count["ben"], 1);
    assert_eq!(ben.read(&anna).await.unwrap(), 0);
    let read = anna.list_since(&ben, &delivered.cursor).await.unwrap();
    assert_eq!(read.messages[0].status, Status::Read);
    assert_eq!(anna.list(&ben).await.unwrap().messages, read.messages, "a snapshot agrees with the changes");
    assert_eq!(ben.only_conversation().await.unread_count["ben"], 0);
    let other_device = ben.list_since(&anna, &second.cursor).await.unwrap();
    assert_eq!(other_device.messages[0].status, Status::Read, "another device of the reader is told");
}

#[tokio::test]
async fn polling_with_a_cursor_gives_every_message_once_in_order() {
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
async fn older_messages_are_paged_back_to() {
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
    assert_eq!(kept.cursor, newest.cursor, "with both, the cursor is kept for the client");
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
    assert_eq!(anna.send_once(&ben, "Hello", "a1").await.unwrap(), first, "though the rate is used up");
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    assert_eq!(
        anna.send_once(&ben, "Hello", "a1").await.unwrap().message.id,
        first.message.id,
        "though the job is closed"
    );
    assert_eq!(ben.list(&anna).await.unwrap().messages.len(), 2);
    assert_eq!(ben.list(&anna).await.unwrap().messages[0].client_id, None, "seen by the sender only");
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
async fn who_shares_no_open_job_may_not_write() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let carl = world.user("carl");
    world.job(2, &["carl", "ben"], JobStatus::Closed).await;
    assert_eq!(anna.send(&carl, "hi").await.unwrap_err().code, Code::NotJobParticipant);
    assert_eq!(carl.send(&ben, "hi").await.unwrap_err().code, Code::JobClosed);
    let about = |job| SendMessage {
        receiver_id: Some("ben".into()),
        content: Some("hi".into()),
        job_id: Some(job),
        ..Default::default()
    };
    assert_eq!(anna.send_as(about(2)).await.unwrap_err().code, Code::NotJobParticipant);
    assert_eq!(anna.send_as(about(9)).await.unwrap_err().code, Code::NotJobParticipant);
    assert_eq!(anna.send_as(about(1)).await.unwrap().message.job_id, Some(1));
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    assert_eq!(anna.send(&ben, "hi").await.unwrap_err().code, Code::JobClosed);
    assert_eq!(texts(&ben.list(&anna).await.unwrap().messages), ["hi"], "a closed job leaves it readable");
    world.job(3, &["anna", "ben"], JobStatus::Open).await;
    assert_eq!(anna.send(&ben, "again").await.unwrap().message.job_id, Some(3), "another open job will do");
    world.job(3, &["anna"], JobStatus::Open).await;
    assert_eq!(anna.send(&ben, "hi").await.unwrap_err().code, Code::JobClosed, "no longer a participant");
}

#[tokio::test]
async fn closing_a_job_reaches_those_who_poll() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "hi").await.unwrap();
    let before = ben.conversations().await.unwrap();
    assert_eq!(before.conversations[0].job.as_ref().unwrap().status, JobStatus::Open);
    let synced = ben.sync(None).await.unwrap();
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    let after = ben.conversations_since(Some(&before.cursor)).await.unwrap();
    assert_eq!(after.conversations[0].job.as_ref().unwrap().status, JobStatus::Closed);
    let after_sync = ben.sync(Some(&synced.cursor)).await.unwrap();
    assert_eq!((after_sync.conversations.len(), after_sync.messages.len()), (1, 0));
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    assert!(
        ben.conversations_since(Some(&after.cursor)).await.unwrap().conversations.is_empty(),
        "the same changes nothing"
    );
}

#[tokio::test]
async fn strangers_and_nonsense_see_the_same_not_found() {
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
async fn ten_messages_a_minute_and_the_wait_is_told() {
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
async fn time_that_runs_backwards_does_not_disturb_the_order() {
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
async fn what_changed_after_an_instant() {
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
    assert_eq!(texts(&all.messages), ["2", "1", "3"], "in the order of their changes");
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
    for bad in [&cursor[..cursor.len() - 1], &altered, &sync, &conversations, "c", "x", "", "%", "c💥"] {
        let error = anna.list_since(&ben, bad).await.unwrap_err();
        assert_eq!(error.code, Code::InvalidCursor, "{bad:?}");
    }
    assert_eq!(ben.list_since(&anna, &cursor).await.unwrap_err().code, Code::InvalidCursor, "another user's");
    let carl = world.user("carl");
    assert_eq!(anna.list_since(&carl, &cursor).await.unwrap_err().code, Code::InvalidCursor, "another conversation's");
    assert_eq!(ben.sync(Some(&sync)).await.unwrap_err().code, Code::InvalidCursor);
    assert_eq!(anna.sync(Some(&cursor)).await.unwrap_err().code, Code::InvalidCursor);
    assert_eq!(anna.list_since(&ben, "2025-13-01T00:00:00Z").await.unwrap_err().code, Code::InvalidRequest);
}

#[tokio::test]
async fn users_whose_ids_join_alike_have_different_conversations() {
    let world = World::new().await;
    world.job(1, &["a", "b_c", "a_b", "c"], JobStatus::Open).await;
    let one = world.user("a").send(&world.user("b_c"), "one").await.unwrap();
    let other = world.user("a_b").send(&world.user("c"), "other").await.unwrap();
    assert_ne!(one.conversation_id, other.conversation_id);
    assert_eq!(texts(&world.user("a").list(&world.user("b_c")).await.unwrap().messages), ["one"]);
    assert_eq!(texts(&world.user("c").list(&world.user("a_b")).await.unwrap().messages), ["other"]);
}

#[tokio::test]
async fn everything_that_changed_in_one_poll() {
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
async fn sync_goes_on_page_by_page() {
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
        assert_eq!((answered, seen.len()), (27 + already, 27 + already), "{since:?}");
        world.user("user3").send(&anna, "late").await.unwrap();
        assert_eq!(anna.sync(cursor.as_deref()).await.unwrap().messages.len(), 1);
    }
}

#[tokio::test]
async fn a_sync_cursor_older_than_the_window_gets_a_fresh_start() {
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
    assert_eq!((fresh.reset, fresh.messages.len(), fresh.has_more), (Some(true), 41, false));
    let fresh = anna.conversations_since(Some(&old_list.cursor)).await.unwrap();
    assert_eq!((fresh.reset, fresh.conversations.len()), (Some(true), 40));
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
    assert_eq!(after.conversations.len(), 2, "changed after an instant");
}

#[tokio::test]
async fn files_go_along() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let sent = anna.send_file(&ben, "roof.png", "image/png", png).await.unwrap().message;
    assert_eq!((sent.kind, sent.file_size, sent.content.as_str()), (MessageType::Image, Some(16), ""));
    assert_eq!(ben.only_conversation().await.last_message.as_deref(), Some("roof.png"));
    assert!(ben.list(&anna).await.unwrap().messages[0].file_url.as_ref().unwrap().starts_with("memory:down/"));

    let target = anna.announce(&ben, "plan.pdf", "application/pdf", 5).await.unwrap();
    assert_eq!(anna.send_uploaded(&ben, &target).await.unwrap_err().code, Code::FileNotUploaded);
    world.files.upload(&target, b"<html");
    assert_eq!(anna.send_uploaded(&ben, &target).await.unwrap_err().code, Code::FileTypeMismatch);
    world.files.upload(&target, b"%PDF-");
    assert_eq!(ben.send_uploaded(&anna, &target).await.unwrap_err().code, Code::InvalidFile, "not Ben's");
    assert_eq!(anna.send_uploaded(&ben, &target).await.unwrap().message.kind, MessageType::File);
    assert_eq!(anna.send_uploaded(&ben, &target).await.unwrap_err().code, Code::FileAlreadyUsed);
    let foreign =
        SendMessage { receiver_id: Some("ben".into()), file_url: Some("https://x/y".into()), ..Default::default() };
    assert_eq!(anna.send_as(foreign).await.unwrap_err().code, Code::InvalidFile);
}

#[tokio::test]
async fn bytes_that_are_swapped_after_the_look_are_never_sent() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let target = anna.announce(&ben, "plan.pdf", "application/pdf", 5).await.unwrap();
    world.files.upload(&target, b"%PDF-");
    world.files.swap_after_a_look(b"<html");
    // They are not those that were proved, so they are looked at again.
    assert_eq!(anna.send_uploaded(&ben, &target).await.unwrap_err().code, Code::FileTypeMismatch);
    assert_eq!(ben.list(&anna).await.unwrap_err().code, Code::NotFound, "nothing was sent");
}

#[tokio::test]
async fn files_that_nobody_sent_are_swept() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    anna.send_file(&ben, "a.txt", "text/plain", b"kept").await.unwrap();
    let target = anna.announce(&ben, "b.txt", "text/plain", 4).await.unwrap();
    world.files.upload(&target, b"lost");
    assert_eq!((world.chat.sweep().await.unwrap(), world.files.count()), (0, 2));
    world.clock.forward(26 * 3_600_000);
    assert_eq!((world.chat.sweep().await.unwrap(), world.files.count()), (1, 1));
}

#[tokio::test]
async fn expired_messages_are_gone_everywhere_at_once() {
    let world = World::with(Settings { send_rate: 0, retention_days: 30, ..Settings::default() }).await;
    let (anna, ben) = world.pair().await;
    let day = 86_400_000;
    anna.send_once(&ben, "old 1", "c1").await.unwrap();
    anna.send(&ben, "old 2").await.unwrap();
    let (old, old_sync) = (ben.list(&anna).await.unwrap(), ben.sync(None).await.unwrap());
    world.clock.forward(20 * day);
    anna.send(&ben, "young").await.unwrap();
    assert_eq!(ben.only_conversation().await.unread_count["ben"], 3);
    world.clock.forward(11 * day);
    let list = ben.list(&anna).await.unwrap();
    assert_eq!((texts(&list.messages), list.has_more), (vec!["young"], false));
    assert_eq!(list.messages[0].number, 3);
    assert_eq!(ben.only_conversation().await.unread_count["ben"], 1, "what is gone is not unread");
    assert_eq!(texts(&ben.list_since(&anna, &old.cursor).await.unwrap().messages), ["young"]);
    let from_start = ben.list_since(&anna, "2025-01-01T00:00:00Z").await.unwrap();
    assert_eq!((texts(&from_start.messages), from_start.reset), (vec!["young"], None));
    assert_eq!(texts(&ben.sync(Some(&old_sync.cursor)).await.unwrap().messages), ["young"]);
    let again = anna.send_once(&ben, "old 1", "c1").await.unwrap();
    assert_eq!(again.message.number, 4, "the message is gone, so its client id is free");
    world.clock.forward(31 * day);
    let conversation = ben.only_conversation().await;
    assert_eq!((conversation.last_message, conversation.unread_count["ben"]), (None, 0));
    assert!(ben.list(&anna).await.unwrap().messages.is_empty());
}

#[tokio::test]
async fn a_cursor_before_what_is_kept_gets_a_fresh_start() {
    let world = World::with(Settings { send_rate: 0, retention_days: 30, ..Settings::default() }).await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "1").await.unwrap();
    let old = ben.list(&anna).await.unwrap();
    anna.send(&ben, "2").await.unwrap();
    world.clock.forward(31 * 86_400_000);
    anna.send(&ben, "3").await.unwrap();
    let fresh = ben.list_since(&anna, &old.cursor).await.unwrap();
    assert_eq!((texts(&fresh.messages), fresh.reset), (vec!["3"], Some(true)));
    anna.send(&ben, "4").await.unwrap();
    let next = ben.list_since(&anna, &fresh.cursor).await.unwrap();
    assert_eq!((texts(&next.messages), next.reset), (vec!["4"], None));
}

#[tokio::test]
async fn a_file_can_expire_before_its_message() {
    let world = World::with(Settings { send_rate: 0, file_retention_days: 7, ..Settings::default() }).await;
    let (anna, ben) = world.pair().await;
    anna.send_file(&ben, "a.txt", "text/plain", b"text").await.unwrap();
    world.clock.forward(8 * 86_400_000);
    let message = ben.list(&anna).await.unwrap().messages.remove(0);
    assert_eq!((message.file_url, message.file_expired), (None, Some(true)));
    assert_eq!(message.file_name.as_deref(), Some("a.txt"));
    assert_eq!((world.chat.sweep().await.unwrap(), world.files.count()), (1, 0));
}

#[tokio::test]
async fn a_sync_from_an_instant_long_ago_is_everything() {
    let world = World::new().await;
    world.job(1, &["anna", "ben", "carl"], JobStatus::Open).await;
    let anna = world.user("anna");
    for other in ["ben", "carl"] {
        for number in 1..=60 {
            world.user(other).send(&anna, &number.to_string()).await.unwrap();
        }
    }
    for since in ["1970-01-01T00:00:00Z", "1969-12-31T00:00:00Z"] {
        let (mut cursor, mut count) = (since.to_owned(), 0);
        loop {
            let page = anna.sync(Some(&cursor)).await.unwrap();
            count += page.messages.len();
            cursor = page.cursor;
            if !page.has_more {
                break;
            }
        }
        assert_eq!(count, 120, "{since}");
    }
}

#[tokio::test]
async fn an_instant_before_what_is_kept_begins_with_what_is_kept() {
    let world = World::with(Settings { send_rate: 0, retention_days: 30, ..Settings::default() }).await;
    let (anna, ben) = world.pair().await;
    let day = 86_400_000;
    for text in ["1", "2"] {
        anna.send(&ben, text).await.unwrap();
    }
    world.clock.forward(31 * day);
    anna.send(&ben, "3").await.unwrap();
    world.clock.forward(day);
    for since in [MORNING, MORNING + 2 * day, MORNING + 30 * day] {
        let since = jobline_chat::iso(since);
        let list = ben.list_since(&anna, &since).await.unwrap();
        assert_eq!((texts(&list.messages), list.reset), (vec!["3"], None), "{since}");
        let synced = ben.sync(Some(&since)).await.unwrap();
        assert_eq!((texts(&synced.messages), synced.reset), (vec!["3"], None), "{since}");
    }
}

#[tokio::test]
async fn hosts_that_change_a_job_at_once_leave_no_permission_behind() {
    let world = World::new().await;
    world.job(1, &["anna", "dora"], JobStatus::Open).await;
    tokio::join!(
        world.job(1, &["anna", "ben"], JobStatus::Open),
        world.job(1, &["anna", "carl"], JobStatus::Open),
        world.job(1, &["anna", "emil"], JobStatus::Open),
    );
    let job = world.chat.get_job(jobline_chat::JobId::parse(1).unwrap()).await.unwrap();
    let anna = world.user("anna");
    let mut may = Vec::new();
    for other in ["ben", "carl", "dora", "emil"] {
        if world.user(other).send(&anna, "hi").await.is_ok() {
            may.push(other);
        }
    }
    assert_eq!(may, job.participants[1..]);
    world.chat.delete_job(jobline_chat::JobId::parse(1).unwrap()).await.unwrap();
    assert_eq!(world.user(may[0]).send(&anna, "hi").await.unwrap_err().code, Code::NotJobParticipant);
}

#[tokio::test]
async fn a_job_may_have_a_hundred_participants() {
    let world = World::new().await;
    let others: Vec<String> = (0..100).map(|n| format!("user{n:02}")).collect();
    let all: Vec<&str> = others.iter().map(String::as_str).collect();
    world.job(1, &all, JobStatus::Open).await;
    world.user("user99").send(&world.user("user00"), "hi").await.unwrap();
    world.job(1, &all[..50], JobStatus::Open).await;
    assert!(world.user("user99").send(&world.user("user00"), "hi").await.is_err());
    world.user("user49").send(&world.user("user00"), "hi").await.unwrap();
    world.job(1, &all[..50], JobStatus::Closed).await;
    assert_eq!(world.user("user49").send(&world.user("user00"), "hi").await.unwrap_err().code, Code::JobClosed);
}

#[tokio::test]
async fn a_picture_may_be_sent_as_a_file_but_a_file_not_as_a_picture() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let as_kind = |target: &jobline_wire::UploadTarget, kind| SendMessage {
        receiver_id: Some("ben".into()),
        file_url: Some(target.file_url.clone()),
        kind: Some(kind),
        ..Default::default()
    };
    let png = anna.announce(&ben, "a.png", "image/png", 16).await.unwrap();
    world.files.upload(&png, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    assert_eq!(anna.send_as(as_kind(&png, MessageType::File)).await.unwrap().message.kind, MessageType::File);
    let pdf = anna.announce(&ben, "a.pdf", "application/pdf", 5).await.unwrap();
    world.files.upload(&pdf, b"%PDF-");
    assert_eq!(anna.send_as(as_kind(&pdf, MessageType::Image)).await.unwrap_err().field, Some("type"));
    assert_eq!(anna.send_as(as_kind(&pdf, MessageType::Text)).await.unwrap_err().field, Some("type"));
}

#[tokio::test]
async fn a_file_that_waited_a_day_is_not_sent() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let target = anna.announce(&ben, "b.txt", "text/plain", 4).await.unwrap();
    world.files.upload(&target, b"late");
    world.clock.forward(24 * 3_600_000 + 1);
    assert_eq!(anna.send_uploaded(&ben, &target).await.unwrap_err().code, Code::FileNotUploaded);
    assert_eq!(world.chat.sweep().await.unwrap(), 0, "no send that is under way finds its bytes gone");
    world.clock.forward(3_600_000);
    assert_eq!(world.chat.sweep().await.unwrap(), 1);
}

#[tokio::test]
async fn a_long_way_back_is_answered_once_as_it_stands() {
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
            // What happens meanwhile is another series of answers.
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

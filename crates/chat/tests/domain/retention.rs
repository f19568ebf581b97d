//! Messages and files that are kept for a limited time.

use crate::support::{MORNING, World, texts};
use jobline_chat::{Clock as _, ClockLook, Settings};
use jobline_wire::JobStatus;

#[tokio::test]
async fn an_expired_message_is_gone_from_every_answer_at_once() {
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
    assert_eq!(ben.only_conversation().await.unread_count["ben"], 1, "an expired message is not unread");
    assert_eq!(texts(&ben.list_since(&anna, &old.cursor).await.unwrap().messages), ["young"]);
    let from_start = ben.list_since(&anna, "2025-01-01T00:00:00Z").await.unwrap();
    assert_eq!((texts(&from_start.messages), from_start.reset), (vec!["young"], None));
    assert_eq!(texts(&ben.sync(Some(&old_sync.cursor)).await.unwrap().messages), ["young"]);
    let again = anna.send_once(&ben, "old 1", "c1").await.unwrap();
    assert_eq!(again.message.number, 4, "the message is gone, so its clientId can be used again");
    world.clock.forward(31 * day);
    let conversation = ben.only_conversation().await;
    assert_eq!((conversation.last_message, conversation.unread_count["ben"]), (None, 0));
    assert!(ben.list(&anna).await.unwrap().messages.is_empty());
}

#[tokio::test]
async fn a_cursor_before_what_is_kept_is_answered_with_a_reset() {
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
    let sent = anna.send_file(&ben, "a.txt", "text/plain", b"text").await.unwrap().message;
    world.clock.forward(7 * 86_400_000 - 60_000);
    let url = ben.list(&anna).await.unwrap().messages.remove(0).file_url.unwrap();
    let until: u64 = url.split_once("until=").unwrap().1.parse().unwrap();
    let end = jobline_chat::parse_iso(&sent.created_at).unwrap() + 7 * 86_400_000;
    assert!((end..end + 1_000).contains(&until), "a URL made a minute before the file expires is valid until then");
    world.clock.forward(86_400_000);
    let message = ben.list(&anna).await.unwrap().messages.remove(0);
    assert_eq!((message.file_url, message.file_expired), (None, Some(true)));
    assert_eq!(message.file_name.as_deref(), Some("a.txt"));
    assert_eq!((world.chat.sweep().await.unwrap(), world.files.count()), (1, 0));
}

#[tokio::test]
async fn a_sync_since_an_instant_long_ago_answers_everything() {
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
async fn since_an_instant_before_what_is_kept_everything_kept_is_answered() {
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
async fn deleting_waits_for_a_day_after_the_clock_jumped_ahead() {
    let world = World::new().await;
    let look = async || world.chat.look_at_clock().await.unwrap();
    let (minute, day) = (60_000, 86_400_000);
    assert_eq!(look().await, ClockLook::Steady, "nothing is known of an earlier clock");
    for _ in 0..20 {
        world.clock.forward(10 * minute);
        assert_eq!(look().await, ClockLook::Steady);
    }
    world.clock.forward(day - minute);
    assert_eq!(look().await, ClockLook::Steady, "a server was off for the night");
    world.clock.forward(365 * day);
    let until_ms = world.clock.now_ms() + day;
    assert_eq!(look().await, ClockLook::Jumped { until_ms });
    world.clock.forward(day - minute);
    assert_eq!(look().await, ClockLook::Jumped { until_ms });
    world.clock.forward(2 * day);
    let until_ms = world.clock.now_ms() + day;
    assert_eq!(look().await, ClockLook::Jumped { until_ms }, "it jumped once more");
    world.clock.forward(day);
    assert_eq!(look().await, ClockLook::Steady);
}

#[tokio::test]
async fn a_clock_that_was_ahead_is_reported_once_it_is_right_again() {
    let world = World::new().await;
    let look = async || world.chat.look_at_clock().await.unwrap();
    look().await;
    world.clock.forward(3_600_000);
    assert_eq!(look().await, ClockLook::Steady);
    world.clock.back(3_600_000);
    assert_eq!(look().await, ClockLook::Behind { by_ms: 3_600_000 });
    assert_eq!(look().await, ClockLook::Steady);
    world.clock.back(60_000);
    assert_eq!(look().await, ClockLook::Steady, "clocks of servers differ by less than that");
    // A wrong clock that was corrected within its day of waiting has deleted nothing, and delays nothing.
    world.clock.forward(900 * 86_400_000);
    assert!(matches!(look().await, ClockLook::Jumped { .. }));
    world.clock.back(900 * 86_400_000);
    assert_eq!(look().await, ClockLook::Behind { by_ms: 900 * 86_400_000 });
    assert_eq!(look().await, ClockLook::Steady);
}

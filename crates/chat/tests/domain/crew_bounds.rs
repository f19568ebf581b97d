//! Crews at their limits: many crews, long logs, and many former members.

use crate::crews::*;
use crate::support::{User, World};
use async_trait::async_trait;
use jobline_chat::{JobId, Settings};
use jobline_store::{
    Consistency, Error, Key, Row, Store,
    testing::{Alteration, Altered},
};
use jobline_wire::{HostJobInput, JobStatus, ListConversations, ListMessages, Message, SendMessage, SyncQuery};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) const DAY: u64 = 86_400_000;

pub(crate) fn in_crew(job: u64, text: &str) -> SendMessage {
    let (conversation_id, content) = (Some(format!("crew_{job}")), Some(text.to_owned()));
    SendMessage { conversation_id, content, ..SendMessage::default() }
}

/// What a former member does moves the crew no further for them than what they see.
#[tokio::test]
async fn a_crew_keeps_its_place_in_the_list_of_a_former_member() {
    let world = World::new().await;
    let [anna, ben, carl] = ["anna", "ben", "carl"].map(|user| world.user(user));
    world.crew(&["anna", "ben", "carl"]).await;
    anna.say("Hello").await.unwrap();
    world.crew(&["anna", "ben"]).await;
    carl.crew_list().await.unwrap();
    world.job(2, &["carl", "ben"], JobStatus::Open).await;
    world.clock.forward(60_000);
    carl.send(&ben, "Are you there?").await.unwrap();
    world.clock.forward(60_000);
    anna.say("Carl does not see this").await.unwrap();
    carl.read_crew(None).await.unwrap();
    let first = ListConversations { limit: Some(1), since: None };
    let first = world.chat.conversations(&carl.id, first).await.unwrap();
    assert_eq!(first.conversations[0].id, "conv_ben_carl");
    let second = ListConversations { limit: Some(1), since: Some(first.cursor) };
    let second = world.chat.conversations(&carl.id, second).await.unwrap();
    assert_eq!(second.conversations[0].id, CREW);
}

/// The unread count of a user, counted from the messages that they see.
async fn unread_by_hand(user: &User<'_>) -> u64 {
    let read = user.members().await.unwrap().into_iter().find(|one| one.id == user.id.as_str()).unwrap().read_up_to;
    let (mut count, mut before) = (0, None);
    loop {
        let page = ListMessages { conversation_id: CREW.into(), before, ..ListMessages::default() };
        let page = user.list_as(page).await.unwrap();
        let is_unread = |message: &&Message| {
            let is_of_others = message.sender_id != user.id.as_str() && message.event.is_none();
            message.number > read && is_of_others && message.deleted_at.is_none()
        };
        count += page.messages.iter().filter(is_unread).count() as u64;
        before = page.messages.first().map(|first| first.id.clone());
        if !page.has_more {
            return count;
        }
    }
}

#[tokio::test]
async fn unread_counts_of_a_crew_leave_out_expired_messages() {
    for seed in 0..12 {
        let mut random = StdRng::seed_from_u64(seed);
        let settings = Settings { send_rate: 0, retention_days: 10, ..Settings::default() };
        let world = World::with(settings).await;
        let names = ["anna", "ben", "carl", "dora"];
        let users = names.map(|name| world.user(name));
        let mut present = [true; 4];
        world.crew(&names).await;
        let mut said = vec![(0, users[0].say("first").await.unwrap())];
        for step in 0..60 {
            let user = random.random_range(0..4);
            match random.random_range(0..12) {
                0 if user > 0 => {
                    present[user] = !present[user];
                    let now: Vec<&str> = (0..4).filter(|one| present[*one]).map(|one| names[one]).collect();
                    world.crew(&now).await;
                }
                1 | 2 if present[user] => drop(users[user].read_crew(None).await.unwrap()),
                3 if present[user] => {
                    let up_to = &said[random.random_range(0..said.len())].1;
                    drop(users[user].read_crew(Some(up_to)).await);
                }
                4 => {
                    let (author, message) = &said[random.random_range(0..said.len())];
                    drop(users[*author].remove(message).await);
                }
                5 | 6 => world.clock.forward(random.random_range(0..5 * DAY)),
                _ if present[user] => said.push((user, users[user].say(&format!("{step}")).await.unwrap())),
                _ => {}
            }
            for (user, _) in users.iter().zip(present).filter(|(_, is_present)| *is_present) {
                let by_hand = unread_by_hand(user).await;
                assert_eq!(user.unread().await, by_hand, "seed {seed}, step {step}, {}", user.id);
            }
        }
    }
}

/// A device that returns to many crews reads only as many as an answer has room for.
#[tokio::test]
async fn an_answer_reads_no_more_crews_than_it_can_hold() {
    let world = World::new().await;
    let [anna, ben] = ["anna", "ben"].map(|user| world.user(user));
    let crews: u64 = 300;
    for job in 1..=crews {
        world.job(job, &["anna", "ben"], JobStatus::Open).await;
        anna.send_as(in_crew(job, "Hello")).await.unwrap();
    }
    world.store.reset();
    let (mut since, mut messages) = (None, 0);
    loop {
        let synced = world.chat.sync(&ben.id, SyncQuery { since, limit: None, wait: None }).await.unwrap();
        messages += synced.messages.len();
        since = Some(synced.cursor);
        if !synced.has_more {
            break;
        }
    }
    let reads = world.store.reset();
    let cursor = since.unwrap().len() as u64;
    println!("{cursor} bytes of a cursor for {crews} crews that are awake");
    assert!(cursor < 27 * crews, "{cursor} bytes");
    assert_eq!(messages as u64, crews);
    assert!(reads.reads < 10 * crews, "{reads:?}");
}

/// Awake crews move without a change of the head: each comes once, sorted among the others.
#[tokio::test]
async fn a_first_sync_lists_crews_and_pairs_newest_first() {
    let world = World::new().await;
    let [anna, ben] = ["anna", "ben"].map(|user| world.user(user));
    let many: u64 = 60;
    let mut said = Vec::new();
    for nth in 1..=many {
        let name = format!("other{nth}");
        world.job(nth, &["anna", "ben"], JobStatus::Open).await;
        world.job(100 + nth, &[&name, "ben"], JobStatus::Open).await;
        anna.send_as(in_crew(nth, "It wakes")).await.unwrap();
    }
    for nth in 1..=many {
        world.clock.forward(1_000);
        world.user(&format!("other{nth}")).send(&ben, "Hello").await.unwrap();
        said.insert(0, format!("conv_ben_other{nth}"));
        // Every third crew is quiet after it woke, so its last change is before those of all pairs.
        if nth % 3 > 0 {
            world.clock.forward(1_000);
            anna.send_as(in_crew(nth, "More")).await.unwrap();
            said.insert(0, format!("crew_{nth}"));
        }
    }
    said.extend((1..=many).rev().filter(|nth| nth % 3 == 0).map(|nth| format!("crew_{nth}")));
    let (mut since, mut came, mut requests) = (None, Vec::new(), 0);
    loop {
        let synced = world.chat.sync(&ben.id, SyncQuery { since, limit: Some(20), wait: None }).await.unwrap();
        came.extend(synced.conversations.into_iter().map(|one| one.id));
        (since, requests) = (Some(synced.cursor), requests + 1);
        if !synced.has_more {
            break;
        }
    }
    let quiet = many as usize / 3;
    assert_eq!(came[..came.len() - quiet], said[..said.len() - quiet]);
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    assert_eq!(sorted(came), sorted(said), "each comes once");
    assert!(requests <= 1 + 2 * many / 20, "{requests} requests");
}

/// The maximum of former members, with long ids, of a job with a long title.
#[tokio::test]
async fn a_crew_that_many_have_left_still_works() {
    let world = World::new().await;
    let title = "建".repeat(200);
    let name = |nth: usize| format!("{nth:0>128}");
    let put = async |from: usize| {
        let participants = std::iter::once("anna".to_owned()).chain((from..from + 49).map(name)).collect();
        let input = HostJobInput { title: title.clone(), participants, status: JobStatus::Open, crew_history: None };
        world.chat.put_job(JobId::parse(1).unwrap(), input).await.unwrap();
    };
    let anna = world.user("anna");
    put(0).await;
    anna.say("Hello").await.unwrap();
    for turn in 1..12 {
        put(turn * 49).await;
        anna.say(&format!("{turn}")).await.unwrap_or_else(|error| panic!("turn {turn}: {error:?}"));
    }
    let last = world.user(&name(11 * 49));
    assert!(last.crew_list().await.is_err(), "there is no place for them");
}

/// Hides the row of the crew from eventual reads.
#[derive(Default)]
struct LateCrew {
    is_late: AtomicBool,
}

#[async_trait]
impl Alteration for LateCrew {
    async fn get_many(
        &self,
        inner: &dyn Store,
        keys: &[Key],
        consistency: Consistency,
    ) -> Result<Vec<Option<Row>>, Error> {
        let mut rows = inner.get_many(keys, consistency).await?;
        let is_late = consistency == Consistency::Eventual && self.is_late.load(Ordering::SeqCst);
        for (key, row) in keys.iter().zip(&mut rows) {
            if is_late && key.partition == format!("CONVERSATION#{CREW}") {
                *row = None;
            }
        }
        Ok(rows)
    }
}

/// An eventual read right after a crew began may not see its row yet.
#[tokio::test]
async fn a_crew_whose_row_becomes_visible_late_is_answered_once() {
    let store = Altered::over(crate::engine::start().await.store, LateCrew::default());
    let settings = Settings { send_rate: 0, window_bytes: 10, ..Settings::default() };
    let world = World::over(store.clone(), settings, 1).await;
    let ben = world.user("ben");
    world.crew(&["anna", "ben"]).await;
    let mut came = Vec::new();
    let mut cursor = ben.sync(None).await.unwrap().cursor;
    world.user("anna").say("Hello").await.unwrap();
    for is_late in [false, true, false] {
        store.is_late.store(is_late, Ordering::SeqCst);
        for other in 0..4_u64 {
            let name = format!("other{other}");
            world.job(10 + other, &[&name, "ben"], JobStatus::Open).await;
            world.user(&name).send(&ben, "Hello").await.unwrap();
        }
        let synced = ben.sync(Some(&cursor)).await.unwrap();
        assert_eq!((synced.has_more, synced.reset), (false, None));
        came.extend(synced.messages.into_iter().map(|message| message.id));
        cursor = synced.cursor;
    }
    assert_eq!(came.len(), 1 + 3 * 4);
    came.sort();
    came.dedup();
    assert_eq!(came.len(), 1 + 3 * 4, "none comes twice");
}

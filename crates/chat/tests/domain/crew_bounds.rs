//! Crews at their limits: many of them, long ones, and those whom many people have left.

use crate::{
    crews::CREW,
    support::{MORNING, MemoryFiles, SeededRandom, User, World},
};
use async_trait::async_trait;
use jobline_chat::{Chat, Clock, JobId, Secrets, Settings, UserId};
use jobline_store::{
    Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Store,
    testing::{Counting, Counts, Slow},
};
use jobline_wire::{HostJobInput, JobStatus, ListConversations, ListMessages, Message, SendMessage, SyncQuery};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

const DAY: u64 = 86_400_000;

fn in_crew(job: u64, text: &str) -> SendMessage {
    let (conversation_id, content) = (Some(format!("crew_{job}")), Some(text.to_owned()));
    SendMessage { conversation_id, content, ..SendMessage::default() }
}

/// What somebody does who has left moves nothing for them beyond what they see.
#[tokio::test]
async fn who_has_left_a_crew_finds_it_where_it_was_in_their_list() {
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

/// A mark that does not move costs the same wherever the message is.
#[tokio::test]
async fn a_mark_that_does_not_move_reads_no_messages() {
    let world = World::new().await;
    let [anna, ben] = ["anna", "ben"].map(|user| world.user(user));
    world.crew(&["anna", "ben"]).await;
    let first = ben.say("first").await.unwrap();
    let second = anna.say("second").await.unwrap();
    for nth in 0..300 {
        anna.say(&format!("{nth}")).await.unwrap();
    }
    ben.read_crew(Some(&second)).await.unwrap();
    world.store.reset();
    assert_eq!(ben.read_crew(Some(&second)).await.unwrap(), 300);
    assert_eq!(ben.read_crew(Some(&first)).await.unwrap(), 300);
    let counts = world.store.reset();
    assert!(counts.rows < 100, "{counts:?}");
}

/// Nobody reads all messages for each member.
#[tokio::test]
async fn unread_messages_are_counted_where_some_have_expired() {
    let settings = Settings { send_rate: 0, retention_days: 30, ..Settings::default() };
    let world = World::with(settings).await;
    let names: Vec<String> = (0..20).map(|nth| format!("user{nth:02}")).collect();
    world.crew(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let users: Vec<User<'_>> = names.iter().map(|name| world.user(name)).collect();
    users[0].say("old").await.unwrap();
    world.clock.forward(31 * DAY);
    for nth in 0..300 {
        users[0].say(&format!("{nth}")).await.unwrap();
    }
    world.store.reset();
    let shown = users[1].conversations().await.unwrap().conversations.pop().unwrap();
    let counts = world.store.reset();
    assert!(shown.unread_count.values().filter(|count| **count == 300).count() == 19, "{:?}", shown.unread_count);
    assert!(counts.rows < 1_000, "{counts:?}");
}

/// What is unread for a user by the messages that they see.
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
async fn unread_counts_of_a_crew_are_those_of_what_is_kept() {
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

/// A device that comes back to many crews reads those that an answer has room for.
#[tokio::test]
async fn an_answer_reads_no_more_crews_than_it_has_room_for() {
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

/// Crews that are awake move without a word in the head: they come where they belong between the others, and once.
#[tokio::test]
async fn a_first_sync_answers_what_happened_last_first_crews_and_pairs_alike() {
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
        // Every third crew is quiet after it woke, so it is older than all pairs.
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

/// As many people as ever can, with long names, have left a job with a long title.
#[tokio::test]
async fn a_crew_that_many_have_left_goes_on() {
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
struct LateCrew {
    inner: Arc<dyn Store>,
    is_late: AtomicBool,
}

#[async_trait]
impl Store for LateCrew {
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        self.inner.get(key, consistency).await
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        let mut rows = self.inner.get_many(keys, consistency).await?;
        let is_late = consistency == Consistency::Eventual && self.is_late.load(Ordering::SeqCst);
        for (key, row) in keys.iter().zip(&mut rows) {
            if is_late && key.partition == format!("CONVERSATION#{CREW}") {
                *row = None;
            }
        }
        Ok(rows)
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        self.inner.range(range).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        self.inner.commit(commit).await
    }
}

/// An eventual read right after a crew began may not see its row yet.
#[tokio::test]
async fn a_crew_that_is_seen_late_is_answered_once() {
    let store = Arc::new(LateCrew { inner: crate::engine::start().await.store, is_late: AtomicBool::new(false) });
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

/// What `list` reads of a crew is what decides who sees what: its job, its row and its roster, and marks where there is news, with
/// the message that the cursor had last.
#[tokio::test]
async fn a_list_of_a_crew_reads_each_of_its_rows_once() {
    let world = World::over(crate::engine::start_with_whole_pages().await.store, Settings::default(), 1).await;
    let [anna, ben] = ["anna", "ben"].map(|user| world.user(user));
    world.crew(&["anna", "ben"]).await;
    anna.say("Hello").await.unwrap();
    ben.read_crew(None).await.unwrap();
    let list = async |since: Option<String>| {
        world.store.reset();
        let list = ListMessages { conversation_id: CREW.into(), since, ..ListMessages::default() };
        let list = ben.list_as(list).await.unwrap();
        (list, world.store.reset())
    };
    let (first, _) = list(None).await;
    let (idle, counts) = list(Some(first.cursor)).await;
    assert_eq!((counts.reads, counts.rows, idle.messages.len()), (2, 3, 0));
    anna.say("More").await.unwrap();
    let (news, counts) = list(Some(idle.cursor)).await;
    assert_eq!((counts.reads, counts.rows, news.messages.len()), (4, 6, 1));
}

/// The reads of a message in a crew that is awake: two that look whether the sender may write, the crew with their head, the job
/// again, and three that show the message. One that answers another reads that for the answer.
#[tokio::test]
async fn a_send_in_a_crew_takes_few_reads() {
    let world = World::over(crate::engine::start_with_whole_pages().await.store, Settings::default(), 1).await;
    let anna = world.user("anna");
    world.crew(&["anna", "ben"]).await;
    let first = anna.say("Hello").await.unwrap();
    world.store.reset();
    anna.say("More").await.unwrap();
    let plain = world.store.reset();
    anna.reply("An answer", &first).await.unwrap();
    let reply = world.store.reset();
    assert_eq!((plain.reads, plain.commits, reply.reads, reply.commits), (7, 1, 8, 1));
}

/// What a message, an edit and a reaction read and write in a crew that is awake.
async fn costs_in_a_crew_of(size: usize) -> [Counts; 3] {
    let world = World::over(crate::engine::start_with_whole_pages().await.store, Settings::default(), 1).await;
    let names: Vec<String> = (0..size).map(|nth| format!("user{nth:02}")).collect();
    world.crew(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let [anna, ben] = [0, 1].map(|nth: usize| world.user(&names[nth]));
    let first = anna.say("Hello").await.unwrap();
    world.store.reset();
    anna.say("More").await.unwrap();
    let send = world.store.reset();
    anna.edit_to(&first, "Hello all").await.unwrap();
    let edit = world.store.reset();
    ben.react(&first, "👍").await.unwrap();
    [send, edit, world.store.reset()]
}

#[tokio::test]
async fn messages_edits_and_reactions_cost_the_same_in_a_crew_of_any_size() {
    let (few, many) = (costs_in_a_crew_of(3).await, costs_in_a_crew_of(50).await);
    println!("send, edit and react, in a crew of 3 and of 50:\n{few:?}\n{many:?}");
    assert_eq!(few, many);
    let [send, edit, react] = many;
    for change in [edit, react] {
        assert!(change.reads <= send.reads && change.rows <= send.rows, "{send:?} {change:?}");
        assert!(change.commits <= send.commits, "{send:?} {change:?}");
    }
}

/// A clock over tokio's, which stands while nothing waits.
struct TokioClock(tokio::time::Instant);

#[async_trait]
impl Clock for TokioClock {
    fn now_ms(&self) -> u64 {
        MORNING + u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// As over a network, with five writers on each of two servers, who send as much as the rate permits in the long run: each
/// message is written on the condition of the one before it, and servers do not queue for each other.
#[tokio::test(start_paused = true)]
async fn ten_who_write_on_two_servers_seldom_lose_races() {
    let mut counts = Vec::new();
    for pause in [0, 2_000, 12_000] {
        let shared = crate::engine::start().await.store;
        let clock = Arc::new(TokioClock(tokio::time::Instant::now()));
        let server = async |seed: u64| {
            let slow = Slow::new(shared.clone(), seed, Duration::from_millis(5));
            let (counting, random) = (Arc::new(Counting::new(Arc::new(slow))), Arc::new(SeededRandom::new(seed)));
            let secrets = Secrets::load(&*shared, &*random).await.unwrap();
            let (files, settings) =
                (Arc::new(MemoryFiles::default()), Settings { send_rate: 0, ..Settings::default() });
            (Chat::new(counting.clone(), files, clock.clone(), random, &secrets, settings), counting)
        };
        let servers = [server(1).await, server(2).await];
        let names: Vec<String> = (0..10).map(|nth| format!("user{nth}")).collect();
        let (title, participants) = ("Job 1".to_owned(), names.clone());
        let job = HostJobInput { title, participants, status: JobStatus::Open, crew_history: None };
        servers[0].0.put_job(JobId::parse(1).unwrap(), job).await.unwrap();
        servers[0].0.send(&UserId::new("user0").unwrap(), in_crew(1, "hello")).await.unwrap();
        let before: u64 = servers.iter().map(|(_, counting)| counting.reset().commits).sum();
        assert!(before > 0);
        let writers = names.iter().enumerate().map(|(nth, name)| {
            let (chat, user) = (&servers[nth % 2].0, UserId::new(name).unwrap());
            let mut random = StdRng::seed_from_u64(nth as u64);
            async move {
                for text in 0..20 {
                    tokio::time::sleep(Duration::from_millis(random.random_range(0..=pause))).await;
                    chat.send(&user, in_crew(1, &format!("{user} says {text}"))).await.unwrap();
                }
            }
        });
        futures_util::future::join_all(writers).await;
        counts.push(servers.iter().map(|(_, counting)| counting.reset().commits).sum::<u64>());
    }
    println!("commits for 200 messages without a pause, with one of 1 s, and with one of 6 s: {counts:?}");
    // 5 % for what the send rate permits, and little more where nobody ever pauses.
    assert!(counts[0] <= 224 && counts[1] <= 212 && counts[2] <= 208, "{counts:?} commits for 200 messages");
}

//! How many reads, rows and commits the calls of a crew take.

use crate::crew_bounds::{DAY, in_crew};
use crate::crews::*;
use crate::support::{MORNING, MemoryFiles, SeededRandom, User, World};
use async_trait::async_trait;
use jobline_chat::{Chat, Clock, JobId, Secrets, Settings, UserId};
use jobline_store::testing::{Counting, Counts, Slow};
use jobline_wire::{HostJobInput, JobStatus, ListMessages};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{sync::Arc, time::Duration};

/// Marking as read without moving the watermark costs the same wherever the message is.
#[tokio::test]
async fn marking_as_read_without_moving_the_watermark_reads_no_messages() {
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

/// The messages are not read again for each member.
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

/// `list` reads what decides who sees what: the crew's job, row and roster, and the watermarks if there are changes,
/// with the cursor's last message.
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

/// The reads of a send in an awake crew: two that check whether the sender may write, the crew with their head, the job
/// again, and three for the answer. A reply reads its original, too.
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
    assert_eq!((plain.reads, plain.commits, reply.reads, reply.commits), (4, 1, 5, 1));
}

/// The reads and writes of a message, an edit and a reaction in an awake crew.
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
        // Besides the message, how far the others have read: a new one nobody has.
        assert!(change.reads <= send.reads + 3 && change.rows <= send.rows + 2, "{send:?} {change:?}");
        assert!(change.commits <= send.commits, "{send:?} {change:?}");
    }
}

/// A clock over tokio's paused clock.
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

/// With delays as over a network, and five writers on each of two servers who send as much as the rate limit permits: each
/// message is conditional on the previous one, and servers do not queue for each other.
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
    // 5 % at the permitted send rate, and little more if nobody ever pauses.
    assert!(counts[0] <= 224 && counts[1] <= 212 && counts[2] <= 208, "{counts:?} commits for 200 messages");
}

/// With delays as over a network: other commits come between a read and a commit.
#[tokio::test(start_paused = true)]
async fn ten_who_write_at_once_do_not_lose_races() {
    let slow =
        jobline_store::testing::Slow::new(crate::engine::start().await.store, 1, std::time::Duration::from_millis(5));
    let world = World::over(std::sync::Arc::new(slow), Settings { send_rate: 0, ..Settings::default() }, 1).await;
    let names: Vec<String> = (0..10).map(|nth| format!("user{nth}")).collect();
    world.crew(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let users: Vec<User<'_>> = names.iter().map(|name| world.user(name)).collect();
    users[0].say("hello").await.unwrap();
    world.store.reset();
    let writers = users.iter().map(|user| async move {
        for nth in 0..20 {
            user.say(&format!("{} says {nth}", user.id)).await.unwrap();
        }
    });
    futures_util::future::join_all(writers).await;
    let commits = world.store.reset().commits;
    assert!(commits <= 210, "{commits} commits for 200 messages");
    assert_eq!(users[9].unread().await, 181);
}

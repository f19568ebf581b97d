//! An inbox that never forgets: a client that was away for long, or has nothing yet, with many conversations.

use crate::engine;
use crate::properties::runtime;
use crate::support::{User, World};
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use jobline_chat::Settings;
use jobline_store::{Bytes, Commit, Condition, Consistency, Error, Key, Outcome, Page, Range, Row, Store, Token};
use jobline_wire::{JobStatus, ListConversations, Message, Synced};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
};

const ME: &str = "me";

/// What fits into the URL of a request, wherever it comes through.
const CURSOR_BYTES: usize = 6_000;

/// `many`, or as many fewer as the engine takes longer.
fn scaled(many: usize) -> usize {
    many * engine::LONG_CASES as usize / 256
}

fn name(number: usize) -> String {
    format!("user{number:04}")
}

/// A user with conversations with `others` people, in each of which the last message is "hello".
async fn world(others: usize, window_bytes: usize) -> World {
    let engine = engine::start_with_whole_pages().await;
    let settings = Settings { send_rate: 0, window_bytes, ..Settings::default() };
    let world = World::over(engine.store, settings, 1).await;
    let all: Vec<usize> = (0..others).collect();
    for (job, some) in (1..).zip(all.chunks(99)) {
        let names: Vec<String> = some.iter().map(|other| name(*other)).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.push(ME);
        world.job(job, &names, JobStatus::Open).await;
    }
    for other in all {
        world.clock.forward(1_000);
        hear(&world, other, "hello").await;
    }
    world
}

/// `other` writes to me.
async fn hear(world: &World, other: usize, text: &str) {
    world.user(&name(other)).send(&world.user(ME), text).await.unwrap();
}

/// What a device has of each conversation, from the answers of its polls alone.
#[derive(Default, Clone)]
struct Device {
    cursor: Option<String>,
    known: BTreeMap<String, BTreeMap<u64, Message>>,
    conversations: BTreeMap<String, jobline_wire::Conversation>,
    requests: usize,
}

impl Device {
    /// Polls once. Every message must be new, follow the last one, or have changed.
    async fn poll(&mut self, me: &User<'_>, limit: u32) -> Synced {
        let answer = me.sync_limit(self.cursor.as_deref(), Some(limit)).await.unwrap();
        self.requests += 1;
        assert_eq!(answer.reset, None, "nothing was lost");
        assert!(answer.cursor.len() <= CURSOR_BYTES, "a cursor of {} bytes", answer.cursor.len());
        assert!(answer.messages.len() <= limit as usize && answer.conversations.len() <= limit as usize);
        for message in &answer.messages {
            let known = self.known.entry(message.conversation_id.clone()).or_default();
            if let Some((last, _)) = known.last_key_value() {
                assert!(message.number <= last + 1, "after {last} came {message:?}");
            }
            let before = known.insert(message.number, message.clone());
            assert!(before.is_none_or(|before| before.updated_at < message.updated_at), "again: {message:?}");
        }
        let told = answer.conversations.iter().map(|one| (one.id.clone(), one.clone()));
        self.conversations.extend(told);
        self.cursor = Some(answer.cursor.clone());
        answer
    }

    /// Polls until nothing more waits.
    async fn catch_up(&mut self, me: &User<'_>, limit: u32) -> Vec<Synced> {
        let mut answers = Vec::new();
        loop {
            answers.push(self.poll(me, limit).await);
            if !answers.last().unwrap().has_more {
                return answers;
            }
            assert!(answers.len() < 5_000, "syncs without an end");
        }
    }

    /// A message that the device has with this text, of each conversation.
    fn heard(&self, text: &str) -> BTreeSet<&str> {
        let with_text = self.known.iter().filter(|(_, known)| known.values().any(|message| message.content == text));
        with_text.map(|(id, _)| id.as_str()).collect()
    }
}

fn ids(answers: &[Synced]) -> Vec<&str> {
    answers.iter().flat_map(|answer| &answer.conversations).map(|one| one.id.as_str()).collect()
}

fn conversation(other: usize) -> String {
    format!("conv_{ME}_{}", name(other))
}

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
async fn it_does_so_with_a_window_that_fits_into_a_write_unit() {
    a_night(850).await;
}

#[tokio::test]
async fn a_cursor_of_any_age_leads_on() {
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

#[tokio::test]
async fn the_list_of_5000_conversations_reads_little_more_than_its_page() {
    let all = scaled(5_000);
    let world = world(all, 4_000).await;
    let me = world.user(ME);
    let mut input = ListConversations { since: None, limit: Some(20) };
    world.store.reset();
    let first = world.chat.conversations(&me.id, input.clone()).await.unwrap();
    let counts = world.store.reset();
    // The head, what left its window (more than a hundred conversations), and four rows for each conversation shown.
    assert!(counts.rows <= 120 && counts.reads <= 6, "{counts:?}");
    let shown: Vec<&str> = first.conversations.iter().map(|one| one.id.as_str()).collect();
    let expected: Vec<String> = (all - 20..all).rev().map(conversation).collect();
    assert_eq!(shown, expected);
    // A receipt is a move, but no new message: the order stays.
    me.read(&world.user(&name(17))).await.unwrap();
    input.since = Some(first.cursor.clone());
    let second = world.chat.conversations(&me.id, input).await.unwrap();
    let shown: Vec<&str> = second.conversations.iter().map(|one| one.id.as_str()).collect();
    let expected: Vec<String> = (all - 40..all - 20).rev().map(conversation).collect();
    assert_eq!(shown, expected);

    let (mut listed, mut since) = (Vec::new(), None);
    loop {
        let input = ListConversations { since, limit: Some(50) };
        let page = world.chat.conversations(&me.id, input).await.unwrap();
        listed.extend(page.conversations.into_iter().map(|one| one.id));
        since = Some(page.cursor);
        if !page.has_more {
            break;
        }
    }
    assert!(listed.into_iter().eq((0..all).rev().map(conversation)), "each once, the one written in last first");
}

#[tokio::test]
async fn many_that_moved_since_the_list_was_read_come_newest_first() {
    let world = world(120, 850).await;
    let me = world.user(ME);
    let mut since = Some(me.conversations_since(Some("2100-01-01T00:00:00Z")).await.unwrap().cursor);
    for other in 0..120 {
        world.clock.forward(1_000);
        hear(&world, other, "again").await;
    }
    let mut listed = Vec::new();
    loop {
        let input = ListConversations { since, limit: Some(50) };
        let page = world.chat.conversations(&me.id, input).await.unwrap();
        assert_eq!(page.reset, None);
        listed.extend(page.conversations.into_iter().map(|one| one.id));
        since = Some(page.cursor);
        if !page.has_more {
            break;
        }
        if listed.len() == 50 {
            world.clock.forward(1_000);
            hear(&world, 3, "meanwhile").await;
        }
    }
    let mut expected: Vec<String> = (70..120).rev().map(conversation).collect();
    expected.push(conversation(3));
    expected.extend((0..70).rev().filter(|other| *other != 3).map(conversation));
    assert_eq!(listed, expected);
}

/// My head as an older server would have left it: without what is new in it, and with only the last `kept`
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
async fn what_older_servers_wrote_is_read() {
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

/// A store before whose next read of conversations something happens, and whose eventual reads of heads may be late.
struct Interrupted {
    inner: Arc<dyn Store>,
    before: Mutex<Option<BoxFuture<'static, ()>>>,
    /// What the next eventual reads of a head answer.
    late: Mutex<VecDeque<Row>>,
}

impl Interrupted {
    fn over(inner: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { inner, before: Mutex::default(), late: Mutex::default() })
    }
}

#[async_trait]
impl Store for Interrupted {
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        if key.sort == "HEAD" && consistency == Consistency::Eventual {
            let late = self.late.lock().unwrap().pop_front();
            if late.is_some() {
                return Ok(late);
            }
        }
        self.inner.get(key, consistency).await
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        let of_conversations =
            keys.iter().all(|key| key.partition == key.sort && key.sort.starts_with("CONVERSATION#"));
        let before = self.before.lock().unwrap().take_if(|_| of_conversations);
        if let Some(before) = before {
            before.await;
        }
        self.inner.get_many(keys, consistency).await
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        self.inner.range(range).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        self.inner.commit(commit).await
    }
}

#[tokio::test]
async fn what_moves_between_the_reads_of_an_answer_comes_once() {
    let settings = Settings { send_rate: 0, window_bytes: 10, ..Settings::default() };
    let inner = engine::start_with_whole_pages().await.store;
    let store = Interrupted::over(inner.clone());
    let world = World::over(store.clone(), settings, 1).await;
    let other_server = Arc::new(World::over(inner, settings, 2).await);
    let names: Vec<String> = (0..8).map(name).collect();
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    all.push(ME);
    world.job(1, &all, JobStatus::Open).await;
    let (me, mut device) = (world.user(ME), Device::default());
    // All messages are mine, from another device: what proves delivery would be remembered anyway.
    for round in 0..2 {
        for name in &names {
            me.send(&world.user(name), &format!("round {round}")).await.unwrap();
        }
        let elsewhere = other_server.clone();
        *store.before.lock().unwrap() = Some(Box::pin(async move {
            let (me, first) = (elsewhere.user(ME), elsewhere.user(&name(0)));
            me.send(&first, &format!("in between {round}")).await.unwrap();
        }));
        device.catch_up(&me, 50).await;
        let all_in_between = if round == 0 { 1 } else { 2 };
        let begun = &device.known[&conversation(0)];
        let in_between = begun.values().filter(|message| message.content.starts_with("in between"));
        assert_eq!(in_between.count(), all_in_between, "the row that was read had it already");
        device.catch_up(&me, 50).await;
        assert!(store.before.lock().unwrap().is_none(), "it happened");
    }
    for name in &names {
        me.send(&world.user(name), "the end").await.unwrap();
    }
    device.catch_up(&me, 50).await;
    assert_eq!(device.heard("the end").len(), 8);
}

#[tokio::test]
async fn what_left_the_window_and_moved_again_comes_once_though_reads_of_the_head_are_late() {
    let settings = Settings { send_rate: 0, window_bytes: 10, ..Settings::default() };
    let store = Interrupted::over(engine::start_with_whole_pages().await.store);
    let world = World::over(store.clone(), settings, 1).await;
    let names: Vec<String> = (0..4).map(name).collect();
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    all.push(ME);
    world.job(1, &all, JobStatus::Open).await;
    let (me, mut device) = (world.user(ME), Device::default());
    let write = async |other: usize, text: &str| {
        me.send(&world.user(&name(other)), text).await.unwrap();
        let head = Key::new(format!("USER#{ME}"), "HEAD");
        store.inner.get(&head, Consistency::Strong).await.unwrap().unwrap()
    };
    for other in 0..4 {
        write(other, "first").await;
    }
    device.catch_up(&me, 50).await;
    let in_window = write(0, "second").await;
    write(1, "second").await;
    write(2, "second").await;
    let out_of_window = write(3, "second").await;
    write(0, "third").await;
    // The first answer knows of the second message only, and reads the third with it. The next one is made from the time
    // between, when the conversation was not in the window and had not moved further.
    for head in [in_window, out_of_window] {
        store.late.lock().unwrap().push_back(head);
        device.poll(&me, 50).await;
        assert!(store.late.lock().unwrap().is_empty(), "the late head was read");
    }
    assert!(device.known[&conversation(0)].values().any(|message| message.content == "third"));
    device.catch_up(&me, 50).await;
    assert_eq!(device.heard("second").len(), 4);
}

/// What happens in a history.
#[derive(Debug, Clone)]
enum Step {
    Hear(usize),
    Write(usize),
    /// The other one reads what I wrote.
    IsRead(usize),
    Read(usize),
    /// A device polls once.
    Poll(usize, u32),
    /// A device is put into the state in which another one is: it slept since then, whenever it polls next.
    Copy(usize, usize),
    /// A device has nothing yet.
    New(usize),
}

const OTHERS: usize = 12;
const DEVICES: usize = 4;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..OTHERS).prop_map(Step::Hear),
        4 => (0..OTHERS).prop_map(Step::Write),
        1 => (0..OTHERS).prop_map(Step::IsRead),
        1 => (0..OTHERS).prop_map(Step::Read),
        4 => (0..DEVICES, prop_oneof![1..4_u32, 4..13_u32, Just(50)]).prop_map(|(one, limit)| Step::Poll(one, limit)),
        1 => (0..DEVICES, 0..DEVICES).prop_map(|(device, from)| Step::Copy(device, from)),
        1 => (0..DEVICES).prop_map(Step::New),
    ]
}

/// Every message comes once to every device, whenever it polls, and in the end all have what is stored.
async fn every_message_comes_once(steps: Vec<Step>, window_bytes: usize) {
    let settings = Settings { send_rate: 0, window_bytes, ..Settings::default() };
    let world = World::over(engine::start().await.store, settings, 1).await;
    let names: Vec<String> = (0..OTHERS).map(name).collect();
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    all.push(ME);
    world.job(1, &all, JobStatus::Open).await;
    let me = world.user(ME);
    let mut devices = vec![Device::default(); DEVICES];
    for (number, step) in steps.into_iter().enumerate() {
        let text = format!("m{number}");
        match step {
            Step::Hear(other) => hear(&world, other, &text).await,
            Step::Write(other) => drop(me.send(&world.user(&name(other)), &text).await.unwrap()),
            Step::IsRead(other) => drop(world.user(&name(other)).read(&me).await),
            Step::Read(other) => drop(me.read(&world.user(&name(other))).await),
            Step::Poll(device, limit) => drop(devices[device].poll(&me, limit).await),
            Step::Copy(device, from) => devices[device] = devices[from].clone(),
            Step::New(device) => devices[device] = Device::default(),
        }
    }
    for device in &mut devices {
        device.catch_up(&me, 5).await;
    }
    let listed = me.conversations().await.unwrap().conversations;
    for device in &mut devices {
        device.catch_up(&me, 50).await;
        assert_eq!(device.known.len(), listed.len());
        for stored in &listed {
            let shown = &device.conversations[&stored.id];
            assert_eq!((&shown.last_message, &shown.unread_count), (&stored.last_message, &stored.unread_count));
            let other = world.user(stored.participants.iter().find(|user| *user != ME).unwrap());
            let stored = me.list(&other).await.unwrap().messages;
            let known = &device.known[&stored[0].conversation_id];
            assert_eq!(known.last_key_value().unwrap().1, stored.last().unwrap());
            // A receipt also shows messages from before those that the device began with.
            let of_known = stored.iter().filter(|message| known.contains_key(&message.number));
            assert!(known.values().eq(of_known), "not as they are stored");
        }
    }
    world.store.reset();
    for device in &mut devices {
        device.poll(&me, 50).await;
    }
    let counts = world.store.reset();
    assert_eq!((counts.reads, counts.commits), (DEVICES as u64, 0), "an idle poll is one read");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: engine::LONG_CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_message_comes_once_to_every_device(
        steps in prop::collection::vec(step(), 1..120),
        window_bytes in prop_oneof![Just(10), Just(200), Just(850), Just(4_000)],
    ) {
        runtime().block_on(every_message_comes_once(steps, window_bytes));
    }
}

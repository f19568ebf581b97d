//! Cursors: nobody is answered the same state of a message twice, and nothing is hidden after the store was restored.

use crate::engine;
use crate::support::{User, World, texts};
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use jobline_chat::Settings;
use jobline_store::{Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Store};
use jobline_wire::{EditMessage, JobStatus, ListMessages, Message};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

fn unlimited() -> Settings {
    Settings { send_rate: 0, ..Settings::default() }
}

/// A store in which something happens before messages are read next.
struct Meanwhile {
    inner: Arc<dyn Store>,
    before_messages: Mutex<Option<BoxFuture<'static, ()>>>,
}

#[async_trait]
impl Store for Meanwhile {
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        self.before(std::slice::from_ref(&key.sort)).await;
        self.inner.get(key, consistency).await
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        self.before(&keys.iter().map(|key| key.sort.clone()).collect::<Vec<_>>()).await;
        self.inner.get_many(keys, consistency).await
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        self.before(std::slice::from_ref(&range.from)).await;
        self.inner.range(range).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        self.inner.commit(commit).await
    }
}

impl Meanwhile {
    async fn before(&self, sorts: &[String]) {
        let of_messages = sorts.iter().any(|sort| sort.starts_with("MESSAGE#"));
        let happens = self.before_messages.lock().unwrap().take_if(|_| of_messages);
        if let Some(happens) = happens {
            happens.await;
        }
    }
}

/// Two servers over one store: what the second one does may happen between two reads of the first.
struct Servers {
    world: World,
    store: Arc<Meanwhile>,
    other: Arc<World>,
}

impl Servers {
    async fn start() -> Self {
        let inner = engine::start_with_whole_pages().await.store;
        let store = Arc::new(Meanwhile { inner: inner.clone(), before_messages: Mutex::default() });
        let world = World::over(store.clone(), unlimited(), 1).await;
        Self { world, store, other: Arc::new(World::over(inner, unlimited(), 2).await) }
    }

    /// Anna edits `message` before the next read of messages.
    fn edits_meanwhile(&self, message: &Message, content: &str) {
        let (other, input) = (self.other.clone(), edit(message, content));
        *self.store.before_messages.lock().unwrap() = Some(Box::pin(async move {
            let anna = other.user("anna");
            anna.chat().edit(&anna.id, input).await.unwrap();
        }));
    }

    fn assert_happened(&self) {
        assert!(self.store.before_messages.lock().unwrap().is_none(), "it happened between the reads");
    }
}

fn edit(message: &Message, content: &str) -> EditMessage {
    let (conversation_id, message_id) = (message.conversation_id.clone(), message.id.clone());
    EditMessage { conversation_id, message_id, content: content.to_owned() }
}

/// What polls with `list`, from `cursor` on, answer in pages of `limit`, up to one that has nothing.
async fn rest(ben: &User<'_>, anna: &User<'_>, mut cursor: String, limit: u32) -> Vec<String> {
    let mut seen = Vec::new();
    for _ in 0..50 {
        let input = ListMessages {
            conversation_id: ben.conversation(anna),
            since: Some(cursor.clone()),
            limit: Some(limit),
            ..ListMessages::default()
        };
        let page = ben.list_as(input).await.unwrap();
        assert_eq!(page.reset, None);
        seen.extend(page.messages.iter().map(|message| message.content.clone()));
        if page.cursor == cursor {
            return seen;
        }
        cursor = page.cursor;
    }
    panic!("polls without an end: {seen:?}");
}

#[tokio::test]
async fn a_new_message_that_is_edited_between_the_reads_of_an_answer_comes_once() {
    let servers = Servers::start().await;
    let (anna, ben) = servers.world.pair().await;
    anna.send(&ben, "0").await.unwrap();
    let (listed, synced) = (ben.list(&anna).await.unwrap(), ben.sync(None).await.unwrap());
    let sent = anna.send(&ben, "Monday").await.unwrap().message;

    servers.edits_meanwhile(&sent, "Tuesday");
    assert_eq!(rest(&ben, &anna, listed.cursor, 50).await, ["Tuesday"]);
    servers.assert_happened();

    servers.edits_meanwhile(&sent, "Wednesday");
    let first = ben.sync(Some(&synced.cursor)).await.unwrap();
    servers.assert_happened();
    assert_eq!(texts(&first.messages), ["Wednesday"]);
    let second = ben.sync(Some(&first.cursor)).await.unwrap();
    assert!(second.messages.is_empty(), "again: {:?}", second.messages);
    anna.chat().edit(&anna.id, edit(&sent, "Thursday")).await.unwrap();
    let third = ben.sync(Some(&second.cursor)).await.unwrap();
    assert_eq!(texts(&third.messages), ["Thursday"], "what it was changed to later comes");
}

#[tokio::test]
async fn a_first_answer_does_not_repeat_what_is_edited_between_its_reads() {
    let servers = Servers::start().await;
    let (anna, ben) = servers.world.pair().await;
    let sent = anna.send(&ben, "Monday").await.unwrap().message;
    servers.edits_meanwhile(&sent, "Tuesday");
    let listed = ben.list(&anna).await.unwrap();
    servers.assert_happened();
    assert_eq!(texts(&listed.messages), ["Tuesday"]);
    assert_eq!(rest(&ben, &anna, listed.cursor, 50).await, [""; 0]);

    servers.edits_meanwhile(&sent, "Wednesday");
    let synced = ben.sync(None).await.unwrap();
    servers.assert_happened();
    assert_eq!(texts(&synced.messages), ["Wednesday"]);
    let next = ben.sync(Some(&synced.cursor)).await.unwrap();
    assert!(next.messages.is_empty(), "again: {:?}", next.messages);
}

#[tokio::test]
async fn a_message_that_is_edited_while_pages_are_read_comes_once_and_with_its_status() {
    let servers = Servers::start().await;
    let (anna, ben) = servers.world.pair().await;
    let old = anna.send(&ben, "old").await.unwrap().message;
    let begun = ben.list(&anna).await.unwrap().cursor;
    let anna_begun = anna.list(&ben).await.unwrap().cursor;
    anna.chat().edit(&anna.id, edit(&old, "old, edited")).await.unwrap();
    let sent = anna.send(&ben, "Monday").await.unwrap().message;
    for number in 0..4 {
        anna.send(&ben, &number.to_string()).await.unwrap();
    }
    // The message from before, then one in the middle of a series, each after the row of the conversation was read.
    servers.edits_meanwhile(&old, "old, edited twice");
    let mut seen = rest(&ben, &anna, begun, 2).await;
    servers.assert_happened();
    seen.sort();
    assert_eq!(seen, ["0", "1", "2", "3", "Monday", "old, edited twice"]);

    servers.edits_meanwhile(&sent, "Tuesday");
    let seen = rest(&anna, &ben, anna_begun, 2).await;
    servers.assert_happened();
    assert_eq!(seen.iter().filter(|text| *text == "Tuesday").count(), 1, "{seen:?}");
    let at = anna.list(&ben).await.unwrap().cursor;
    servers.edits_meanwhile(&sent, "Wednesday");
    let listed = anna.list(&ben).await.unwrap();
    servers.assert_happened();
    ben.read(&anna).await.unwrap();
    let read = rest(&anna, &ben, listed.cursor, 50).await;
    assert_eq!(read.iter().filter(|text| *text == "Wednesday").count(), 1, "its status changed: {read:?}");
    assert!(rest(&anna, &ben, at, 50).await.contains(&"Wednesday".to_owned()));
}

/// What was before a backup: one and the same history, in a store of its own each time.
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

/// The store of the backup, some time after what was lost.
async fn restored() -> World {
    let world = backed_up().await;
    world.clock.forward(600_000);
    world
}

#[tokio::test]
async fn a_list_notices_that_the_store_was_restored_wherever_the_log_has_come_again() {
    let lost = backed_up().await;
    let (anna, ben) = (lost.user("anna"), lost.user("ben"));
    let before = ben.list(&anna).await.unwrap();
    let mut cursors = Vec::new();
    let mut message = anna.send(&ben, "lost 1").await.unwrap().message;
    cursors.push(ben.list_since(&anna, &before.cursor).await.unwrap().cursor);
    for nth in 0..2 {
        // One proves the delivery of the message, which is a change of its own.
        cursors.push(ben.list_since(&anna, cursors.last().unwrap()).await.unwrap().cursor);
        anna.chat().edit(&anna.id, edit(&message, &format!("lost, edited {nth}"))).await.unwrap();
        cursors.push(ben.list_since(&anna, cursors.last().unwrap()).await.unwrap().cursor);
        message = anna.send(&ben, &format!("lost again {nth}")).await.unwrap().message;
        cursors.push(ben.list_since(&anna, cursors.last().unwrap()).await.unwrap().cursor);
    }
    for count in 0..10 {
        // As many changes after the restoration, of which the first two are edits and the others messages.
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

/// The other that something happens with.
fn other(world: &World, nth: usize) -> User<'_> {
    world.user(&format!("user{}", nth * 3 % 8))
}

/// Whatever moved since the restoration, messages or receipts, and wherever the window has left it: each cursor of what was lost
/// gets a reset, or all that is new where the head cannot tell, and one of before leads on.
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
async fn sync_and_the_list_of_chats_notice_that_the_store_was_restored() {
    everything_is_noticed_after_a_restoration(4_000).await;
}

#[tokio::test]
async fn they_notice_it_also_in_what_left_the_window() {
    everything_is_noticed_after_a_restoration(10).await;
}

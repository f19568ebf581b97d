//! Cursors: the same state of a message is never returned twice.

use crate::engine;
use crate::meanwhile::Meanwhile;
use crate::support::{User, World, texts};
use jobline_chat::Settings;
use jobline_store::testing::Altered;
use jobline_wire::{EditMessage, ListMessages, Message};
use std::sync::Arc;

pub(crate) fn unlimited() -> Settings {
    Settings { send_rate: 0, ..Settings::default() }
}

/// Two servers over one store: the second may act between two reads of the first.
struct Servers {
    world: World,
    store: Arc<Altered<Meanwhile>>,
    other: Arc<World>,
}

impl Servers {
    async fn start() -> Self {
        let inner = engine::start_with_whole_pages().await.store;
        let store = Meanwhile::over(inner.clone());
        let world = World::over(store.clone(), unlimited(), 1).await;
        Self { world, store, other: Arc::new(World::over(inner, unlimited(), 2).await) }
    }

    /// Anna edits `message` before the next read of messages.
    fn edits_meanwhile(&self, message: &Message, content: &str) {
        let (other, input) = (self.other.clone(), edit(message, content));
        self.store.before_read_of("MESSAGE#", async move {
            let anna = other.user("anna");
            anna.chat().edit(&anna.id, input).await.unwrap();
        });
    }

    fn assert_happened(&self) {
        assert!(self.store.has_happened(), "it happened between the reads");
    }
}

pub(crate) fn edit(message: &Message, content: &str) -> EditMessage {
    let (conversation_id, message_id) = (message.conversation_id.clone(), message.id.clone());
    EditMessage { conversation_id, message_id, content: content.to_owned() }
}

/// The answers of polls with `list` from `cursor` on, in pages of `limit`, up to an empty one.
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
    // First the older message, then one in the middle of a series, each after the row of the conversation was read.
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

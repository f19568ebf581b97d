//! The inbox with commits between two reads of an answer, and with stale reads.

use super::*;
use crate::engine;
use crate::support::World;
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use jobline_chat::Settings;
use jobline_store::{
    Consistency, Error, Key, Row, Store,
    testing::{Alteration, Altered},
};
use jobline_wire::JobStatus;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

/// A store in which something happens before the next read of conversations, and whose eventual reads of heads may be stale.
#[derive(Default)]
struct Interrupted {
    before: Mutex<Option<BoxFuture<'static, ()>>>,
    /// The answers of the next eventual reads of a head.
    late: Mutex<VecDeque<Row>>,
}

#[async_trait]
impl Alteration for Interrupted {
    async fn get(&self, inner: &dyn Store, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        if key.sort == "HEAD" && consistency == Consistency::Eventual {
            let late = self.late.lock().unwrap().pop_front();
            if late.is_some() {
                return Ok(late);
            }
        }
        inner.get(key, consistency).await
    }

    async fn get_many(
        &self,
        inner: &dyn Store,
        keys: &[Key],
        consistency: Consistency,
    ) -> Result<Vec<Option<Row>>, Error> {
        let of_conversations =
            keys.iter().all(|key| key.partition == key.sort && key.sort.starts_with("CONVERSATION#"));
        let before = self.before.lock().unwrap().take_if(|_| of_conversations);
        if let Some(before) = before {
            before.await;
        }
        inner.get_many(keys, consistency).await
    }
}

#[tokio::test]
async fn changes_between_the_reads_of_an_answer_come_once() {
    let settings = Settings { send_rate: 0, window_bytes: 10, ..Settings::default() };
    let inner = engine::start_with_whole_pages().await.store;
    let store = Altered::over(inner.clone(), Interrupted::default());
    let world = World::over(store.clone(), settings, 1).await;
    let other_server = Arc::new(World::over(inner, settings, 2).await);
    let names: Vec<String> = (0..8).map(name).collect();
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    all.push(ME);
    world.job(1, &all, JobStatus::Open).await;
    let (me, mut device) = (world.user(ME), Device::default());
    // All messages are mine, from another device: a cursor that proves delivery would keep its position anyway.
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
async fn a_conversation_that_left_the_window_and_moved_again_comes_once_though_reads_of_the_head_are_late() {
    let settings = Settings { send_rate: 0, window_bytes: 10, ..Settings::default() };
    let store = Altered::over(engine::start_with_whole_pages().await.store, Interrupted::default());
    let world = World::over(store.clone(), settings, 1).await;
    let names: Vec<String> = (0..4).map(name).collect();
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    all.push(ME);
    world.job(1, &all, JobStatus::Open).await;
    let (me, mut device) = (world.user(ME), Device::default());
    let write = async |other: usize, text: &str| {
        me.send(&world.user(&name(other)), text).await.unwrap();
        let head = Key::new(format!("USER#{ME}"), "HEAD");
        store.get(&head, Consistency::Strong).await.unwrap().unwrap()
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
    // The first answer knows only of the second message, and reads the third with it. The next one reads a stale head
    // from in between, when the conversation was not in the window and had not moved further.
    for head in [in_window, out_of_window] {
        store.late.lock().unwrap().push_back(head);
        device.poll(&me, 50).await;
        assert!(store.late.lock().unwrap().is_empty(), "the late head was read");
    }
    assert!(device.known[&conversation(0)].values().any(|message| message.content == "third"));
    device.catch_up(&me, 50).await;
    assert_eq!(device.heard("second").len(), 4);
}

//! What DynamoDB bills for a crew: the same for any number of members, and nothing for crews that sleep.

use crate::engine;
use crate::support::{User, World};
use jobline_chat::Settings;
use jobline_store_dynamodb::WINDOW_BYTES;
use jobline_wire::{EditMessage, JobStatus, MarkAsRead, Message, React, SendMessage};
use std::sync::{Arc, Mutex};

const DAY_MS: u64 = 86_400_000;

/// As long as a UUID.
fn id(number: usize) -> String {
    format!("018f3c1e-7b2a-7c44-9d21-{number:012}")
}

struct Billed {
    world: World,
    units: Arc<Mutex<(f64, f64)>>,
}

impl Billed {
    async fn new() -> Self {
        let engine::Engine { store, units } = engine::start_with_whole_pages().await;
        let settings = Settings { send_rate: 10_000, window_bytes: WINDOW_BYTES, ..Settings::default() };
        Self { world: World::over(store, settings, 1).await, units: units.unwrap() }
    }

    /// A crew of `members`.
    async fn crew(&self, members: usize) -> Vec<User<'_>> {
        let ids: Vec<String> = (0..members).map(id).collect();
        let names: Vec<&str> = ids.iter().map(String::as_str).collect();
        self.world.job(42, &names, JobStatus::Open).await;
        ids.iter().map(|id| self.world.user(id)).collect()
    }

    /// The read and write units of `operation`.
    async fn of<T>(&self, operation: impl Future<Output = jobline_chat::Result<T>>) -> (T, f64, f64) {
        *self.units.lock().unwrap() = (0.0, 0.0);
        let answer = operation.await.unwrap();
        let (read, written) = *self.units.lock().unwrap();
        (answer, read, written)
    }

    /// A night in which nothing is written.
    async fn night(&self) {
        for _ in 0..2 {
            self.world.clock.forward(DAY_MS + 1);
            self.world.chat.run_due_tasks(u64::MAX).await.unwrap();
        }
    }
}

async fn say(user: &User<'_>, nth: usize) -> jobline_chat::Result<Message> {
    let input = SendMessage {
        conversation_id: Some("crew_42".into()),
        content: Some("Can somebody bring the long ladder on Monday?".into()),
        client_id: Some(format!("01890a5d-ac96-774b-bcce-{nth:012}")),
        ..SendMessage::default()
    };
    Ok(user.send_as(input).await?.message)
}

#[tokio::test]
async fn a_crew_of_any_size_is_billed_alike() {
    for members in [2, 10, 50] {
        let billed = Billed::new().await;
        let users = billed.crew(members).await;
        say(&users[0], 0).await.unwrap();
        for (nth, user) in users.iter().take(10).enumerate() {
            let (_, _, written) = billed.of(say(user, 1 + nth)).await;
            assert!(written <= 10.0, "a send to {members}: {written}");
        }
        billed.night().await;
        let (_, _, written) = billed.of(say(&users[1], 20)).await;
        let first = 10.0 + 2.0 * f64::from(u32::try_from(members).unwrap());
        assert!(written <= first, "the first send of a quiet day to {members}: {written}");
        let (message, _, written) = billed.of(say(&users[1], 21)).await;
        assert!(written <= 10.0, "the second send of a quiet day to {members}: {written}");

        let (conversation_id, message_id) = ("crew_42".to_owned(), message.id);
        let read = MarkAsRead { conversation_id: conversation_id.clone(), up_to: None };
        let (_, _, written) = billed.of(users[0].chat().mark_as_read(&users[0].id, read)).await;
        assert!(written <= 4.0, "a read in a crew of {members}: {written}");
        let react = React { conversation_id, message_id, emoji: Some("👍".into()) };
        let (_, _, written) = billed.of(users[0].chat().react(&users[0].id, react.clone())).await;
        assert!(written <= 10.0, "a reaction in a crew of {members}: {written}");
        let React { conversation_id, message_id, .. } = react;
        let edit = EditMessage { conversation_id, message_id, content: "Can somebody bring it on Tuesday?".into() };
        let (_, _, written) = billed.of(users[1].chat().edit(&users[1].id, edit)).await;
        assert!(written <= 12.0, "an edit in a crew of {members}: {written}");
    }
}

#[tokio::test]
async fn polls_are_billed_for_crews_that_are_awake_alone() {
    let billed = Billed::new().await;
    let users = billed.crew(10).await;
    say(&users[0], 0).await.unwrap();
    let me = &users[1];
    let mut cursor = me.sync(None).await.unwrap().cursor;
    let mut list = me.conversations().await.unwrap().cursor;
    let (_, read, written) = billed.of(me.sync(Some(&cursor))).await;
    assert!((read, written) == (1.0, 0.0), "a poll that finds nothing, with one crew awake: {read}, {written}");
    let (_, read, _) = billed.of(me.conversations_since(Some(&list))).await;
    assert!(read <= 1.0, "the same of the list: {read}");
    billed.night().await;
    for _ in 0..2 {
        cursor = me.sync(Some(&cursor)).await.unwrap().cursor;
        list = me.conversations_since(Some(&list)).await.unwrap().cursor;
    }
    let (_, read, written) = billed.of(me.sync(Some(&cursor))).await;
    assert!((read, written) == (0.5, 0.0), "a poll that finds nothing, with the crew asleep: {read}, {written}");
    let (_, read, written) = billed.of(me.conversations_since(Some(&list))).await;
    assert!((read, written) == (0.5, 0.0), "the same of the list: {read}, {written}");
    say(&users[0], 1).await.unwrap();
    assert_eq!(me.sync(Some(&cursor)).await.unwrap().messages.len(), 1);
    assert_eq!(me.conversations_since(Some(&list)).await.unwrap().conversations.len(), 1);
}

#[tokio::test]
async fn a_pair_is_billed_as_before() {
    let billed = Billed::new().await;
    let users = billed.crew(2).await;
    users[0].send_once(&users[1], "Hello", "a").await.unwrap();
    let (_, _, written) = billed.of(users[0].send_once(&users[1], "And again", "b")).await;
    assert!(written <= 10.0, "a send to a pair: {written}");
}

//! The round trips to the store that each operation takes, compared with the table in `docs/cost.md`.
use crate::support::{User, World};
use jobline_chat::Settings;
use jobline_store::testing::Counts;
use jobline_wire::{Code, JobStatus, ListMessages, SendMessage, Status};
use std::ops::Deref;
use std::sync::{Arc, Mutex};

/// An operation, its round trips, and its read and write units if the engine bills them.
type Cost = (&'static str, Counts, Option<(f64, f64)>);

/// A world whose store returns full pages.
struct Measured {
    world: World,
    units: Option<Arc<Mutex<(f64, f64)>>>,
}

impl Measured {
    fn reset(&self) -> (Counts, Option<(f64, f64)>) {
        let units = self.units.as_ref().map(|units| std::mem::take(&mut *units.lock().unwrap()));
        (self.world.store.reset(), units)
    }
}

impl Deref for Measured {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

async fn world(settings: Settings) -> Measured {
    let engine = crate::engine::start_with_whole_pages().await;
    Measured { world: World::over(engine.store, settings, 1).await, units: engine.units }
}

fn unlimited() -> Settings {
    Settings { send_rate: 0, ..Settings::default() }
}

/// The cost of `operation`, which must succeed.
async fn cost<T: std::fmt::Debug>(
    world: &Measured,
    name: &'static str,
    operation: impl Future<Output = jobline_chat::Result<T>>,
) -> (T, Cost) {
    world.reset();
    let answer = operation.await.unwrap_or_else(|error| panic!("{name}: {error}"));
    let (counts, units) = world.reset();
    (answer, (name, counts, units))
}

fn to(other: &User<'_>, text: &str) -> SendMessage {
    SendMessage { receiver_id: Some(other.id.to_string()), content: Some(text.into()), ..SendMessage::default() }
}

async fn sends() -> Vec<Cost> {
    let world = world(Settings::default()).await;
    let (anna, ben) = world.pair().await;
    let (_, first) = cost(&world, "`send`, the first of a conversation", anna.send(&ben, "1")).await;
    let (_, steady) = cost(&world, "`send`", anna.send(&ben, "2")).await;
    let by_id = SendMessage {
        conversation_id: Some(anna.conversation(&ben)),
        content: Some("3".into()),
        ..SendMessage::default()
    };
    let (_, by_id) = cost(&world, "`send` by `conversationId`", anna.send_as(by_id)).await;
    let about = SendMessage { job_id: Some(1), ..to(&ben, "4") };
    let (_, about) = cost(&world, "`send` with `jobId`", anna.send_as(about)).await;
    let (_, once) = cost(&world, "`send` with `clientId`", anna.send_once(&ben, "5", "c")).await;
    let (_, again) = cost(&world, "`send`, repeated with its `clientId`", anna.send_once(&ben, "5", "c")).await;
    let target = anna.announce(&ben, "a.txt", "text/plain", 4).await.unwrap();
    world.files.upload(&target, b"text");
    let (_, file) = cost(&world, "`send` with a file", anna.send_uploaded(&ben, &target)).await;
    vec![first, steady, by_id, about, once, again, file]
}

async fn polls() -> Vec<Cost> {
    let world = world(unlimited()).await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "1").await.unwrap();
    let (snapshot, newest) = cost(&world, "`list`, the newest", ben.list(&anna)).await;
    let (list, delivers) = cost(&world, "`list` that proves delivery", ben.list_since(&anna, &snapshot.cursor)).await;
    let (idle, idle_list) = cost(&world, "`list`, nothing new", ben.list_since(&anna, &list.cursor)).await;
    assert_eq!((idle.cursor == list.cursor, idle.messages.len()), (true, 0));

    let (everything, sync_start) = cost(&world, "`sync` from the start", ben.sync(None)).await;
    let settled = ben.sync(Some(&everything.cursor)).await.unwrap().cursor;
    let (_, idle_sync) = cost(&world, "`sync`, nothing new", ben.sync(Some(&settled))).await;
    let (conversations, all) = cost(&world, "`getConversations`, all", ben.conversations()).await;
    let since = Some(conversations.cursor.as_str());
    let (_, idle_conversations) = cost(&world, "`getConversations`, nothing new", ben.conversations_since(since)).await;

    anna.send(&ben, "2").await.unwrap();
    let (list, new_list) = cost(&world, "`list`, new messages", ben.list_since(&anna, &list.cursor)).await;
    let (synced, new_sync) = cost(&world, "`sync`, new messages", ben.sync(Some(&settled))).await;
    assert_eq!((list.messages.len(), synced.messages.len()), (1, 1));
    let (_, moved) = cost(&world, "`getConversations`, some moved", ben.conversations_since(since)).await;
    let (_, sync_delivers) = cost(&world, "`sync` that proves delivery", ben.sync(Some(&synced.cursor))).await;

    let at = anna.list(&ben).await.unwrap().cursor;
    let input = ListMessages {
        conversation_id: ben.conversation(&anna),
        before: Some(list.messages[0].id.clone()),
        ..ListMessages::default()
    };
    let (_, before) = cost(&world, "`list` with `before`", ben.list_as(input)).await;
    let (_, read) = cost(&world, "`markAsRead`", ben.read(&anna)).await;
    let (_, read_again) = cost(&world, "`markAsRead`, repeated", ben.read(&anna)).await;
    let (status, statuses) = cost(&world, "`list`, a status changed", anna.list_since(&ben, &at)).await;
    assert_eq!(status.messages[1].status, Status::Read);
    vec![
        idle_list,
        idle_sync,
        idle_conversations,
        newest,
        new_list,
        delivers,
        statuses,
        before,
        sync_start,
        new_sync,
        sync_delivers,
        all,
        moved,
        read,
        read_again,
    ]
}

async fn uploads() -> Vec<Cost> {
    let world = world(unlimited()).await;
    let (anna, ben) = world.pair().await;
    let (_, upload) = cost(&world, "`uploadFile`", anna.announce(&ben, "a.txt", "text/plain", 4)).await;
    vec![upload]
}

fn row((name, counts, units): &Cost) -> String {
    let Counts { reads, strong_reads, commits, operations, .. } = counts;
    let units = units.map_or_else(String::new, |(read, written)| format!(" {read} | {written} |"));
    format!("| {name} | {reads} | {strong_reads} | {commits} | {operations} |{units}")
}

/// `line` of the table without the columns that `measured` lacks: units are known only if the engine bills them.
fn stated(line: &str, measured: &str) -> String {
    let columns = measured.matches('|').count();
    line.split_inclusive('|').take(columns).collect()
}

#[tokio::test]
async fn every_operation_costs_what_the_table_says() {
    let mut costs = sends().await;
    costs.extend(polls().await);
    costs.extend(uploads().await);
    let measured: Vec<String> = costs.iter().map(row).collect();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cost.md")).unwrap_or_default();
    let lines = page.lines().filter(|line| line.starts_with("| `"));
    let stated: Vec<String> = lines.map(|line| stated(line, &measured[0])).collect();
    assert_eq!(stated, measured, "docs/cost.md should say:\n{}\n", measured.join("\n"));

    let find =
        |name: &str| costs.iter().find(|(one, ..)| *one == name).map(|(_, counts, _)| *counts).expect("measured");
    for idle in ["`list`, nothing new", "`sync`, nothing new", "`getConversations`, nothing new"] {
        let counts = find(idle);
        assert_eq!((counts.reads, counts.strong_reads, counts.commits), (1, 0, 0), "{idle}");
    }
    for send in costs.iter().filter(|(name, ..)| name.starts_with("`send`") && !name.contains("repeated")) {
        assert!(send.1.reads <= 2 && send.1.commits == 1, "{send:?}");
    }
    assert_eq!(find("`markAsRead`, repeated").commits, 0);
    for (name, _, units) in &costs {
        let Some((read, written)) = units else { continue };
        match *name {
            name if name.contains("nothing new") => assert_eq!((*read, *written), (0.5, 0.0), "{name}"),
            // The first one creates the conversation; a repeated one is refused and then looked up.
            name if name.contains("first") || name.contains("repeated") => {}
            // The file is one more row to read, and one more to write.
            name if name.contains("file") => assert!(*read <= 3.0 && *written <= 12.0, "{name}: {units:?}"),
            // The permission is read strongly, which costs half a unit more than a stale read would.
            name if name.starts_with("`send`") => assert!(*read <= 2.5 && *written <= 10.0, "{name}: {units:?}"),
            _ => {}
        }
    }
}

/// A user's own message needs no delivery, so a poll with it in the cursor has nothing to record.
#[tokio::test]
async fn a_cursor_past_own_messages_alone_commits_nothing() {
    let world = world(unlimited()).await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "Can you come on Monday?").await.unwrap();
    let seen = anna.list(&ben).await.unwrap();
    ben.list(&anna).await.unwrap();
    ben.read(&anna).await.unwrap();
    ben.send(&anna, "Yes").await.unwrap();
    world.store.reset();
    let answer = anna.list_since(&ben, &seen.cursor).await.unwrap();
    assert_eq!(answer.messages.last().unwrap().content, "Yes");
    assert_eq!(world.store.reset().commits, 0, "her cursor covers none of his messages yet");
    anna.list_since(&ben, &answer.cursor).await.unwrap();
    assert_eq!(world.store.reset().commits, 1, "now it covers his answer");
    let status = ben.list(&anna).await.unwrap().messages.pop().unwrap().status;
    assert_eq!(status, Status::Delivered);
}

#[tokio::test]
async fn a_refusal_commits_nothing() {
    let world = world(Settings { send_rate: 1, ..Settings::default() }).await;
    let (anna, ben) = world.pair().await;
    world.job(2, &["carl", "ben"], JobStatus::Closed).await;
    let carl = world.user("carl");
    let sent = anna.send_once(&ben, "1", "c").await.unwrap().message;
    let unknown = SendMessage { conversation_id: Some("conv_anna_carl".into()), ..to(&ben, "x") };
    world.store.reset();
    let refusals = [
        (anna.send(&ben, "2").await.map(drop), Code::RateLimited),
        (anna.send_once(&ben, "another", "c").await.map(drop), Code::ClientIdReused),
        (anna.send(&ben, "").await.map(drop), Code::ContentEmpty),
        (anna.send(&carl, "x").await.map(drop), Code::NotJobParticipant),
        (carl.send(&ben, "x").await.map(drop), Code::JobClosed),
        (anna.send_as(SendMessage { receiver_id: None, ..unknown }).await.map(drop), Code::NotFound),
        (carl.list(&ben).await.map(drop), Code::NotFound),
        (carl.read(&ben).await.map(drop), Code::NotFound),
        (carl.read_up_to(&ben, &sent).await.map(drop), Code::NotFound),
        (carl.announce(&ben, "a.txt", "text/plain", 4).await.map(drop), Code::JobClosed),
        (anna.announce(&ben, "a.html", "text/html", 4).await.map(drop), Code::InvalidFile),
        (anna.list_since(&ben, "c").await.map(drop), Code::InvalidCursor),
        (anna.sync(Some("c")).await.map(drop), Code::InvalidCursor),
        (anna.conversations_since(Some("c")).await.map(drop), Code::InvalidCursor),
    ];
    for (number, (answer, expected)) in refusals.into_iter().enumerate() {
        assert_eq!(answer.unwrap_err().code, expected, "refusal {number}");
    }
    assert_eq!(world.store.counts().commits, 0);
}

//! Tasks after a host's change: in the background, after crashes, by any server.

use crate::engine;
use crate::support::{MORNING, MemoryFiles, SeededRandom, User, World};
use jobline_chat::{Chat, JobId, Secrets, Settings, UserId};
use jobline_store::{
    Store,
    testing::{FaultRates, Faulty},
};
use jobline_wire::{Code, HostJobInput, HostUserInput, JobStatus};
use std::sync::Arc;

const FOREVER: u64 = u64::MAX;
/// More than a task updates in one step.
const CUSTOMERS: usize = 120;

/// Two servers over one table, of which the first one's connection can fail.
struct TwoServers {
    first: World,
    store: Arc<Faulty>,
    second: Chat,
}

impl TwoServers {
    async fn new() -> Self {
        let table: Arc<dyn Store> = engine::start().await.store;
        let store = Arc::new(Faulty::new(table.clone(), 1, FaultRates::default()));
        let settings = Settings { send_rate: 0, ..Settings::default() };
        let first = World::over(store.clone(), settings, 1).await;
        let random = Arc::new(SeededRandom::new(2));
        let secrets = Secrets::load(&*table, &*random).await.unwrap();
        let files = Arc::new(MemoryFiles::default());
        let second = Chat::new(table, files, first.clock.clone(), random, &secrets, settings);
        Self { first, store, second }
    }

    /// The worker writes to each customer, about the job 1.
    async fn customers(&self) -> Vec<User<'_>> {
        let ids: Vec<String> = (0..CUSTOMERS).map(|n| format!("customer{n:03}")).collect();
        let worker = self.first.user("worker");
        let mut customers = Vec::new();
        for chunk in ids.chunks(60) {
            let people: Vec<&str> = chunk.iter().map(String::as_str).chain(["worker"]).collect();
            self.first.job(1, &people, JobStatus::Open).await;
            for id in chunk {
                let customer = self.first.user(id);
                worker.send(&customer, "hi").await.unwrap();
                customers.push(customer);
            }
        }
        customers
    }

    /// The host closes the job, and the first server loses its connection to the table meanwhile. The commit of the job
    /// itself is repeated until its outcome is known; one of the many updates of conversations fails permanently.
    async fn close_and_be_cut(&self) {
        let input = || HostJobInput {
            title: "Job 1".into(),
            participants: vec!["worker".into()],
            status: JobStatus::Closed,
            crew_history: None,
        };
        let id = JobId::parse(1).unwrap();
        self.store.set_rates(FaultRates { unknown_lost: 0.5, ..FaultRates::default() });
        let put = self.first.chat.put_job(id, input()).await;
        self.store.calm();
        if put.is_err() {
            self.first.chat.put_job(id, input()).await.unwrap();
        }
    }
}

/// How many of `customers` get the conversation with the worker again since their cursors.
async fn told(customers: &[User<'_>], cursors: &[String]) -> usize {
    let mut told = 0;
    for (customer, cursor) in customers.iter().zip(cursors) {
        told += customer.sync(Some(cursor)).await.unwrap().conversations.len();
    }
    told
}

async fn cursors(customers: &[User<'_>]) -> Vec<String> {
    let mut cursors = Vec::new();
    for customer in customers {
        let mut synced = customer.sync(None).await.unwrap();
        while synced.has_more || !synced.messages.is_empty() {
            synced = customer.sync(Some(&synced.cursor)).await.unwrap();
        }
        cursors.push(synced.cursor);
    }
    cursors
}

#[tokio::test]
async fn a_server_continues_tasks_that_another_one_began() {
    let servers = TwoServers::new().await;
    let customers = servers.customers().await;
    let cursors = cursors(&customers).await;
    servers.close_and_be_cut().await;
    assert!(told(&customers, &cursors).await < CUSTOMERS, "something is left to do");
    let refusal = servers.first.user("worker").send(&customers[CUSTOMERS - 1], "late").await.unwrap_err();
    assert_ne!(refusal.code, Code::Unavailable, "what was answered holds, though not everybody was told");
    assert_eq!(servers.second.run_due_tasks(FOREVER).await.unwrap(), 0, "the first server's lease runs");
    servers.first.clock.forward(31_000);
    servers.second.run_due_tasks(FOREVER).await.unwrap();
    assert_eq!(told(&customers, &cursors).await, CUSTOMERS);
    servers.first.clock.forward(31_000);
    assert_eq!(servers.second.run_due_tasks(FOREVER).await.unwrap(), 0, "nothing is left");
}

#[tokio::test]
async fn a_server_that_is_alone_continues_at_once_with_the_tasks_of_its_last_process() {
    let servers = TwoServers::new().await;
    let customers = servers.customers().await;
    let cursors = cursors(&customers).await;
    servers.close_and_be_cut().await;
    assert!(told(&customers, &cursors).await < CUSTOMERS, "something is left to do");
    servers.second.take_over().await.unwrap();
    servers.second.run_due_tasks(FOREVER).await.unwrap();
    assert_eq!(told(&customers, &cursors).await, CUSTOMERS);
    servers.first.clock.forward(31_000);
    assert_eq!(servers.second.run_due_tasks(FOREVER).await.unwrap(), 0, "nothing is left");
}

#[tokio::test]
async fn a_task_that_runs_out_of_time_continues_later() {
    let servers = TwoServers::new().await;
    let customers = servers.customers().await;
    let cursors = cursors(&customers).await;
    servers.close_and_be_cut().await;
    assert!(told(&customers, &cursors).await < CUSTOMERS, "something is left to do");
    servers.first.clock.forward(31_000);
    let mut rounds = 0;
    while told(&customers, &cursors).await < CUSTOMERS {
        servers.second.run_due_tasks(1).await.unwrap();
        servers.first.clock.forward(1);
        rounds += 1;
        assert!(rounds < 100, "it never ends");
    }
}

#[tokio::test]
async fn a_new_name_reaches_those_who_share_a_conversation() {
    let servers = TwoServers::new().await;
    let customers = servers.customers().await;
    let worker = servers.first.user("worker");
    servers.first.name("worker", "Ben").await;
    let theirs = cursors(&customers).await;
    servers.first.name("worker", "Ben").await;
    assert_eq!(told(&customers, &theirs).await, 0, "the same name again is no change");
    let input = HostUserInput { name: "Ben".into(), email: Some("ben@example.com".into()), ..Default::default() };
    servers.first.chat.put_user(&worker.id, input).await.unwrap();
    assert_eq!(told(&customers, &theirs).await, 0, "an address is shown to nobody");
    servers.first.name("worker", "Benjamin").await;
    for (customer, cursor) in customers.iter().zip(&theirs) {
        let synced = customer.sync(Some(cursor)).await.unwrap();
        let people = &synced.conversations[0].people;
        assert!(people.iter().any(|person| person.name == "Benjamin"), "{people:?}");
        assert!(synced.messages.is_empty());
    }
    let theirs = cursors(&customers).await;
    servers.first.chat.delete_user(&worker.id).await.unwrap();
    assert_eq!(told(&customers, &theirs).await, CUSTOMERS, "a deleted user has a name no more");
}

#[tokio::test]
async fn renaming_somebody_with_thousands_of_chats_is_one_commit_for_the_host() {
    let world = World::new().await;
    world.job(1, &["anna", "ben"], JobStatus::Open).await;
    world.name("ben", "Ben").await;
    let alone = world.store.reset();
    world.name("ben", "Benjamin").await;
    let renamed = world.store.reset();
    assert_eq!(renamed.commits, 1, "nobody has a conversation with ben: {alone:?} {renamed:?}");
    world.user("anna").send(&world.user("ben"), "hi").await.unwrap();
    world.store.reset();
    world.name("ben", "Benny").await;
    // The profile with its task, the one conversation, the end of the task.
    assert_eq!(world.store.reset().commits, 3);
}

#[tokio::test]
async fn the_tokens_of_a_deleted_user_end_with_the_user() {
    let world = World::new().await;
    let anna = UserId::new("anna").unwrap();
    let ended = async |issued| world.chat.has_ended(&anna, issued).await.unwrap();
    assert!(!ended(Some(MORNING)).await);
    assert!(!ended(None).await);
    world.name("anna", "Anna").await;
    world.clock.forward(10_000);
    world.chat.delete_user(&anna).await.unwrap();
    assert!(ended(Some(MORNING)).await);
    assert!(ended(Some(MORNING + 10_000)).await, "of the same second");
    assert!(ended(None).await, "it does not say when it was issued");
    assert!(!ended(Some(MORNING + 11_000)).await);
    world.clock.forward(20_000);
    world.chat.delete_user(&anna).await.unwrap();
    assert!(!ended(Some(MORNING + 11_000)).await, "deleting again changes nothing");
    world.name("anna", "Anna again").await;
    assert!(ended(Some(MORNING)).await, "tokens from before the deletion stay ended");
    assert!(!ended(Some(MORNING + 30_000)).await);
    assert!(!ended(None).await, "the user exists again");
}

/// A server of a later version has left a task that this one does not know.
#[tokio::test]
async fn an_unknown_task_stays_for_others_and_blocks_nothing() {
    use jobline_store::{Bytes, Commit, Condition, Consistency, Key, Outcome, Token};
    let world = World::new().await;
    let key = Key::new("TASKS", format!("{:016}#x", 5));
    let row = Bytes::from_static(br#"{"v":9,"work":{"kind":"paintTheFence","colour":"white"}}"#);
    let put = Commit::builder(Token(7)).put(key.clone(), Condition::Absent, row, None).build().unwrap();
    assert_eq!(world.store.commit(&put).await.unwrap(), Outcome::Committed);
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "hi").await.unwrap();
    world.name("ben", "Ben").await;
    assert_eq!(world.chat.run_due_tasks(FOREVER).await.unwrap(), 0);
    assert!(world.store.get(&key, Consistency::Strong).await.unwrap().is_some());
}

#[tokio::test]
async fn tasks_are_announced_like_any_change() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "hi").await.unwrap();
    world.announced.take();
    world.name("ben", "Ben").await;
    let expected = vec![(vec!["anna".to_owned(), "ben".to_owned()], anna.conversation(&ben))];
    assert_eq!(world.announced.take(), expected);
}

//! The store fails, or others change rows between a read and a commit: one small test for each bug that the simulation
//! has found.
use crate::engine;
use crate::support::{HandClock, MORNING, User, World, texts};
use async_trait::async_trait;
use jobline_chat::{Chat, JobId, Settings};
use jobline_store::{
    Commit, Error, Outcome, Page, Range, Store,
    testing::{Alteration, Altered, FaultRates, Faulty},
};
use jobline_wire::{Code, HostJobInput, JobStatus, Status};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

fn unlimited() -> Settings {
    Settings { send_rate: 0, ..Settings::default() }
}

#[tokio::test]
async fn a_send_of_unknown_outcome_is_stored_at_most_once() {
    let store = Arc::new(Faulty::new(engine::start().await.store, 1, FaultRates::default()));
    let world = World::over(store.clone(), unlimited(), 1).await;
    let (anna, ben) = world.pair().await;
    store.set_rates(FaultRates { unknown_done: 1.0, ..FaultRates::default() });
    assert_eq!(anna.send(&ben, "once").await.unwrap_err().code, Code::Unavailable);
    let found = anna.send_once(&ben, "with a client id", "x").await.unwrap();
    store.calm();
    assert_eq!(anna.send_once(&ben, "with a client id", "x").await.unwrap(), found);
    assert_eq!(texts(&ben.list(&anna).await.unwrap().messages), ["once", "with a client id"]);
}

#[tokio::test(start_paused = true)]
async fn polls_are_answered_while_the_store_accepts_no_writes_and_receipts_are_recorded_later() {
    let store = Arc::new(Faulty::new(engine::start().await.store, 1, FaultRates::default()));
    let world = World::over(store.clone(), unlimited(), 1).await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "one").await.unwrap();
    let (listed, synced) = (ben.list(&anna).await.unwrap(), ben.sync(None).await.unwrap());
    anna.send(&ben, "two").await.unwrap();
    for refusal in [
        FaultRates { unknown_lost: 1.0, ..FaultRates::default() },
        FaultRates { conflict: 1.0, ..FaultRates::default() },
    ] {
        store.set_rates(refusal);
        let page = ben.list_since(&anna, &listed.cursor).await.unwrap();
        assert_eq!(texts(&page.messages), ["two"], "{refusal:?}");
        let page = ben.sync(Some(&synced.cursor)).await.unwrap();
        assert_eq!(texts(&page.messages), ["two"], "{refusal:?}");
        let page = ben.sync(Some(&page.cursor)).await.unwrap();
        assert!(page.messages.is_empty(), "the cursor leads on though it proves what is not recorded");
        store.calm();
        assert_eq!(statuses(&anna, &ben).await, [Status::Sent, Status::Sent]);
    }
    let page = ben.sync(Some(&synced.cursor)).await.unwrap();
    store.set_rates(FaultRates { unknown_lost: 1.0, ..FaultRates::default() });
    let page = ben.sync(Some(&page.cursor)).await.unwrap();
    store.calm();
    ben.sync(Some(&page.cursor)).await.unwrap();
    assert_eq!(statuses(&anna, &ben).await, [Status::Delivered, Status::Delivered]);
}

#[tokio::test]
async fn a_delivery_that_could_not_be_written_is_an_error_and_is_recorded_when_repeated() {
    let store = Arc::new(Faulty::new(engine::start().await.store, 1, FaultRates::default()));
    let world = World::over(store.clone(), unlimited(), 1).await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "one").await.unwrap();
    let synced = ben.sync_unrecorded(None).await.unwrap();
    store.set_rates(FaultRates { unknown_lost: 1.0, ..FaultRates::default() });
    let refusal = world.chat.record_delivery(&ben.id, &synced.cursor).await.unwrap_err();
    assert_eq!(refusal.code, Code::Unavailable);
    store.calm();
    assert_eq!(statuses(&anna, &ben).await, [Status::Sent]);
    world.chat.record_delivery(&ben.id, &synced.cursor).await.unwrap();
    assert_eq!(statuses(&anna, &ben).await, [Status::Delivered]);
}

async fn statuses(me: &User<'_>, other: &User<'_>) -> Vec<Status> {
    me.list(other).await.unwrap().messages.iter().map(|message| message.status).collect()
}

/// A store each of whose commits takes three seconds and ends with an unknown outcome, once it is given a clock.
#[derive(Default)]
struct Tired {
    clock: OnceLock<Arc<HandClock>>,
    commits: AtomicU32,
}

#[async_trait]
impl Alteration for Tired {
    async fn commit(&self, inner: &dyn Store, commit: &Commit) -> Result<Outcome, Error> {
        let Some(clock) = self.clock.get() else { return inner.commit(commit).await };
        clock.forward(3_000);
        self.commits.fetch_add(1, Ordering::SeqCst);
        Err(Error::Unknown("no answer".into()))
    }
}

#[tokio::test]
async fn a_commit_that_took_seconds_to_fail_is_not_repeated() {
    let store = Altered::over(engine::start().await.store, Tired::default());
    let world = World::over(store.clone(), unlimited(), 1).await;
    let (anna, ben) = world.pair().await;
    assert!(store.clock.set(world.clock.clone()).is_ok());
    let refusal = anna.send_once(&ben, "Hello", "1").await.unwrap_err();
    assert_eq!(refusal.code, Code::Unavailable);
    assert!(refusal.detail.contains("cannot say"), "it may have been stored: {refusal}");
    assert_eq!(store.commits.load(Ordering::SeqCst), 1);
}

/// A store that makes the host open job 1 whenever closed jobs are about to be read.
#[derive(Default)]
struct OpensMeanwhile {
    host: OnceLock<Chat>,
}

#[async_trait]
impl Alteration for OpensMeanwhile {
    async fn range(&self, inner: &dyn Store, range: &Range) -> Result<Page, Error> {
        if let Some(host) = self.host.get().filter(|_| range.from.starts_with("CLOSEDJOB#")) {
            let participants = vec!["anna".to_owned(), "ben".to_owned()];
            let open =
                HostJobInput { title: "Job 1".into(), participants, status: JobStatus::Open, crew_history: None };
            host.put_job(JobId::parse(1).expect("a job id"), open).await.expect("a store without faults");
        }
        inner.range(range).await
    }
}

#[tokio::test]
async fn a_job_that_is_opened_during_the_permission_check_is_found() {
    let inner = engine::start().await.store;
    let store = Altered::over(inner.clone(), OpensMeanwhile::default());
    let world = World::over(store.clone(), unlimited(), 1).await;
    let (anna, ben) = world.pair().await;
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    let host = World::over(inner, unlimited(), 2).await.chat;
    assert!(store.host.set(host).is_ok());
    anna.announce(&ben, "just-in-time.txt", "text/plain", 4).await.unwrap();
}

#[tokio::test]
async fn a_slow_reader_of_changes_since_an_instant_misses_nothing_that_is_kept() {
    let world = World::with(Settings { retention_days: 30, ..unlimited() }).await;
    let (anna, ben) = world.pair().await;
    let day = 86_400_000;
    for number in 1..=4 {
        anna.send(&ben, &number.to_string()).await.unwrap();
    }
    let first = ben.sync_limit(Some(&jobline_chat::iso(MORNING - 1)), Some(2)).await.unwrap();
    assert_eq!((texts(&first.messages), first.has_more), (vec!["1", "2"], true));
    world.clock.forward(20 * day);
    for number in 5..=9 {
        anna.send(&ben, &number.to_string()).await.unwrap();
    }
    world.clock.forward(11 * day);
    let (mut cursor, mut seen) = (first.cursor, Vec::new());
    loop {
        let page = ben.sync_limit(Some(&cursor), Some(2)).await.unwrap();
        seen.extend(page.messages.iter().map(|message| message.content.clone()));
        cursor = page.cursor;
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen, ["5", "6", "7", "8", "9"]);
}

#[tokio::test]
async fn a_slow_reader_gets_nothing_twice_when_new_conversations_begin() {
    let world = World::with(Settings { window_bytes: 0, ..unlimited() }).await;
    world.job(1, &["anna", "bea", "ben", "bob", "carl"], JobStatus::Open).await;
    let anna = world.user("anna");
    for number in 1..=5 {
        world.user("carl").send(&anna, &format!("carl {number}")).await.unwrap();
    }
    let mut page = anna.sync_limit(Some(&jobline_chat::iso(MORNING - 1)), Some(2)).await.unwrap();
    let mut seen: Vec<String> = texts(&page.messages).into_iter().map(str::to_owned).collect();
    for other in ["bea", "ben", "bob"] {
        for number in 1..=3 {
            world.user(other).send(&anna, &format!("{other} {number}")).await.unwrap();
        }
    }
    while page.has_more && seen.len() <= 14 {
        page = anna.sync_limit(Some(&page.cursor), Some(2)).await.unwrap();
        seen.extend(page.messages.iter().map(|message| message.content.clone()));
    }
    let told = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((told, seen.len()), (14, 14), "{seen:?}");
}

//! Who may write to whom, and how hosts change it.

use crate::meanwhile::Meanwhile;
use crate::support::{World, texts};
use jobline_chat::Settings;
use jobline_store::{MemoryStore, Store, testing::WeaklyVisible};
use jobline_wire::{Code, JobStatus, SendMessage};
use std::sync::Arc;

#[tokio::test]
async fn users_who_share_no_open_job_may_not_write_to_each_other() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let carl = world.user("carl");
    world.job(2, &["carl", "ben"], JobStatus::Closed).await;
    assert_eq!(anna.send(&carl, "hi").await.unwrap_err().code, Code::NotJobParticipant);
    assert_eq!(carl.send(&ben, "hi").await.unwrap_err().code, Code::JobClosed);
    let about = |job| SendMessage {
        receiver_id: Some("ben".into()),
        content: Some("hi".into()),
        job_id: Some(job),
        ..Default::default()
    };
    assert_eq!(anna.send_as(about(2)).await.unwrap_err().code, Code::NotJobParticipant);
    assert_eq!(anna.send_as(about(9)).await.unwrap_err().code, Code::NotJobParticipant);
    assert_eq!(anna.send_as(about(1)).await.unwrap().message.job_id, Some(1));
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    assert_eq!(anna.send(&ben, "hi").await.unwrap_err().code, Code::JobClosed);
    assert_eq!(texts(&ben.list(&anna).await.unwrap().messages), ["hi"], "the conversation of a closed job can be read");
    world.job(3, &["anna", "ben"], JobStatus::Open).await;
    assert_eq!(anna.send(&ben, "again").await.unwrap().message.job_id, Some(3), "another open job permits it");
    world.job(3, &["anna"], JobStatus::Open).await;
    assert_eq!(anna.send(&ben, "hi").await.unwrap_err().code, Code::JobClosed, "no longer a participant");
}

#[tokio::test]
async fn pollers_are_told_that_a_job_was_closed() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "hi").await.unwrap();
    let before = ben.conversations().await.unwrap();
    assert_eq!(before.conversations[0].job.as_ref().unwrap().status, JobStatus::Open);
    let synced = ben.sync(None).await.unwrap();
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    let after = ben.conversations_since(Some(&before.cursor)).await.unwrap();
    assert_eq!(after.conversations[0].job.as_ref().unwrap().status, JobStatus::Closed);
    let after_sync = ben.sync(Some(&synced.cursor)).await.unwrap();
    assert_eq!((after_sync.conversations.len(), after_sync.messages.len()), (1, 0));
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    assert!(
        ben.conversations_since(Some(&after.cursor)).await.unwrap().conversations.is_empty(),
        "the same changes nothing"
    );
}

#[tokio::test]
async fn concurrent_changes_of_a_job_leave_no_stale_permission() {
    let world = World::new().await;
    world.job(1, &["anna", "dora"], JobStatus::Open).await;
    tokio::join!(
        world.job(1, &["anna", "ben"], JobStatus::Open),
        world.job(1, &["anna", "carl"], JobStatus::Open),
        world.job(1, &["anna", "emil"], JobStatus::Open),
    );
    let job = world.chat.get_job(jobline_chat::JobId::parse(1).unwrap()).await.unwrap();
    let anna = world.user("anna");
    let mut may = Vec::new();
    for other in ["ben", "carl", "dora", "emil"] {
        if world.user(other).send(&anna, "hi").await.is_ok() {
            may.push(other);
        }
    }
    assert_eq!(may, job.participants[1..]);
    world.chat.delete_job(jobline_chat::JobId::parse(1).unwrap()).await.unwrap();
    assert_eq!(world.user(may[0]).send(&anna, "hi").await.unwrap_err().code, Code::NotJobParticipant);
}

#[tokio::test]
async fn a_job_may_have_a_hundred_participants() {
    let world = World::new().await;
    let others: Vec<String> = (0..100).map(|n| format!("user{n:02}")).collect();
    let all: Vec<&str> = others.iter().map(String::as_str).collect();
    world.job(1, &all, JobStatus::Open).await;
    world.user("user99").send(&world.user("user00"), "hi").await.unwrap();
    world.job(1, &all[..50], JobStatus::Open).await;
    assert!(world.user("user99").send(&world.user("user00"), "hi").await.is_err());
    world.user("user49").send(&world.user("user00"), "hi").await.unwrap();
    world.job(1, &all[..50], JobStatus::Closed).await;
    assert_eq!(world.user("user49").send(&world.user("user00"), "hi").await.unwrap_err().code, Code::JobClosed);
}

/// Eventual reads may show an old state of a job; permissions must not.
#[tokio::test]
async fn a_closed_job_permits_nothing_however_stale_the_reads_are() {
    let late = Arc::new(WeaklyVisible::new(crate::engine::start().await.store, 1, 1_000));
    let world = World::over(late, Settings { send_rate: 0, ..Settings::default() }, 1).await;
    for job in 1..=40 {
        world.job(job, &["anna", "ben"], JobStatus::Open).await;
        let (anna, ben) = (world.user("anna"), world.user("ben"));
        anna.send(&ben, "open").await.unwrap();
        world.job(job, &["anna", "ben"], JobStatus::Closed).await;
        assert_eq!(anna.send(&ben, "closed").await.unwrap_err().code, Code::JobClosed, "job {job}");
        let about = SendMessage {
            receiver_id: Some("ben".into()),
            content: Some("closed".into()),
            job_id: Some(job),
            ..Default::default()
        };
        assert_eq!(anna.send_as(about).await.unwrap_err().code, Code::JobClosed, "job {job}");
    }
}

/// The shared jobs are closed one after the other while the search continues page by page: the last one decides.
#[tokio::test]
async fn jobs_that_close_during_the_search_hide_no_other_one_that_is_open() {
    let inner: Arc<dyn Store> = Arc::new(MemoryStore::with_page_cap(1));
    let store = Meanwhile::over(inner.clone());
    let settings = Settings { send_rate: 0, ..Settings::default() };
    let world = World::over(store.clone(), settings, 1).await;
    let other = Arc::new(World::over(inner, settings, 2).await);
    for job in 1..=9 {
        world.job(job, &["agency", "somebody"], JobStatus::Open).await;
    }
    for job in [10, 11, 12] {
        world.job(job, &["agency", "ben"], JobStatus::Open).await;
    }
    let (next, host) = (store.clone(), other.clone());
    store.before_read_of("OPENJOB#0000000000000010", async move {
        other.job(10, &["agency", "ben"], JobStatus::Closed).await;
        next.before_read_of("OPENJOB#0000000000000011", async move {
            host.job(11, &["agency", "ben"], JobStatus::Closed).await;
        });
    });
    let sent = world.user("agency").send(&world.user("ben"), "hi").await;
    assert!(store.has_happened(), "it happened during the search");
    assert_eq!(sent.unwrap().message.job_id, Some(12));
}

/// A person with many open jobs: the reads do not grow with them if the other has few.
#[tokio::test]
async fn a_send_of_somebody_in_thousands_of_jobs_reads_a_few_pages() {
    let world = World::new().await;
    let (agency, ben, carl) = (world.user("agency"), world.user("ben"), world.user("carl"));
    for job in 1..=1_000 {
        world.job(job, &["agency", "somebody"], JobStatus::Open).await;
    }
    world.job(1_001, &["agency", "ben"], JobStatus::Open).await;
    let reads = async |message: Option<&str>| {
        world.store.reset();
        let sent = agency.send(if message.is_some() { &ben } else { &carl }, message.unwrap_or("hi")).await;
        (sent, world.store.reset().reads)
    };
    let (sent, first) = reads(Some("first")).await;
    assert_eq!(sent.unwrap().message.job_id, Some(1_001));
    assert!(first <= 6, "{first} reads");
    let (sent, next) = reads(Some("next")).await;
    assert_eq!(sent.unwrap().message.job_id, Some(1_001));
    assert!(next <= 4, "{next} reads");
    let (refused, reads) = reads(None).await;
    assert_eq!(refused.unwrap_err().code, Code::NotJobParticipant);
    assert!(reads <= 16, "{reads} reads");
}

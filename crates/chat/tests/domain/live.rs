//! The basis of live connections: announcements of commits, and deliveries that are recorded later.

use crate::support::{User, World, texts};
use jobline_wire::{BlockUser, Code, JobStatus, SetPreferences, Status};

fn told(users: &[&str]) -> (Vec<String>, String) {
    (users.iter().map(|user| (*user).to_owned()).collect(), "conv_anna_ben".to_owned())
}

async fn status(sender: &User<'_>, recipient: &User<'_>) -> Status {
    sender.list(recipient).await.unwrap().messages.pop().unwrap().status
}

#[tokio::test]
async fn a_commit_is_announced_to_those_whom_it_moved_and_to_nobody_else() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "Hello").await.unwrap();
    assert_eq!(world.announced.take(), [told(&["anna", "ben"])]);
    let seen = ben.sync(None).await.unwrap();
    assert_eq!(world.announced.take(), [], "reading announces nothing");
    ben.sync(Some(&seen.cursor)).await.unwrap();
    assert_eq!(world.announced.take(), [told(&["anna"])], "it was delivered: ben knows that");
    ben.read(&anna).await.unwrap();
    assert_eq!(world.announced.take(), [told(&["anna", "ben"])]);
    ben.read(&anna).await.unwrap();
    assert_eq!(world.announced.take(), [], "the same again changes nothing");
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    assert_eq!(world.announced.take(), [told(&["anna", "ben"])]);
}

#[tokio::test]
async fn changes_of_visibility_are_announced_once() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let changed = || world.announced.take_relations();
    assert_eq!(changed(), [["anna", "ben"]], "a job of the two");
    for _ in 0..2 {
        world.chat.block(&ben.id, BlockUser { user_id: "anna".to_owned() }).await.unwrap();
    }
    assert_eq!(changed(), [["ben", "anna"]], "and not when it is repeated");
    world.chat.unblock(&ben.id, BlockUser { user_id: "anna".to_owned() }).await.unwrap();
    assert_eq!(changed(), [["ben", "anna"]]);
    for (show_presence, mail, expected) in
        [(Some(false), None, 1), (Some(false), None, 0), (None, Some(false), 0), (Some(true), None, 1)]
    {
        let input = SetPreferences { show_presence, mail, ..SetPreferences::default() };
        world.chat.set_preferences(&anna.id, input).await.unwrap();
        assert_eq!(changed(), vec![["anna"]; expected], "{show_presence:?} {mail:?}");
    }
    world.job(1, &["anna", "carl"], JobStatus::Open).await;
    assert_eq!(changed(), [["anna", "ben", "carl"]], "who comes and who goes");
    for _ in 0..2 {
        world.job(1, &["anna", "carl"], JobStatus::Closed).await;
    }
    assert_eq!(changed(), [["anna", "carl"]]);
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    assert_eq!(changed(), [[""; 0]; 0], "it is closed to everybody");
    world.job(2, &["anna", "ben"], JobStatus::Open).await;
    changed();
    world.chat.delete_job(jobline_chat::JobId::parse(2).unwrap()).await.unwrap();
    assert_eq!(changed(), [["anna", "ben"]]);
}

#[tokio::test]
async fn refused_or_repeated_sends_are_not_announced() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let carl = world.user("carl");
    anna.send_once(&ben, "Hello", "1").await.unwrap();
    world.announced.take();
    anna.send_once(&ben, "Hello", "1").await.unwrap();
    assert_eq!(anna.send(&carl, "Hello").await.unwrap_err().code, Code::NotJobParticipant);
    assert_eq!(world.announced.take(), []);
}

#[tokio::test]
async fn a_live_client_is_answered_as_by_a_poll_and_nothing_is_written() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    anna.send(&ben, "1").await.unwrap();
    let first = ben.sync_unrecorded(None).await.unwrap();
    assert_eq!(texts(&first.messages), ["1"]);
    anna.send(&ben, "2").await.unwrap();
    world.store.reset();
    let second = ben.sync_unrecorded(Some(&first.cursor)).await.unwrap();
    assert_eq!(texts(&second.messages), ["2"]);
    let idle = ben.sync_unrecorded(Some(&second.cursor)).await.unwrap();
    assert_eq!((idle.messages.len(), idle.cursor), (0, second.cursor.clone()));
    assert_eq!(world.store.reset().commits, 0);
    assert_eq!(status(&anna, &ben).await, Status::Sent);
}

#[tokio::test]
async fn the_last_cursor_proves_the_delivery_of_all_before_it() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    world.job(2, &["cy", "ben"], JobStatus::Open).await;
    let cy = world.user("cy");
    anna.send(&ben, "1").await.unwrap();
    let first = ben.sync_unrecorded(None).await.unwrap();
    cy.send(&ben, "2").await.unwrap();
    let second = ben.sync_unrecorded(Some(&first.cursor)).await.unwrap();
    world.store.reset();
    world.chat.record_delivery(&ben.id, &second.cursor).await.unwrap();
    assert_eq!(world.store.reset().commits, 2, "one for each conversation");
    assert_eq!((status(&anna, &ben).await, status(&cy, &ben).await), (Status::Delivered, Status::Delivered));
    world.store.reset();
    world.chat.record_delivery(&ben.id, &second.cursor).await.unwrap();
    assert_eq!(world.store.reset().commits, 0, "once");
}

#[tokio::test]
async fn a_message_read_in_the_meantime_is_not_recorded_as_delivered_too() {
    let world = World::new().await;
    let (anna, ben) = world.pair().await;
    let start = ben.sync_unrecorded(None).await.unwrap();
    anna.send(&ben, "Hello").await.unwrap();
    let seen = ben.sync_unrecorded(Some(&start.cursor)).await.unwrap();
    world.store.reset();
    ben.read(&anna).await.unwrap();
    world.chat.record_delivery(&ben.id, &seen.cursor).await.unwrap();
    assert_eq!(world.store.reset().commits, 1, "the read alone");
    assert_eq!(status(&anna, &ben).await, Status::Read);
}

#[tokio::test]
async fn a_cursor_that_proves_no_delivery_costs_no_request() {
    let world = World::new().await;
    let (_, ben) = world.pair().await;
    let nothing = ben.sync_unrecorded(None).await.unwrap();
    world.store.reset();
    world.chat.record_delivery(&ben.id, &nothing.cursor).await.unwrap();
    world.chat.record_delivery(&ben.id, "2025-11-14T10:30:00.000Z").await.unwrap();
    assert_eq!(world.store.reset().reads, 0);
    let error = world.chat.record_delivery(&ben.id, "cABC").await.unwrap_err();
    assert_eq!(error.code, Code::InvalidCursor);
    let of_another = world.chat.record_delivery(&world.user("anna").id, &nothing.cursor).await.unwrap_err();
    assert_eq!(of_another.code, Code::InvalidCursor);
}

#[tokio::test]
async fn typing_is_shown_to_those_whom_a_message_would_reach() {
    let world = World::new().await;
    let (anna, _) = world.pair().await;
    let audience = async |conversation: &str| {
        let seen = world.chat.typing_audience(&anna.id, conversation).await.unwrap();
        seen.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(audience("conv_anna_ben").await, ["ben"], "even before anything was said");
    assert_eq!(audience("conv_anna_carl").await, [] as [&str; 0], "a stranger");
    assert_eq!(audience("conv_ben_carl").await, [] as [&str; 0], "of others");
    assert_eq!(audience("nonsense").await, [] as [&str; 0]);
    for [blocker, blocked] in [["ben", "anna"], ["anna", "ben"]] {
        let (blocker, who) = (world.user(blocker).id, || BlockUser { user_id: blocked.to_owned() });
        world.chat.block(&blocker, who()).await.unwrap();
        assert_eq!(audience("conv_anna_ben").await, [] as [&str; 0], "{blocker} blocks {blocked}");
        world.chat.unblock(&blocker, who()).await.unwrap();
        assert_eq!(audience("conv_anna_ben").await, ["ben"]);
    }
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    assert_eq!(audience("conv_anna_ben").await, [] as [&str; 0], "the job is closed");
}

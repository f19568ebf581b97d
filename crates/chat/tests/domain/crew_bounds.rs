//! Crews at their limits: many of them, long ones, and those whom many people have left.

use crate::{crews::CREW, support::World};
use jobline_wire::{JobStatus, ListConversations};

/// What somebody does who has left moves nothing for them beyond what they see.
#[tokio::test]
async fn who_has_left_a_crew_finds_it_where_it_was_in_their_list() {
    let world = World::new().await;
    let [anna, ben, carl] = ["anna", "ben", "carl"].map(|user| world.user(user));
    world.crew(&["anna", "ben", "carl"]).await;
    anna.say("Hello").await.unwrap();
    world.crew(&["anna", "ben"]).await;
    carl.crew_list().await.unwrap();
    world.job(2, &["carl", "ben"], JobStatus::Open).await;
    world.clock.forward(60_000);
    carl.send(&ben, "Are you there?").await.unwrap();
    world.clock.forward(60_000);
    anna.say("Carl does not see this").await.unwrap();
    carl.read_crew(None).await.unwrap();
    let first = ListConversations { limit: Some(1), since: None };
    let first = world.chat.conversations(&carl.id, first).await.unwrap();
    assert_eq!(first.conversations[0].id, "conv_ben_carl");
    let second = ListConversations { limit: Some(1), since: Some(first.cursor) };
    let second = world.chat.conversations(&carl.id, second).await.unwrap();
    assert_eq!(second.conversations[0].id, CREW);
}

/// A mark that does not move costs the same wherever the message is.
#[tokio::test]
async fn a_mark_that_does_not_move_reads_no_messages() {
    let world = World::new().await;
    let [anna, ben] = ["anna", "ben"].map(|user| world.user(user));
    world.crew(&["anna", "ben"]).await;
    let first = ben.say("first").await.unwrap();
    let second = anna.say("second").await.unwrap();
    for nth in 0..300 {
        anna.say(&format!("{nth}")).await.unwrap();
    }
    ben.read_crew(Some(&second)).await.unwrap();
    world.store.reset();
    assert_eq!(ben.read_crew(Some(&second)).await.unwrap(), 300);
    assert_eq!(ben.read_crew(Some(&first)).await.unwrap(), 300);
    let counts = world.store.reset();
    assert!(counts.rows < 100, "{counts:?}");
}

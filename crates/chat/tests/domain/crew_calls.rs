//! Calls of a crew: all members are called, up to four take part, and members who join or leave see only their part.

use crate::support::{User, World};
use jobline_chat::Result;
use jobline_wire::{AnswerCall, Call, CallMedia, CallState, Code, JobStatus, ListMessages, SendMessage, StartCall};

const CREW: &str = "crew_1";
const SIX: [&str; 6] = ["anna", "ben", "carl", "dora", "eve", "finn"];

impl User<'_> {
    async fn ring(&self, device: &str) -> Result<Call> {
        let (conversation_id, device_id) = (CREW.to_owned(), device.to_owned());
        let input = StartCall { conversation_id, media: CallMedia::Video, device_id };
        Ok(self.chat().start_call(&self.id, input).await?.call)
    }

    async fn take(&self, call: &Call, device: &str) -> Result<Call> {
        let input = AnswerCall { call_id: call.id.clone(), device_id: device.to_owned() };
        Ok(self.chat().accept_call(&self.id, input).await?.call)
    }

    async fn refuse(&self, call: &Call) -> Result<Call> {
        let input = AnswerCall { call_id: call.id.clone(), device_id: "phone".to_owned() };
        Ok(self.chat().decline_call(&self.id, input).await?.call)
    }

    async fn hang_up(&self, call: &Call) -> Result<Call> {
        let input = AnswerCall { call_id: call.id.clone(), device_id: "phone".to_owned() };
        Ok(self.chat().end_call(&self.id, input).await?.call)
    }

    /// The last call that the user sees in the crew.
    async fn sees_call(&self) -> Option<Call> {
        let input = ListMessages { conversation_id: CREW.into(), ..ListMessages::default() };
        self.list_as(input).await.unwrap().messages.into_iter().rev().find_map(|message| message.call)
    }
}

/// A crew of these users in which anna has written.
async fn crew<'a, const N: usize>(world: &'a World, users: [&str; N]) -> [User<'a>; N] {
    world.job(1, &users, JobStatus::Open).await;
    let users = users.map(|user| world.user(user));
    let hello =
        SendMessage { conversation_id: Some(CREW.into()), content: Some("Hello".into()), ..SendMessage::default() };
    users[0].send_as(hello).await.unwrap();
    world.clock.forward(1_000);
    users
}

#[tokio::test]
async fn all_members_are_rung_four_can_participate_and_the_fifth_is_refused_with_the_reason() {
    let world = World::new().await;
    let [anna, ben, carl, dora, eve, finn] = crew(&world, SIX).await;
    let call = anna.ring("phone").await.unwrap();
    for member in [&ben, &carl, &dora, &eve, &finn] {
        assert_eq!(member.sees_call().await.as_ref(), Some(&call));
    }
    for (member, people) in [(&ben, 2), (&carl, 3), (&dora, 4)] {
        let taken = member.take(&call, "laptop").await.unwrap();
        assert_eq!((taken.state, taken.devices.len()), (CallState::Accepted, people));
        let other = member.take(&call, "tablet").await.unwrap_err();
        assert_eq!(other.code, Code::CallOver, "the laptop has it");
    }
    let full = eve.take(&call, "phone").await.unwrap_err();
    assert_eq!((full.code, full.field), (Code::NotOffered, Some("callId")));
    assert_eq!(finn.ring("phone").await.unwrap().id, call.id, "a second call is the one that runs");
    let left = ben.hang_up(&call).await.unwrap();
    assert_eq!((left.state, left.declined_by), (CallState::Accepted, vec!["ben".to_owned()]));
    assert_eq!(eve.take(&call, "phone").await.unwrap().devices.len(), 4);
}

#[tokio::test]
async fn a_crew_call_ends_when_one_participant_is_left() {
    let world = World::new().await;
    let [anna, ben, carl] = crew(&world, ["anna", "ben", "carl"]).await;
    let call = anna.ring("phone").await.unwrap();
    ben.take(&call, "phone").await.unwrap();
    carl.take(&call, "phone").await.unwrap();
    assert_eq!(anna.hang_up(&call).await.unwrap().state, CallState::Accepted);
    let ended = ben.hang_up(&call).await.unwrap();
    assert_eq!((ended.state, ended.ended_at.is_some()), (CallState::Ended, true));
    assert_eq!(ended.devices.keys().collect::<Vec<_>>(), ["ben", "carl"], "who was in it last");
    assert_eq!(carl.hang_up(&call).await.unwrap(), ended);
    assert_eq!(carl.take(&call, "phone").await.unwrap_err().code, Code::CallOver);
    assert_ne!(carl.ring("phone").await.unwrap().id, call.id);
}

#[tokio::test]
async fn a_member_who_declines_stops_their_own_devices_and_all_stop_the_call() {
    let world = World::new().await;
    let [anna, ben, carl] = crew(&world, ["anna", "ben", "carl"]).await;
    let call = anna.ring("phone").await.unwrap();
    let declined = ben.refuse(&call).await.unwrap();
    assert_eq!((declined.state, &declined.declined_by), (CallState::Ringing, &vec!["ben".to_owned()]));
    assert_eq!(ben.refuse(&call).await.unwrap(), declined, "a repeated decline changes nothing");
    assert_eq!(carl.refuse(&call).await.unwrap().state, CallState::Declined);
    let call = anna.ring("phone").await.unwrap();
    assert_eq!(anna.hang_up(&call).await.unwrap().state, CallState::Cancelled);
}

#[tokio::test]
async fn calls_of_a_crew_are_hidden_from_non_members() {
    let world = World::new().await;
    let [anna, ben, carl] = crew(&world, ["anna", "ben", "carl"]).await;
    let call = anna.ring("phone").await.unwrap();
    ben.take(&call, "laptop").await.unwrap();
    carl.take(&call, "tablet").await.unwrap();
    let line = world.chat.call_devices(&anna.id, &call.id).await.unwrap().unwrap();
    assert_eq!(line.others.iter().map(|(user, _)| user.as_str()).collect::<Vec<_>>(), ["ben", "carl"]);
    let dora = world.user("dora");
    assert_eq!(dora.take(&call, "phone").await.unwrap_err().code, Code::NotFound);
    world.job(1, &["anna", "ben", "dora"], JobStatus::Open).await;
    let line = world.chat.call_devices(&anna.id, &call.id).await.unwrap().unwrap();
    assert_eq!(line.others, [(ben.id.clone(), "laptop".to_owned())], "nothing is said to one who has left");
    assert_eq!(world.chat.call_devices(&carl.id, &call.id).await.unwrap(), None);
    assert_eq!(carl.take(&call, "phone").await.unwrap_err().code, Code::NotJobParticipant);
    assert_eq!(carl.hang_up(&call).await.unwrap_err().code, Code::NotJobParticipant);
    assert_eq!(dora.sees_call().await, None, "it began before her");
    assert_eq!(dora.take(&call, "phone").await.unwrap_err().code, Code::NotFound);
    let refused = dora.ring("phone").await.unwrap_err();
    assert_eq!((refused.code, refused.field), (Code::NotOffered, Some("conversationId")));
    world.clock.forward(1_000);
    anna.hang_up(&call).await.unwrap();
    let seen = carl.sees_call().await.unwrap();
    assert_eq!((seen.state, seen.devices.len()), (CallState::Ended, 3), "for carl it was over when he left");
    assert_eq!(dora.ring("phone").await.unwrap().state, CallState::Ringing);
}

#[tokio::test]
async fn a_call_that_nobody_accepts_is_missed_and_unread_for_all() {
    let world = World::new().await;
    let [anna, ben, carl] = crew(&world, ["anna", "ben", "carl"]).await;
    let call = anna.ring("phone").await.unwrap();
    carl.refuse(&call).await.unwrap();
    world.clock.forward(45_000);
    assert_eq!(ben.take(&call, "phone").await.unwrap_err().code, Code::CallOver);
    assert_eq!(world.chat.run_due_tasks(u64::MAX).await.unwrap(), 1);
    for member in [&ben, &carl] {
        assert_eq!(member.sees_call().await.unwrap().state, CallState::Missed);
        assert_eq!(member.only_conversation().await.unread_count[member.id.as_str()], 2);
    }
    let call = anna.ring("phone").await.unwrap();
    ben.take(&call, "phone").await.unwrap();
    carl.take(&call, "phone").await.unwrap();
    world.clock.forward(13 * 3_600_000);
    assert!(world.chat.run_due_tasks(u64::MAX).await.unwrap() >= 1);
    assert_eq!(carl.sees_call().await.unwrap().state, CallState::Ended, "nobody said so");
}

#[tokio::test]
async fn a_call_is_recorded_as_missed_though_its_caller_left_and_came_back() {
    let world = World::new().await;
    let [anna, ben, carl] = crew(&world, ["anna", "ben", "carl"]).await;
    let call = anna.ring("phone").await.unwrap();
    for crew in [&["ben", "carl"][..], &["anna", "ben", "carl"]] {
        world.clock.forward(1_000);
        world.job(1, crew, JobStatus::Open).await;
    }
    let mut cursor = None;
    for _ in 0..2 {
        cursor = Some(ben.sync(cursor.as_deref()).await.unwrap().cursor);
    }
    world.clock.forward(45_000);
    assert_eq!(world.chat.run_due_tasks(u64::MAX).await.unwrap(), 1);
    let synced = ben.sync(cursor.as_deref()).await.unwrap();
    let told: Vec<_> = synced.messages.into_iter().filter_map(|message| message.call).collect();
    assert_eq!(told.iter().map(|one| (&one.id, one.state)).collect::<Vec<_>>(), [(&call.id, CallState::Missed)]);
    assert_eq!(carl.sees_call().await.unwrap().state, CallState::Missed);
    assert_eq!(anna.sees_call().await, None);
}

//! Who may write in a crew.

use crate::support::World;
use jobline_chat::{JobId, Settings};
use jobline_wire::{Code, ConversationKind, GetConversation, HostMessageInput, JobStatus, SendMessage};

#[tokio::test]
async fn only_participants_of_an_open_job_of_at_most_fifty_write() {
    let world = World::new().await;
    let (anna, eve) = (world.user("anna"), world.user("eve"));
    assert_eq!(anna.say("none").await.unwrap_err().code, Code::NotFound);
    assert_eq!(anna.details().await.unwrap_err().code, Code::NotFound);
    world.crew(&["anna", "ben"]).await;
    let details = anna.details().await.unwrap();
    assert!(details.can_send && details.conversation.participants == ["anna", "ben"]);
    assert_eq!(details.conversation.kind, ConversationKind::Crew);
    assert_eq!(anna.crew_list().await.unwrap_err().code, Code::NotFound, "not before the first message");
    assert!(anna.conversations().await.unwrap().conversations.is_empty());
    for refused in [eve.say("hi").await.unwrap_err(), eve.details().await.unwrap_err()] {
        assert_eq!(refused.code, Code::NotFound);
    }
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    assert_eq!(anna.say("closed").await.unwrap_err().code, Code::JobClosed);
    assert_eq!(anna.details().await.unwrap().reason, Some(Code::JobClosed));
    world.crew(&["anna", "ben"]).await;
    anna.say("open").await.unwrap();
    assert_eq!(eve.crew_list().await.unwrap_err().code, Code::NotFound);
    assert_eq!(eve.members().await.unwrap_err().code, Code::NotFound);
    world.job(1, &["anna", "ben"], JobStatus::Closed).await;
    assert_eq!(anna.say("closed").await.unwrap_err().code, Code::JobClosed);
    assert_eq!(anna.sees().await, "open", "a closed job can be read");
    world.chat.delete_job(JobId::parse(1).unwrap()).await.unwrap();
    assert_eq!(anna.say("gone").await.unwrap_err().code, Code::NotJobParticipant);
    assert_eq!(anna.sees().await, "open");

    let many: Vec<String> = (0..51).map(|nth| format!("user{nth:02}")).collect();
    let names: Vec<&str> = many.iter().map(String::as_str).collect();
    world.job(2, &names, JobStatus::Open).await;
    let send =
        || SendMessage { conversation_id: Some("crew_2".into()), content: Some("hi".into()), ..SendMessage::default() };
    let user = world.user("user00");
    assert_eq!(user.send_as(send()).await.unwrap_err().code, Code::NotFound);
    world.job(2, &names[..50], JobStatus::Open).await;
    let sent = user.send_as(send()).await.unwrap();
    assert_eq!(sent.message.number, 1);
    assert_eq!(world.user("user49").only_conversation().await.unread_count["user49"], 1);
    world.job(2, &names, JobStatus::Open).await;
    assert_eq!(user.send_as(send()).await.unwrap_err().code, Code::NotOffered, "it would miss the newcomer");
    let details = GetConversation { conversation_id: Some("crew_2".into()), ..GetConversation::default() };
    let details = world.chat.conversation(&user.id, details).await.unwrap();
    assert_eq!((details.can_send, details.reason), (false, Some(Code::NotOffered)));
    assert_eq!(user.only_conversation().await.last_message.as_deref(), Some("hi"), "what was written can be read");
    world.job(2, &names[1..], JobStatus::Open).await;
    assert_eq!(world.user("user50").send_as(send()).await.unwrap().message.number, 4, "two have gone and come");
    for wrong in ["crew_", "crew_0", "crew_01", "crew_x", "crew_1_2", "crew_9007199254740992"] {
        let input = SendMessage { conversation_id: Some(wrong.into()), ..send() };
        assert_eq!(user.send_as(input).await.unwrap_err().code, Code::NotFound, "{wrong}");
    }
    let elsewhere = SendMessage { job_id: Some(1), ..send() };
    assert_eq!(user.send_as(elsewhere).await.unwrap_err().code, Code::InvalidRequest);
}

#[tokio::test]
async fn a_former_member_cannot_come_back_to_a_job_that_is_too_large() {
    let world = World::new().await;
    let many: Vec<String> = (0..60).map(|nth| format!("user-{nth:02}")).collect();
    let some: Vec<&str> = many.iter().take(10).map(String::as_str).collect();
    world.crew(&some).await;
    let (first, ninth) = (world.user("user-00"), world.user("user-09"));
    first.say("Hello").await.unwrap();
    world.crew(&some[..9]).await;
    assert_eq!(ninth.say("Still here").await.unwrap_err().code, Code::NotJobParticipant);
    let all: Vec<&str> = many.iter().map(String::as_str).collect();
    world.crew(&all).await;
    assert_eq!(ninth.say("Back?").await.unwrap_err().code, Code::NotJobParticipant);
    let details = ninth.details().await.unwrap();
    assert_eq!((details.can_send, details.reason), (false, Some(Code::NotJobParticipant)));
    assert_eq!(first.say("Nor do the others go on").await.unwrap_err().code, Code::NotOffered);
}

#[tokio::test]
async fn with_crews_off_nobody_writes_in_one_and_existing_messages_stay() {
    let store = crate::engine::start().await.store;
    let world = World::over(store.clone(), Settings { send_rate: 0, ..Settings::default() }, 1).await;
    world.crew(&["anna", "ben", "carl"]).await;
    world.user("anna").say("Hello all").await.unwrap();
    let off = World::over(store, Settings { send_rate: 0, crews: false, ..Settings::default() }, 2).await;
    let anna = off.user("anna");
    assert_eq!(anna.say("Anybody?").await.unwrap_err().code, Code::NotOffered);
    assert_eq!(anna.sees().await, "Hello all");
    let details = anna.details().await.unwrap();
    assert_eq!((details.can_send, details.reason), (false, Some(Code::NotOffered)));
    off.job(2, &["anna", "ben", "carl"], JobStatus::Open).await;
    let other =
        SendMessage { conversation_id: Some("crew_2".into()), content: Some("New".into()), ..SendMessage::default() };
    assert_eq!(anna.send_as(other).await.unwrap_err().code, Code::NotOffered);
    let line = HostMessageInput {
        conversation_id: Some("crew_2".into()),
        content: "From the host".into(),
        ..HostMessageInput::default()
    };
    assert_eq!(off.chat.post_host_message(line).await.unwrap_err().code, Code::NotOffered);
}

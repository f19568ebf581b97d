//! Crews: who is in them, what each of them sees, and how far each has read.

use super::*;
use crate::support::World;
use jobline_wire::{
    Code, ConversationKind, HostDeleteMessage, HostMessageInput, HostMessageType, JobStatus, SendMessage, Status,
};

#[tokio::test]
async fn three_people_write_in_the_crew_of_their_job() {
    let world = World::new().await;
    world.crew(&["anna", "ben", "carl"]).await;
    world.name("ben", "Ben").await;
    let (anna, ben, carl) = (world.user("anna"), world.user("ben"), world.user("carl"));
    let (mut of_ben, mut of_carl) = (Device::of(&ben), Device::of(&carl));
    assert_eq!(of_carl.poll().await, "");

    let first = anna.say("hello").await.unwrap();
    assert_eq!((first.conversation_id.as_str(), first.receiver_id.as_str()), (CREW, CREW));
    assert_eq!((first.sender_id.as_str(), first.number, first.status), ("anna", 1, Status::Sent));
    ben.say("hi").await.unwrap();
    for user in [&anna, &ben, &carl] {
        assert_eq!(user.sees().await, "hello hi");
    }
    assert_eq!(of_carl.poll().await, "hello hi");
    assert_eq!(of_carl.poll().await, "");
    assert_eq!(of_ben.poll().await, "hello hi");

    let crew = carl.only_conversation().await;
    assert_eq!((crew.id.as_str(), crew.kind, crew.job_id), (CREW, ConversationKind::Crew, Some(1)));
    assert_eq!(crew.participants, ["anna", "ben", "carl"]);
    assert_eq!(crew.people.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["anna", "Ben", "carl"]);
    assert_eq!(crew.last_message.as_deref(), Some("hi"));
    assert_eq!(crew.job.unwrap().title, "Job 1");
    assert_eq!((anna.unread().await, ben.unread().await, carl.unread().await), (1, 1, 2));
    let told = world.announced.take();
    assert_eq!(told.last().unwrap().0, ["anna", "ben", "carl"]);
}

#[tokio::test]
async fn a_message_is_read_when_everybody_else_has_read_it_and_members_say_how_far_each_is() {
    let world = World::new().await;
    world.crew(&["anna", "ben", "carl"]).await;
    let (anna, ben, carl) = (world.user("anna"), world.user("ben"), world.user("carl"));
    let first = anna.say("one").await.unwrap();
    anna.say("two").await.unwrap();
    let status = async || anna.crew_list().await.unwrap().iter().map(|one| one.status).collect::<Vec<_>>();

    // Polls do not record delivery in a crew.
    let mut of_ben = Device::of(&ben);
    of_ben.poll().await;
    of_ben.poll().await;
    assert_eq!(status().await, [Status::Sent, Status::Sent]);

    assert_eq!(ben.read_crew(None).await.unwrap(), 0);
    assert_eq!(status().await, [Status::Sent, Status::Sent]);
    assert_eq!(carl.read_crew(Some(&first)).await.unwrap(), 1);
    assert_eq!(status().await, [Status::Read, Status::Sent]);
    assert_eq!(carl.crew_list().await.unwrap()[1].status, Status::Sent, "the same for everybody");
    let read: Vec<_> = anna.members().await.unwrap().into_iter().map(|member| (member.id, member.read_up_to)).collect();
    assert_eq!(read, [("anna".into(), 0), ("ben".into(), 2), ("carl".into(), 1)]);

    // Only the other devices of the reader get a change.
    let before = of_ben.messages.len();
    assert_eq!(of_ben.poll().await, "");
    assert_eq!(of_ben.messages.len(), before);
    assert_eq!((ben.unread().await, carl.unread().await), (0, 1));

    // A newcomer does not change the status back.
    world.crew(&["anna", "ben", "carl", "dora"]).await;
    assert_eq!(status().await[0], Status::Read);
    assert_eq!(carl.read_crew(None).await.unwrap(), 0);
    assert_eq!(status().await[1], Status::Read);
}

#[tokio::test]
async fn edits_reactions_deletions_and_replies_reach_everybody_once() {
    let world = World::new().await;
    world.crew(&["anna", "ben", "carl"]).await;
    let (anna, ben, carl) = (world.user("anna"), world.user("ben"), world.user("carl"));
    let message = anna.say("hallo").await.unwrap();
    let other = ben.say("other").await.unwrap();
    let mut of_carl = Device::of(&carl);
    assert_eq!(of_carl.poll().await, "hallo other");
    anna.edit_to(&message, "hello").await.unwrap();
    ben.react(&message, "👍").await.unwrap();
    carl.react(&message, "👍").await.unwrap();
    assert_eq!(of_carl.poll().await, "hello", "once, as it stands");
    let reactions = &of_carl.messages[&1].reactions;
    assert_eq!((reactions[0].emoji.as_str(), &*reactions[0].user_ids), ("👍", &["ben".into(), "carl".into()][..]));
    assert_eq!(ben.edit_to(&message, "mine").await.unwrap_err().code, Code::NotYourMessage);
    assert_eq!(carl.remove(&message).await.unwrap_err().code, Code::NotYourMessage);

    let reply = carl.reply("yes", &message).await.unwrap();
    assert_eq!(reply.reply_to.as_ref().unwrap().sender_id, "anna");
    assert_eq!(anna.unread().await, 2);
    ben.remove(&other).await.unwrap();
    assert_eq!((anna.unread().await, carl.unread().await, ben.unread().await), (1, 1, 2));
    assert_eq!(of_carl.poll().await, "yes ", "the tombstone where it was touched");
    let input = HostDeleteMessage { conversation_id: CREW.into() };
    world.chat.delete_host_message(&message.id, input).await.unwrap();
    assert_eq!((anna.unread().await, carl.unread().await, ben.unread().await), (1, 0, 1));
    assert_eq!(anna.read_crew(None).await.unwrap(), 0);
}

#[tokio::test]
async fn unread_counts_are_exact_wherever_the_mark_is() {
    let world = World::new().await;
    world.crew(&["anna", "ben", "carl"]).await;
    let users = [world.user("anna"), world.user("ben"), world.user("carl")];
    let mut said = Vec::new();
    for nth in 0..12_usize {
        said.push((nth % 3, users[nth % 3].say(&format!("m{nth}")).await.unwrap()));
        if nth == 5 {
            let line = HostMessageInput {
                conversation_id: Some(CREW.into()),
                content: "event".into(),
                kind: Some(HostMessageType::Event),
                ..HostMessageInput::default()
            };
            world.chat.post_host_message(line).await.unwrap();
        }
    }
    for (reader, user) in users.iter().enumerate() {
        for (at, (_, message)) in said.iter().enumerate() {
            let expected = said[at + 1..].iter().filter(|(author, _)| *author != reader).count() as u64;
            let unread = user.read_crew(Some(message)).await.unwrap();
            assert_eq!(unread, expected, "{reader} read up to {at}");
        }
    }
}

#[tokio::test]
async fn retries_and_races_of_sends_in_a_crew_end_in_one_log() {
    let world = World::new().await;
    world.crew(&["anna", "ben", "carl"]).await;
    let users = [world.user("anna"), world.user("ben"), world.user("carl")];
    let sends = (0..30).map(|nth: usize| {
        let (user, client) = (&users[nth % 3], format!("c{}", nth / 2));
        let input = SendMessage {
            conversation_id: Some(CREW.into()),
            content: Some(format!("text {}", nth / 2)),
            client_id: Some(client),
            ..SendMessage::default()
        };
        async move { user.send_as(input).await.unwrap().message.number }
    });
    let mut numbers = futures_util::future::join_all(sends).await;
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    for user in &users {
        let listed: Vec<u64> = user.crew_list().await.unwrap().iter().map(|message| message.number).collect();
        assert_eq!(listed, numbers);
    }

    // A repeated send returns the accepted message, whatever is permitted now.
    let input = SendMessage {
        conversation_id: Some(CREW.into()),
        content: Some("once".into()),
        client_id: Some("once".into()),
        ..SendMessage::default()
    };
    let first = users[0].send_as(input.clone()).await.unwrap();
    world.crew(&["ben", "carl"]).await;
    assert_eq!(users[0].send_as(input).await.unwrap().message.id, first.message.id);
}

#[tokio::test]
async fn a_host_writes_in_a_crew_and_begins_it() {
    let world = World::new().await;
    world.crew(&["anna", "ben"]).await;
    let anna = world.user("anna");
    let line = |text: &str| HostMessageInput {
        conversation_id: Some(CREW.into()),
        content: text.into(),
        ..HostMessageInput::default()
    };
    let sent = world.chat.post_host_message(line("welcome")).await.unwrap();
    assert_eq!((sent.message.sender_id.as_str(), sent.message.receiver_id.as_str()), ("#host", CREW));
    assert_eq!(anna.unread().await, 1);
    assert_eq!(anna.read_crew(None).await.unwrap(), 0);
    let unknown = HostMessageInput { conversation_id: Some("crew_7".into()), ..line("nobody") };
    assert_eq!(world.chat.post_host_message(unknown).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn a_sender_stays_the_sender_when_the_host_reorders_the_participants_during_the_send() {
    let world = World::new().await;
    for (nth, after) in
        [["ben", "carl", "anna"].as_slice(), &["ben", "anna"], &["carl", "ben", "dora"]].iter().enumerate()
    {
        let id = nth as u64 + 10;
        let crew = format!("crew_{id}");
        world.job(id, &["anna", "ben", "carl"], JobStatus::Open).await;
        let [anna, ben] = ["anna", "ben"].map(|user| world.user(user));
        // The crew has its row and no message, because only a file was announced.
        let input = jobline_wire::UploadFile {
            conversation_id: Some(crew.clone()),
            file_name: "a.txt".into(),
            file_size: 1,
            content_type: "text/plain".into(),
            ..Default::default()
        };
        anna.chat().upload_file(&anna.id, input).await.unwrap();
        let put = world.job(id, after, JobStatus::Open);
        let input = SendMessage {
            conversation_id: Some(crew),
            content: Some("It is me".into()),
            client_id: Some(format!("c{nth}")),
            ..SendMessage::default()
        };
        let (sent, ()) = tokio::join!(ben.send_as(input.clone()), put);
        let message = match sent {
            Ok(sent) => sent.message,
            Err(_) => ben.send_as(input).await.unwrap().message,
        };
        assert_eq!(message.sender_id, "ben", "{after:?}");
    }
}

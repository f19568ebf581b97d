//! Which part of a crew's log its members see: those who joined later, and those who left.

use super::*;
use crate::support::World;
use jobline_chat::Settings;
use jobline_store::testing::WeaklyVisible;
use jobline_wire::{Code, JobStatus, ListMessages, ListVersions, Message, SendMessage};

#[tokio::test]
async fn new_members_see_what_follows_their_joining_and_former_members_what_came_before() {
    let world = World::new().await;
    world.crew(&["anna", "ben"]).await;
    let (anna, ben, carl) = (world.user("anna"), world.user("ben"), world.user("carl"));
    let before = anna.say("before").await.unwrap();
    let (mut of_ben, mut of_carl) = (Device::of(&ben), Device::of(&carl));
    of_ben.poll().await;
    of_carl.poll().await;
    assert_eq!(carl.crew_list().await.unwrap_err().code, Code::NotFound);

    world.crew(&["anna", "carl"]).await;
    let after = anna.say("after").await.unwrap();
    assert_eq!(anna.sees().await, "before -ben +carl after");
    assert_eq!(ben.sees().await, "before -ben");
    assert_eq!(carl.sees().await, "+carl after");
    assert_eq!(of_ben.poll().await, "-ben");
    assert_eq!(of_carl.poll().await, "+carl after");
    assert_eq!((of_ben.holds().as_str(), of_carl.holds().as_str()), ("before -ben", "+carl after"));
    assert_eq!((carl.unread().await, ben.unread().await), (1, 1), "events are not unread");
    assert_eq!(ben.read_crew(None).await.unwrap(), 0);
    assert_eq!(ben.unread().await, 0);

    // The same holds for previews, quotes, versions and single messages.
    assert_eq!(ben.details().await.unwrap().conversation.last_message_type, Some(jobline_wire::MessageType::Event));
    assert_eq!(ben.details().await.unwrap().reason, Some(Code::NotJobParticipant));
    assert_eq!(carl.details().await.unwrap().conversation.last_message.as_deref(), Some("after"));
    assert_eq!(ben.say("still here?").await.unwrap_err().code, Code::NotJobParticipant);
    assert_eq!(ben.react(&before, "👍").await.unwrap_err().code, Code::NotJobParticipant);
    assert_eq!(carl.reply("what?", &before).await.unwrap_err().code, Code::NotFound);
    assert_eq!(carl.react(&before, "👍").await.unwrap_err().code, Code::NotFound);
    assert_eq!(carl.read_crew(Some(&before)).await.unwrap_err().code, Code::NotFound);
    assert_eq!(ben.read_crew(Some(&after)).await.unwrap_err().code, Code::NotFound);
    let versions = |message: &Message| ListVersions { conversation_id: CREW.into(), message_id: message.id.clone() };
    assert_eq!(world.chat.versions(&carl.id, versions(&before)).await.unwrap_err().code, Code::NotFound);
    assert_eq!(world.chat.versions(&ben.id, versions(&after)).await.unwrap_err().code, Code::NotFound);
    let quote = anna.reply("as I said", &before).await.unwrap();
    assert_eq!(quote.reply_to.unwrap().content, "before");
    let seen = carl.crew_list().await.unwrap().pop().unwrap().reply_to.unwrap();
    assert_eq!((seen.number, seen.content.as_str()), (1, ""), "a quote shows a newcomer nothing of before");
    assert_eq!(ben.members().await.unwrap().iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["anna", "ben"]);
    assert_eq!(ben.details().await.unwrap().conversation.participants, ["anna", "ben"]);
    assert_eq!(carl.details().await.unwrap().conversation.participants, ["anna", "carl"]);

    // A member who comes back sees what follows their return.
    world.crew(&["anna", "ben", "carl"]).await;
    anna.say("again").await.unwrap();
    assert_eq!(ben.sees().await, "+ben again");
    assert_eq!(of_ben.poll().await, "+ben again");
    assert_eq!(of_carl.poll().await, "as I said +ben again");
}

#[tokio::test]
async fn edits_after_a_member_left_are_not_shown_to_them() {
    let world = World::new().await;
    world.crew(&["anna", "ben"]).await;
    let (anna, ben) = (world.user("anna"), world.user("ben"));
    let message = anna.say("the code is 1234").await.unwrap();
    let kept = anna.say("kept").await.unwrap();
    anna.edit_to(&message, "the code is 5678").await.unwrap();
    world.crew(&["anna"]).await;
    anna.edit_to(&message, "the code is 9999").await.unwrap();
    anna.react(&kept, "👍").await.unwrap();
    assert_eq!(ben.sees().await, "the code is 5678 kept -ben");
    let listed = ben.crew_list().await.unwrap();
    assert!(listed[1].reactions.is_empty(), "{listed:?}");
    assert_eq!(listed[0].revision, Some(1));
    let versions = ListVersions { conversation_id: CREW.into(), message_id: message.id.clone() };
    let versions = world.chat.versions(&ben.id, versions).await.unwrap().versions;
    assert_eq!(
        versions.iter().map(|one| one.content.as_str()).collect::<Vec<_>>(),
        ["the code is 1234", "the code is 5678"]
    );
    // Deleted messages are gone for them, too.
    anna.remove(&message).await.unwrap();
    assert_eq!(ben.sees().await, " kept -ben");
}

#[tokio::test]
async fn a_job_can_open_the_whole_history_to_newcomers() {
    let world = World::new().await;
    world.crew(&["anna", "ben"]).await;
    let (anna, carl) = (world.user("anna"), world.user("carl"));
    anna.say("before").await.unwrap();
    world.crew_with_history(&["anna", "ben", "carl"]).await;
    assert_eq!(carl.sees().await, "before +carl");
    assert_eq!(carl.unread().await, 0, "what was written before they came is not unread");
    world.crew(&["anna", "ben", "carl"]).await;
    assert_eq!(carl.sees().await, "+carl");
}

#[tokio::test]
async fn many_members_join_and_leave_at_once() {
    let world = World::new().await;
    let name = |nth: usize| format!("user{nth:02}");
    let crew = |from: usize| (from..from + 40).map(name).collect::<Vec<_>>();
    let put = async |users: &[String]| {
        world.crew(&users.iter().map(String::as_str).collect::<Vec<_>>()).await;
    };
    put(&crew(0)).await;
    let stays = world.user("user39");
    stays.say("one").await.unwrap();
    put(&crew(39)).await;
    let newcomer = world.user("user78");
    newcomer.say("two").await.unwrap();
    let events = stays.crew_list().await.unwrap();
    assert_eq!(events.len(), 50, "a page");
    assert_eq!(stays.members().await.unwrap().len(), 40);
    assert_eq!(events.last().unwrap().number, 1 + 39 + 39 + 1);
    let numbers: Vec<u64> = events.iter().map(|message| message.number).collect();
    assert!(numbers.windows(2).all(|two| two[1] == two[0] + 1), "{numbers:?}");
    let left = world.user("user00");
    assert_eq!(left.sees().await, "one -user00");
    assert_eq!(newcomer.unread().await, 0);
    assert_eq!(stays.unread().await, 1);
}

/// A stale read of the crew's row, from before the newcomer joined.
#[tokio::test]
async fn a_new_member_sees_nothing_older_however_stale_the_reads_are() {
    let late = std::sync::Arc::new(WeaklyVisible::new(crate::engine::start().await.store, 1, 1_000));
    let world = World::over(late, Settings { send_rate: 0, ..Settings::default() }, 1).await;
    for job in 1..=30 {
        let crew = ["anna", "ben"];
        world.job(job, &crew, JobStatus::Open).await;
        let [anna, dora] = ["anna", "dora"].map(|user| world.user(user));
        let id = format!("crew_{job}");
        let hello = SendMessage {
            conversation_id: Some(id.clone()),
            content: Some("before dora".into()),
            ..SendMessage::default()
        };
        let first = anna.send_as(hello).await.unwrap().message;
        world.job(job, &["anna", "ben", "dora"], JobStatus::Open).await;
        let list = |since: Option<&str>, before: Option<&str>| ListMessages {
            conversation_id: id.clone(),
            since: since.map(str::to_owned),
            before: before.map(str::to_owned),
            limit: None,
        };
        let seen = dora.list_as(list(Some("2020-01-01T00:00:00Z"), None)).await.unwrap().messages;
        assert!(seen.iter().all(|message| message.number > 1), "job {job}: {seen:?}");
        let page = dora.list_as(list(None, Some(&first.id))).await.unwrap();
        assert_eq!(page.messages, [], "job {job}");
        let polled = dora.list_as(list(Some(&page.cursor), None)).await.unwrap().messages;
        assert!(polled.iter().all(|message| message.number > 1), "job {job}: {polled:?}");
    }
}

//! Crews: who is in them, what each of them sees, and how far each has read.

use crate::support::{User, World};
use jobline_chat::{JobId, Result, Settings};
use jobline_store::testing::WeaklyVisible;
use jobline_wire::{
    Code, ConversationDetails, ConversationKind, ConversationMember, CrewHistory, DeleteMessage, EditMessage,
    GetConversation, HostDeleteMessage, HostJobInput, HostMessageInput, HostMessageType, JobStatus, ListMembers,
    ListMessages, ListVersions, MarkAsRead, Message, React, SendMessage, Status, Synced,
};

pub(crate) const CREW: &str = "crew_1";

impl World {
    pub(crate) async fn crew(&self, participants: &[&str]) {
        self.job(1, participants, JobStatus::Open).await;
    }

    pub(crate) async fn crew_with_history(&self, participants: &[&str]) {
        let participants = participants.iter().map(|id| (*id).to_owned()).collect();
        let crew_history = Some(CrewHistory::All);
        let input = HostJobInput { title: "Job 1".into(), participants, status: JobStatus::Open, crew_history };
        self.chat.put_job(JobId::parse(1).unwrap(), input).await.unwrap();
    }
}

impl User<'_> {
    pub(crate) async fn say(&self, text: &str) -> Result<Message> {
        let input =
            SendMessage { conversation_id: Some(CREW.into()), content: Some(text.into()), ..SendMessage::default() };
        Ok(self.send_as(input).await?.message)
    }

    pub(crate) async fn reply(&self, text: &str, to: &Message) -> Result<Message> {
        let input = SendMessage {
            conversation_id: Some(CREW.into()),
            content: Some(text.into()),
            reply_to: Some(to.id.clone()),
            ..SendMessage::default()
        };
        Ok(self.send_as(input).await?.message)
    }

    pub(crate) async fn crew_list(&self) -> Result<Vec<Message>> {
        Ok(self.list_as(ListMessages { conversation_id: CREW.into(), ..ListMessages::default() }).await?.messages)
    }

    /// What they see, in a line: texts, and events as `+user` and `-user`.
    pub(crate) async fn sees(&self) -> String {
        self.crew_list().await.unwrap().iter().map(said).collect::<Vec<_>>().join(" ")
    }

    pub(crate) async fn read_crew(&self, up_to: Option<&Message>) -> Result<u64> {
        let input = MarkAsRead { conversation_id: CREW.into(), up_to: up_to.map(|message| message.id.clone()) };
        Ok(self.chat().mark_as_read(&self.id, input).await?.unread_count)
    }

    pub(crate) async fn details(&self) -> Result<ConversationDetails> {
        let input = GetConversation { conversation_id: Some(CREW.into()), ..GetConversation::default() };
        self.chat().conversation(&self.id, input).await
    }

    pub(crate) async fn members(&self) -> Result<Vec<ConversationMember>> {
        Ok(self.chat().members(&self.id, ListMembers { conversation_id: CREW.into() }).await?.members)
    }

    /// The unread messages, of which every answer has to agree.
    pub(crate) async fn unread(&self) -> u64 {
        let me = self.id.as_str();
        let listed = self.conversations().await.unwrap().conversations;
        let listed = listed.iter().find(|one| one.id == CREW).expect("the crew is in the list").unread_count[me];
        assert_eq!(self.details().await.unwrap().conversation.unread_count[me], listed);
        let synced = self.sync(None).await.unwrap().conversations;
        assert_eq!(synced.iter().find(|one| one.id == CREW).unwrap().unread_count[me], listed);
        listed
    }

    pub(crate) async fn react(&self, to: &Message, emoji: &str) -> Result<Message> {
        let (conversation_id, message_id) = (CREW.into(), to.id.clone());
        let input = React { conversation_id, message_id, emoji: Some(emoji.into()) };
        Ok(self.chat().react(&self.id, input).await?.message)
    }

    pub(crate) async fn edit_to(&self, message: &Message, content: &str) -> Result<Message> {
        let input =
            EditMessage { conversation_id: CREW.into(), message_id: message.id.clone(), content: content.into() };
        Ok(self.chat().edit(&self.id, input).await?.message)
    }

    pub(crate) async fn remove(&self, message: &Message) -> Result<Message> {
        let input = DeleteMessage { conversation_id: CREW.into(), message_id: message.id.clone() };
        Ok(self.chat().delete(&self.id, input).await?.message)
    }
}

pub(crate) fn said(message: &Message) -> String {
    match &message.event {
        Some(event) if event.kind == "joined" => format!("+{}", event.user_id.as_deref().unwrap()),
        Some(event) if event.kind == "left" => format!("-{}", event.user_id.as_deref().unwrap()),
        _ => message.content.clone(),
    }
}

/// A device that keeps what `sync` brings: the messages as they stand, by number.
struct Device<'a> {
    user: &'a User<'a>,
    cursor: Option<String>,
    messages: std::collections::BTreeMap<u64, Message>,
}

impl<'a> Device<'a> {
    fn of(user: &'a User<'a>) -> Self {
        Self { user, cursor: None, messages: std::collections::BTreeMap::new() }
    }

    /// Polls up to the end, and answers what came, in a line.
    async fn poll(&mut self) -> String {
        let mut came = Vec::new();
        loop {
            let Synced { messages, has_more, cursor, reset, .. } =
                self.user.sync_limit(self.cursor.as_deref(), Some(3)).await.unwrap();
            assert!(reset.is_none() || self.cursor.is_none(), "no reset");
            for message in messages.into_iter().filter(|message| message.conversation_id == CREW) {
                came.push(said(&message));
                self.messages.insert(message.number, message);
            }
            self.cursor = Some(cursor);
            if !has_more {
                return came.join(" ");
            }
        }
    }

    fn holds(&self) -> String {
        self.messages.values().map(said).collect::<Vec<_>>().join(" ")
    }
}

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

    // Polling delivers nothing in a crew.
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

    // The other device of somebody who read hears of it, and nothing else happens to anybody.
    let before = of_ben.messages.len();
    assert_eq!(of_ben.poll().await, "");
    assert_eq!(of_ben.messages.len(), before);
    assert_eq!((ben.unread().await, carl.unread().await), (0, 1));

    // A newcomer takes nothing back.
    world.crew(&["anna", "ben", "carl", "dora"]).await;
    assert_eq!(status().await[0], Status::Read);
    assert_eq!(carl.read_crew(None).await.unwrap(), 0);
    assert_eq!(status().await[1], Status::Read);
}

#[tokio::test]
async fn newcomers_see_what_follows_their_joining_and_who_left_what_was_before() {
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

    // In previews, quotes, versions and single messages alike.
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

    // Who comes back sees what follows that.
    world.crew(&["anna", "ben", "carl"]).await;
    anna.say("again").await.unwrap();
    assert_eq!(ben.sees().await, "+ben again");
    assert_eq!(of_ben.poll().await, "+ben again");
    assert_eq!(of_carl.poll().await, "as I said +ben again");
}

#[tokio::test]
async fn what_was_edited_after_a_member_left_is_not_shown_to_them() {
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
    // What is deleted is gone for them, too.
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
async fn many_come_and_go_at_once() {
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

    // A repetition answers what was accepted, whatever is permitted now.
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
async fn who_writes_is_who_wrote_though_the_host_reorders_the_participants_meanwhile() {
    let world = World::new().await;
    for (nth, after) in
        [["ben", "carl", "anna"].as_slice(), &["ben", "anna"], &["carl", "ben", "dora"]].iter().enumerate()
    {
        let id = nth as u64 + 10;
        let crew = format!("crew_{id}");
        world.job(id, &["anna", "ben", "carl"], JobStatus::Open).await;
        let [anna, ben] = ["anna", "ben"].map(|user| world.user(user));
        // The crew has its row, and nothing was written in it: a file was announced.
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

#[tokio::test]
async fn one_who_left_cannot_come_back_to_a_job_that_is_too_large() {
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

/// The row of the crew is read late, as it was before the newcomer came.
#[tokio::test]
async fn a_newcomer_sees_nothing_older_however_late_the_reads_are() {
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

#[tokio::test]
async fn where_crews_are_off_nobody_writes_in_one_and_what_was_written_stays() {
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

/// As over a network: others get in between a read and a commit.
#[tokio::test(start_paused = true)]
async fn ten_who_write_at_once_do_not_lose_races() {
    let slow =
        jobline_store::testing::Slow::new(crate::engine::start().await.store, 1, std::time::Duration::from_millis(5));
    let world = World::over(std::sync::Arc::new(slow), Settings { send_rate: 0, ..Settings::default() }, 1).await;
    let names: Vec<String> = (0..10).map(|nth| format!("user{nth}")).collect();
    world.crew(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let users: Vec<User<'_>> = names.iter().map(|name| world.user(name)).collect();
    users[0].say("hello").await.unwrap();
    world.store.reset();
    let writers = users.iter().map(|user| async move {
        for nth in 0..20 {
            user.say(&format!("{} says {nth}", user.id)).await.unwrap();
        }
    });
    futures_util::future::join_all(writers).await;
    let commits = world.store.reset().commits;
    assert!(commits <= 210, "{commits} commits for 200 messages");
    assert_eq!(users[9].unread().await, 181);
}

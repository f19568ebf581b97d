//! Crews whose members leave and come back: what they see afterwards, and what they may still do.

use crate::{
    crews::{CREW, said},
    support::{User, World},
};
use async_trait::async_trait;
use jobline_chat::{JobId, Settings};
use jobline_store::{
    Commit, Error, Outcome, Store,
    testing::{Alteration, Altered},
};
use jobline_wire::{Code, HostJobInput, JobStatus, ListMessages, Message, Messages, Status};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

impl World {
    async fn titled(&self, title: &str, participants: &[&str], status: JobStatus) {
        let participants = participants.iter().map(|id| (*id).to_owned()).collect();
        let input = HostJobInput { title: title.into(), participants, status, crew_history: None };
        self.chat.put_job(job(), input).await.unwrap();
    }
}

impl User<'_> {
    /// The job of the crew, in every answer that names it.
    async fn job_of_crew(&self) -> Option<(String, JobStatus)> {
        let job = self.details().await.unwrap().conversation.job;
        assert_eq!(self.only_conversation().await.job, job);
        let synced = self.sync(None).await.unwrap().conversations;
        assert_eq!(synced.into_iter().find(|one| one.id == CREW).unwrap().job, job);
        job.map(|job| (job.title, job.status))
    }

    async fn crew_page(&self, since: Option<&str>, limit: u32) -> Messages {
        let since = since.map(str::to_owned);
        let input = ListMessages { conversation_id: CREW.into(), since, limit: Some(limit), ..ListMessages::default() };
        self.list_as(input).await.unwrap()
    }

    async fn statuses(&self) -> Vec<Status> {
        self.crew_list().await.unwrap().iter().map(|message| message.status).collect()
    }

    async fn read_by(&self) -> Vec<(String, u64)> {
        self.members().await.unwrap().into_iter().map(|member| (member.id, member.read_up_to)).collect()
    }
}

fn job() -> JobId {
    JobId::parse(1).unwrap()
}

#[tokio::test]
async fn former_members_see_the_job_as_it_was_when_they_left() {
    let world = World::new().await;
    world.titled("Roof", &["anna", "ben", "carl"], JobStatus::Open).await;
    let (anna, ben, carl) = (world.user("anna"), world.user("ben"), world.user("carl"));
    anna.say("hello").await.unwrap();
    world.titled("Roof and walls", &["anna", "ben", "carl"], JobStatus::Open).await;
    // The change that removes ben is not shown to him either.
    world.titled("Secret", &["anna", "carl"], JobStatus::Closed).await;
    let known = Some(("Roof and walls".to_owned(), JobStatus::Open));
    assert_eq!(ben.job_of_crew().await, known);
    assert_eq!(carl.job_of_crew().await, Some(("Secret".to_owned(), JobStatus::Closed)));
    world.titled("More secret", &["anna", "carl"], JobStatus::Open).await;
    assert_eq!(ben.job_of_crew().await, known);
    world.chat.delete_job(job()).await.unwrap();
    assert_eq!((ben.job_of_crew().await, carl.job_of_crew().await), (known.clone(), None));
    // A member who leaves a crew whose job was deleted meanwhile sees no job.
    world.titled("Again", &["anna"], JobStatus::Open).await;
    assert_eq!((ben.job_of_crew().await, carl.job_of_crew().await), (known, None));
    world.titled("Back", &["anna", "ben"], JobStatus::Open).await;
    assert_eq!(ben.job_of_crew().await, Some(("Back".to_owned(), JobStatus::Open)));
}

#[tokio::test]
async fn former_members_get_no_later_read_marks() {
    let world = World::new().await;
    world.crew(&["anna", "ben", "carl", "dora"]).await;
    let (anna, ben, carl, dora) = (world.user("anna"), world.user("ben"), world.user("carl"), world.user("dora"));
    let first = anna.say("one").await.unwrap();
    anna.say("two").await.unwrap();
    for reader in [&ben, &carl, &dora] {
        reader.read_crew(Some(&first)).await.unwrap();
    }
    world.crew(&["anna", "carl", "dora"]).await;
    assert_eq!(ben.statuses().await[..2], [Status::Read, Status::Sent]);
    let before = ben.read_by().await;
    assert_eq!(before, [("anna".into(), 0), ("ben".into(), 1), ("carl".into(), 1), ("dora".into(), 1)]);
    for reader in [&anna, &carl, &dora] {
        reader.read_crew(None).await.unwrap();
    }
    assert_eq!(anna.statuses().await[..2], [Status::Read, Status::Read]);
    assert_eq!(ben.statuses().await[..2], [Status::Read, Status::Sent]);
    assert_eq!(ben.read_by().await, before);
    // Their own read position still moves.
    assert_eq!(ben.read_crew(None).await.unwrap(), 0);
    assert_eq!(ben.read_by().await[1], ("ben".into(), 3));
    // Nor does it show that others leave or join.
    world.crew(&["anna", "eve"]).await;
    assert_eq!(ben.statuses().await[..2], [Status::Read, Status::Sent]);
    assert_eq!(ben.read_by().await.len(), 4);
    world.crew(&["anna", "ben"]).await;
    assert_eq!(anna.statuses().await[..2], [Status::Read, Status::Read]);
}

/// The people of the crew in an answer of `sync`.
fn names(synced: &jobline_wire::Synced) -> Vec<&str> {
    let people = synced.conversations.iter().filter(|one| one.id == CREW).flat_map(|one| &one.people);
    people.map(|person| person.name.as_str()).collect()
}

/// Messages are shown with the sender's name, whether the sender is among the first members of a crew or has left it.
#[tokio::test]
async fn a_new_name_reaches_all_who_see_it_in_a_crew() {
    let world = World::new().await;
    let [anna, carl] = ["anna", "carl"].map(|user| world.user(user));
    let others = ["ben", "dora", "emil", "fay", "gus"];
    let everybody: Vec<&str> = ["anna"].into_iter().chain(others).chain(["carl"]).collect();
    world.crew(&everybody).await;
    carl.say("Hello").await.unwrap();
    let cursor = anna.sync(None).await.unwrap().cursor;
    world.name("carl", "Carl the Great").await;
    let seventh = anna.sync(Some(&cursor)).await.unwrap();
    assert!(names(&seventh).contains(&"Carl the Great"), "of more than five in a crew: {seventh:?}");
    world.crew(&everybody[..6]).await;
    let left = anna.sync(Some(&seventh.cursor)).await.unwrap();
    world.name("carl", "Carl the Gone").await;
    let gone = anna.sync(Some(&left.cursor)).await.unwrap();
    assert!(names(&gone).contains(&"Carl the Gone"), "who has left: {gone:?}");
    assert!(gone.messages.is_empty() && !gone.has_more);
    assert_eq!(anna.sync(Some(&gone.cursor)).await.unwrap().conversations, []);
}

/// Nobody writes, so polls stay as cheap as before.
#[tokio::test]
async fn a_new_name_does_not_wake_a_crew() {
    let world = World::over(crate::engine::start_with_whole_pages().await.store, Settings::default(), 1).await;
    let [anna, ben] = ["anna", "ben"].map(|user| world.user(user));
    world.crew(&["anna", "ben"]).await;
    anna.say("Hello").await.unwrap();
    let before = ben.sync(None).await.unwrap().cursor;
    world.clock.forward(2 * 86_400_000);
    world.chat.run_due_tasks(u64::MAX).await.unwrap();
    let asleep = ben.sync(Some(&before)).await.unwrap().cursor;
    world.name("anna", "Anna the Great").await;
    for cursor in [&before, &asleep] {
        let told = ben.sync(Some(cursor)).await.unwrap();
        assert!(names(&told).contains(&"Anna the Great") && told.messages.is_empty(), "{told:?}");
        world.store.reset();
        assert_eq!(ben.sync(Some(&told.cursor)).await.unwrap().conversations, []);
        assert_eq!(world.store.reset().rows, 1, "the head alone is read");
    }
    ben.say("Welcome Anna").await.unwrap();
    let synced = anna.sync(None).await.unwrap();
    assert_eq!(synced.messages.last().unwrap().content, "Welcome Anna");
}

#[tokio::test]
async fn returning_members_can_delete_their_earlier_messages() {
    let world = World::new().await;
    world.crew(&["anna", "ben", "carl"]).await;
    let (anna, ben, carl) = (world.user("anna"), world.user("ben"), world.user("carl"));
    let mine = ben.say("my number is 1234").await.unwrap();
    let other = anna.say("noted").await.unwrap();
    let unread = carl.unread().await;
    world.crew(&["anna", "carl"]).await;
    world.crew(&["anna", "ben", "carl"]).await;
    assert_eq!(ben.sees().await, "+ben");
    assert_eq!(ben.remove(&other).await.unwrap_err().code, Code::NotFound, "what others wrote is out of sight");
    assert_eq!(ben.edit_to(&mine, "my number is 5678").await.unwrap_err().code, Code::NotFound);
    for _ in 0..2 {
        let deleted = ben.remove(&mine).await.unwrap();
        assert_eq!((deleted.content.as_str(), deleted.deleted_at.is_some()), ("", true));
    }
    assert_eq!(anna.sees().await, " noted -ben +ben");
    assert_eq!(ben.sees().await, "+ben");
    assert_eq!(carl.unread().await, unread - 1);
    world.crew(&["anna", "carl"]).await;
    let later = anna.say("gone again").await.unwrap();
    assert_eq!(ben.remove(&later).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn pages_that_began_before_a_member_left_show_each_message_once() {
    for touched_afterwards in [false, true] {
        let world = World::new().await;
        world.crew(&["anna", "ben", "carl"]).await;
        let (anna, ben, carl) = (world.user("anna"), world.user("ben"), world.user("carl"));
        anna.say("one").await.unwrap();
        let start = ben.crew_page(None, 50).await.cursor;
        anna.say("two").await.unwrap();
        let three = anna.say("three").await.unwrap();
        anna.say("four").await.unwrap();
        let mut answer = ben.crew_page(Some(&start), 1).await;
        assert!(answer.has_more, "the series goes on");
        // Shown with the next answer, and in the log after the end of this series.
        anna.edit_to(&three, "3").await.unwrap();
        world.crew(&["anna", "carl"]).await;
        if touched_afterwards {
            carl.react(&three, "👍").await.unwrap();
        }
        let mut shown: Vec<Message> = answer.messages.clone();
        while answer.has_more {
            answer = ben.crew_page(Some(&answer.cursor), 1).await;
            shown.extend(answer.messages.clone());
        }
        let texts: Vec<String> = shown.iter().map(said).collect();
        assert_eq!(texts, ["two", "3", "four", "-ben"], "touched afterwards: {touched_afterwards}");
        // For a former member the cursor notes no later change.
        assert_eq!(answer.cursor, ben.crew_page(Some(&answer.cursor), 1).await.cursor);
    }
}

/// Refuses commits of the crew after the first few.
struct HeldCrew {
    allowed: AtomicU64,
}

impl HeldCrew {
    async fn start() -> Arc<Altered<Self>> {
        Altered::over(crate::engine::start().await.store, Self { allowed: AtomicU64::new(u64::MAX) })
    }

    fn allow(&self, commits: u64) {
        self.allowed.store(commits, Ordering::SeqCst);
    }
}

#[async_trait]
impl Alteration for HeldCrew {
    async fn commit(&self, inner: &dyn Store, commit: &Commit) -> Result<Outcome, Error> {
        let partition = format!("CONVERSATION#{CREW}");
        let of_crew = commit.operations().iter().any(|operation| operation.key.partition == partition);
        if of_crew {
            let less = |allowed: u64| allowed.checked_sub(1);
            let allowed = self.allowed.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
            allowed.map_err(|_| Error::Unavailable("held".into()))?;
        }
        inner.commit(commit).await
    }
}

#[tokio::test]
async fn a_job_that_is_deleted_right_after_a_removal_keeps_nobody_in_its_crew() {
    let store = HeldCrew::start().await;
    let world = World::over(store.clone(), Settings { send_rate: 0, ..Settings::default() }, 1).await;
    world.crew(&["anna", "ben"]).await;
    let (anna, ben) = (world.user("anna"), world.user("ben"));
    anna.say("before").await.unwrap();
    store.allow(0);
    world.crew(&["anna"]).await;
    assert_eq!(world.chat.delete_job(job()).await.unwrap_err().code, Code::Unavailable, "nothing is half done");
    store.allow(u64::MAX);
    world.chat.delete_job(job()).await.unwrap();
    world.chat.delete_job(job()).await.unwrap();
    assert_eq!(ben.sees().await, "before -ben");
    let members: Vec<_> = anna.members().await.unwrap().into_iter().map(|member| member.id).collect();
    assert_eq!(members, ["anna"]);
    world.chat.post_host_message(line("The job is gone.")).await.unwrap();
    assert_eq!(
        (ben.sees().await.as_str(), anna.sees().await.as_str()),
        ("before -ben", "before -ben The job is gone.")
    );
}

/// More members join than fit into one commit, and the job changes again before all of them have joined.
#[tokio::test]
async fn a_member_who_leaves_while_others_are_still_joining_sees_the_title_of_that_time() {
    let store = HeldCrew::start().await;
    let world = World::over(store.clone(), Settings { send_rate: 0, ..Settings::default() }, 1).await;
    let (anna, ben) = (world.user("anna"), world.user("ben"));
    world.titled("Roof", &["anna", "ben"], JobStatus::Open).await;
    anna.say("hello").await.unwrap();
    world.titled("Secret", &["anna"], JobStatus::Open).await;
    assert_eq!(anna.sees().await, "hello -ben");
    let others: Vec<String> = (0..20).map(|nth| format!("user{nth}")).collect();
    let all: Vec<&str> = ["anna", "ben"].into_iter().chain(others.iter().map(String::as_str)).collect();
    store.allow(1);
    world.titled("Back", &all, JobStatus::Open).await;
    assert_eq!(anna.crew_list().await.unwrap_err().code, Code::Unavailable, "not all are in");
    store.allow(u64::MAX);
    world.titled("Later", &["anna"], JobStatus::Open).await;
    assert_eq!(ben.job_of_crew().await, Some(("Back".to_owned(), JobStatus::Open)));
}

fn line(text: &str) -> jobline_wire::HostMessageInput {
    let conversation_id = Some(CREW.into());
    jobline_wire::HostMessageInput { conversation_id, content: text.into(), ..Default::default() }
}

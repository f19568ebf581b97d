//! Mail about unread messages: one for each conversation until the user has read it.

use crate::{
    outbox::Receiver,
    support::{User, World},
};
use async_trait::async_trait;
use jobline_chat::{Delivery, GivenUp, Mail, Settings, UnreadLine, UnreadNotice};
use jobline_wire::{CallMedia, Code, HostMessageInput, HostUserInput, JobStatus, SetPreferences, StartCall};
use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// A mail server.
#[derive(Default)]
struct Mailbox {
    got: Mutex<Vec<UnreadNotice>>,
    is_down: AtomicBool,
    takes_content: bool,
}

#[async_trait]
impl Mail for Mailbox {
    fn takes_content(&self) -> bool {
        self.takes_content
    }

    async fn send(&self, notice: &UnreadNotice) -> Delivery {
        if self.is_down.load(Ordering::SeqCst) {
            return Delivery::Failed { why: "no connection to the mail server".to_owned(), retry_after_ms: None };
        }
        self.got.lock().unwrap().push(notice.clone());
        Delivery::Delivered
    }
}

impl Mailbox {
    /// The mails since the last call.
    fn take(&self) -> Vec<UnreadNotice> {
        std::mem::take(&mut *self.got.lock().unwrap())
    }

    /// Lets `minutes` pass, sends what is due after each, and returns what was sent.
    async fn within(&self, world: &World, minutes: u64) -> Vec<UnreadNotice> {
        world.chat.send_mail(self).await.unwrap();
        for _ in 0..minutes {
            world.clock.forward(MINUTE);
            world.chat.send_mail(self).await.unwrap();
        }
        self.take()
    }
}

async fn profile(world: &World, id: &str, name: &str) {
    let email = Some(format!("{id}@example.com"));
    world
        .chat
        .put_user(&world.user(id).id, HostUserInput { name: name.into(), email, ..Default::default() })
        .await
        .unwrap();
}

/// Anna and ben, who have addresses and share a job.
async fn people(world: &World) -> (User<'_>, User<'_>) {
    let pair = world.pair().await;
    profile(world, "anna", "Anna Berg").await;
    profile(world, "ben", "Ben Okafor").await;
    pair
}

async fn world() -> World {
    World::with(Settings { send_rate: 0, mail: true, ..Settings::default() }).await
}

#[tokio::test]
async fn unread_messages_become_one_mail() {
    let (world, mailbox) = (world().await, Mailbox::default());
    let (anna, ben) = people(&world).await;
    anna.send(&ben, "one").await.unwrap();
    assert_eq!(mailbox.within(&world, 9).await, []);
    anna.send(&ben, "two").await.unwrap();
    let sent = mailbox.within(&world, 2).await;
    assert_eq!(sent.len(), 1);
    let mail = &sent[0];
    assert_eq!((mail.email.as_str(), mail.user.as_str(), mail.unread), ("ben@example.com", "ben", 2));
    assert_eq!((mail.sender.as_deref(), mail.conversation.as_str()), (Some("Anna Berg"), "conv_anna_ben"));
    assert!(mail.job.is_some());
    assert!(mail.lines.is_empty(), "no text unless it was asked for");
    anna.send(&ben, "three").await.unwrap();
    assert_eq!(mailbox.within(&world, 30).await, [], "one until it was read");
    ben.read(&anna).await.unwrap();
    anna.send(&ben, "four").await.unwrap();
    let again = mailbox.within(&world, 30).await;
    assert_eq!(again.len(), 1);
    assert_ne!(again[0].id, mail.id);
}

#[tokio::test]
async fn no_mail_for_messages_read_in_time_and_for_users_who_want_none() {
    let (world, mailbox) = (world().await, Mailbox::default());
    let (anna, ben) = people(&world).await;
    anna.send(&ben, "one").await.unwrap();
    assert_eq!(mailbox.within(&world, 9).await, []);
    ben.read(&anna).await.unwrap();
    assert_eq!(mailbox.within(&world, 20).await, [], "read");
    world.chat.set_preferences(&ben.id, SetPreferences { mail: Some(false), ..Default::default() }).await.unwrap();
    anna.send(&ben, "two").await.unwrap();
    assert_eq!(mailbox.within(&world, 20).await, [], "no mail is wanted");
    world.chat.set_preferences(&ben.id, SetPreferences { mail: Some(true), ..Default::default() }).await.unwrap();
    let input = HostUserInput { name: "Anna".into(), ..Default::default() };
    world.chat.put_user(&anna.id, input).await.unwrap();
    ben.send(&anna, "three").await.unwrap();
    assert_eq!(mailbox.within(&world, 20).await, [], "no address");
}

#[tokio::test]
async fn the_last_unread_texts_are_quoted_where_that_is_wanted() {
    let world = world().await;
    let mailbox = Mailbox { takes_content: true, ..Mailbox::default() };
    let (anna, ben) = people(&world).await;
    for text in ["one", "two", "three", "four"] {
        anna.send(&ben, text).await.unwrap();
    }
    let sent = mailbox.within(&world, 11).await;
    assert_eq!(
        (sent.len(), &sent[0].lines[..]),
        (1, &["two", "three", "four"].map(|text| UnreadLine::Text(text.to_owned()))[..])
    );
    let user_ids = Some(vec!["anna".to_owned(), "ben".to_owned()]);
    let line = HostMessageInput { user_ids, content: "Matched".into(), ..Default::default() };
    world.chat.post_host_message(line).await.unwrap();
    let sent = mailbox.within(&world, 11).await;
    assert_eq!((sent.len(), sent[0].user.as_str(), sent[0].sender.as_deref()), (1, "anna", None));
}

#[tokio::test]
async fn messages_without_text_are_described_by_their_type() {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x04\0\0\0\x03\x08\x02\0\0\0sum.\0\0\0\0IEND\xaeB`\x82";
    let world = world().await;
    let mailbox = Mailbox { takes_content: true, ..Mailbox::default() };
    let (anna, ben) = people(&world).await;
    anna.send_file(&ben, "roof.png", "image/png", PNG).await.unwrap();
    anna.send_file(&ben, "plan.txt", "text/plain", b"a plan").await.unwrap();
    let call =
        StartCall { conversation_id: "conv_anna_ben".into(), device_id: "phone".into(), media: CallMedia::Video };
    world.chat.start_call(&anna.id, call).await.unwrap();
    let sent = mailbox.within(&world, 11).await;
    let missed = UnreadLine::Call { video: true, missed: true };
    assert_eq!(sent[0].lines, [UnreadLine::Photo, UnreadLine::File("plan.txt".into()), missed]);
}

#[tokio::test]
async fn the_language_is_what_the_reader_chose_or_else_what_the_host_gave() {
    let (world, mailbox) = (world().await, Mailbox::default());
    let (anna, ben) = people(&world).await;
    assert_eq!(world.chat.language(&ben.id).await.unwrap(), None);
    let given = HostUserInput {
        name: "Ben Okafor".into(),
        email: Some("ben@example.com".into()),
        language: Some("ar-EG".into()),
        ..Default::default()
    };
    let put = world.chat.put_user(&ben.id, given.clone()).await.unwrap();
    assert_eq!(put.language.as_deref(), Some("ar-EG"));
    anna.send(&ben, "one").await.unwrap();
    assert_eq!(mailbox.within(&world, 11).await[0].language.as_deref(), Some("ar-EG"));
    let chosen = SetPreferences { language: Some(Some("es".into())), ..Default::default() };
    world.chat.set_preferences(&ben.id, chosen).await.unwrap();
    ben.read(&anna).await.unwrap();
    anna.send(&ben, "two").await.unwrap();
    assert_eq!(mailbox.within(&world, 11).await[0].language.as_deref(), Some("es"));
    assert_eq!(world.chat.language(&ben.id).await.unwrap().as_deref(), Some("es"));
    let taken_back = SetPreferences { language: Some(None), ..Default::default() };
    let preferences = world.chat.set_preferences(&ben.id, taken_back).await.unwrap();
    assert_eq!(preferences.language, None);
    assert_eq!(world.chat.language(&ben.id).await.unwrap().as_deref(), Some("ar-EG"), "what the host gave");
    let wrong = HostUserInput { language: Some("español".into()), ..given };
    let refusal = world.chat.put_user(&ben.id, wrong).await.unwrap_err();
    assert_eq!((refusal.code, refusal.field), (Code::InvalidRequest, Some("language")));
}

#[tokio::test]
async fn a_mail_server_that_is_down_is_tried_again_and_holds_back_nothing_else() {
    let settings = Settings { send_rate: 0, mail: true, outbox: true, ..Settings::default() };
    let (world, mailbox) = (World::with(settings).await, Mailbox::default());
    let (anna, ben) = people(&world).await;
    mailbox.is_down.store(true, Ordering::SeqCst);
    anna.send(&ben, "one").await.unwrap();
    assert_eq!(mailbox.within(&world, 11).await, []);
    assert_eq!(world.chat.mail_failure().as_deref(), Some("no connection to the mail server"));
    let receiver = Receiver::default();
    assert_eq!(world.chat.deliver_events(&receiver).await.unwrap(), 3, "the host is told meanwhile");
    assert_eq!(world.chat.event_failure(), None);
    mailbox.is_down.store(false, Ordering::SeqCst);
    assert_eq!(mailbox.within(&world, 10).await.len(), 1);
    let stuck = Receiver::failing_at("message");
    anna.send(&ben, "two").await.unwrap();
    ben.read(&anna).await.unwrap();
    anna.send(&ben, "three").await.unwrap();
    world.chat.deliver_events(&stuck).await.unwrap();
    assert_eq!(mailbox.within(&world, 11).await.len(), 1, "a webhook that fails holds back no mail");
    assert!(world.chat.failed_events(Default::default()).await.unwrap().events.is_empty());
}

#[tokio::test]
async fn a_mail_that_could_not_be_sent_for_a_day_is_not_sent_any_more() {
    let (world, mailbox) = (world().await, Mailbox::default());
    let (anna, ben) = people(&world).await;
    mailbox.is_down.store(true, Ordering::SeqCst);
    anna.send(&ben, "one").await.unwrap();
    assert_eq!(mailbox.within(&world, 11).await, []);
    world.clock.forward(25 * HOUR);
    assert_eq!(world.chat.given_up(), GivenUp::default(), "it is tried again");
    mailbox.is_down.store(false, Ordering::SeqCst);
    assert_eq!(mailbox.within(&world, 120).await, []);
    assert_eq!(world.chat.given_up(), GivenUp { mail: 1, ..GivenUp::default() });
}

#[tokio::test]
async fn conversations_from_before_mail_was_set_up_are_left_alone() {
    let engine = crate::engine::start().await.store;
    let quiet = World::over(engine.clone(), Settings { send_rate: 0, outbox: true, ..Settings::default() }, 1).await;
    let (anna, ben) = people(&quiet).await;
    quiet.job(2, &["anna", "carl"], JobStatus::Open).await;
    anna.send(&ben, "old").await.unwrap();
    let mailing = World::over(engine, Settings { send_rate: 0, mail: true, ..Settings::default() }, 2).await;
    mailing.clock.forward(48 * HOUR);
    let mailbox = Mailbox::default();
    assert_eq!(mailbox.within(&mailing, 20).await, []);
    mailing.user("anna").send(&mailing.user("ben"), "new").await.unwrap();
    assert_eq!(mailbox.within(&mailing, 20).await, [], "it has been unread for two days");
    mailing.user("ben").read(&mailing.user("anna")).await.unwrap();
    mailing.user("anna").send(&mailing.user("ben"), "newer").await.unwrap();
    assert_eq!(mailbox.within(&mailing, 20).await.len(), 1);
}

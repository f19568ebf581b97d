//! Push notifications about unread messages: one for each conversation until the user has read it.

use crate::support::{User, World};
use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jobline_chat::{Delivery, Push, PushNotice, PushSubscription, Pushed, Settings, UnreadLine, UserId};
use jobline_wire::{
    AddPush, BlockUser, Code, HostUserInput, JobStatus, Mute, PushKeys, RemovePush, SendMessage, SetPreferences,
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, atomic::AtomicBool, atomic::Ordering},
};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The push services of all browsers.
#[derive(Default)]
struct Services {
    got: Mutex<Vec<(String, PushNotice)>>,
    /// Their answers, by endpoint; others count as delivered.
    answers: Mutex<BTreeMap<String, Pushed>>,
    is_active: AtomicBool,
}

#[async_trait]
impl Push for Services {
    fn takes_content(&self) -> bool {
        true
    }

    fn is_active(&self, _: &UserId) -> bool {
        self.is_active.load(Ordering::SeqCst)
    }

    async fn send(&self, to: &PushSubscription, notice: &PushNotice) -> Pushed {
        let answer = self.answers.lock().unwrap().get(&to.endpoint).cloned();
        let answer = answer.unwrap_or(Pushed::Tried(Delivery::Delivered));
        if answer == Pushed::Tried(Delivery::Delivered) {
            self.got.lock().unwrap().push((to.endpoint.clone(), notice.clone()));
        }
        answer
    }
}

impl Services {
    fn answer(&self, endpoint: &str, answer: Option<Pushed>) {
        let mut answers = self.answers.lock().unwrap();
        answers.remove(endpoint);
        answers.extend(answer.map(|answer| (endpoint.to_owned(), answer)));
    }

    /// Lets `seconds` pass, pushes what is due after each, and returns to which endpoints, in order.
    async fn within(&self, world: &World, seconds: u64) -> Vec<String> {
        world.chat.send_push(self).await.unwrap();
        for _ in 0..seconds {
            world.clock.forward(SECOND);
            world.chat.send_push(self).await.unwrap();
        }
        self.notices().into_iter().map(|(endpoint, _)| endpoint).collect()
    }

    fn notices(&self) -> Vec<(String, PushNotice)> {
        let mut got = std::mem::take(&mut *self.got.lock().unwrap());
        got.sort_by(|one, other| one.0.cmp(&other.0));
        got
    }
}

async fn world() -> World {
    World::with(Settings { send_rate: 0, push: true, ..Settings::default() }).await
}

fn subscription(endpoint: &str) -> AddPush {
    let point: Vec<u8> = [4].into_iter().chain([7; 64]).collect();
    let keys = PushKeys { p256dh: URL_SAFE_NO_PAD.encode(point), auth: URL_SAFE_NO_PAD.encode([9; 16]) };
    AddPush { endpoint: endpoint.to_owned(), keys, expiration_time: None }
}

async fn subscribe(user: &User<'_>, endpoint: &str) {
    user.chat().add_push(&user.id, subscription(endpoint)).await.unwrap();
}

#[tokio::test]
async fn unread_messages_are_pushed_once_to_every_browser_until_they_are_read() {
    let (world, services) = (world().await, Services::default());
    let (anna, ben) = world.pair().await;
    subscribe(&ben, "https://push/phone").await;
    subscribe(&ben, "https://push/laptop").await;
    subscribe(&ben, "https://push/laptop").await;
    anna.send(&ben, "one").await.unwrap();
    assert!(services.within(&world, 9).await.is_empty(), "it may be read yet");
    anna.send(&ben, "two").await.unwrap();
    world.clock.forward(2 * SECOND);
    world.chat.send_push(&services).await.unwrap();
    let told = services.notices();
    assert_eq!(
        told.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(),
        ["https://push/laptop", "https://push/phone"]
    );
    let notice = &told[0].1;
    assert_eq!((notice.user.as_str(), notice.conversation.as_str(), notice.unread), ("ben", "conv_anna_ben", 2));
    assert_eq!((notice.line.clone(), notice.job.is_some()), (Some(UnreadLine::Text("two".into())), true));
    anna.send(&ben, "three").await.unwrap();
    assert!(services.within(&world, 60).await.is_empty(), "one until it was read");
    ben.read(&anna).await.unwrap();
    anna.send(&ben, "four").await.unwrap();
    assert_eq!(services.within(&world, 12).await.len(), 2);
}

#[tokio::test]
async fn no_notification_for_users_who_have_read_or_muted_or_block_the_sender_or_want_none() {
    let (world, services) = (world().await, Services::default());
    let (anna, ben) = world.pair().await;
    subscribe(&ben, "https://push/phone").await;
    anna.send(&ben, "read in time").await.unwrap();
    services.within(&world, 5).await;
    ben.read(&anna).await.unwrap();
    assert!(services.within(&world, 30).await.is_empty());
    let until = Some("2030-01-01T00:00:00.000Z".to_owned());
    let mute = |until| Mute { conversation_id: "conv_anna_ben".into(), until };
    world.chat.mute(&ben.id, mute(until)).await.unwrap();
    anna.send(&ben, "muted").await.unwrap();
    assert!(services.within(&world, 30).await.is_empty());
    world.chat.mute(&ben.id, mute(None)).await.unwrap();
    ben.read(&anna).await.unwrap();
    let wishes = |push| SetPreferences { push: Some(push), ..Default::default() };
    world.chat.set_preferences(&ben.id, wishes(false)).await.unwrap();
    anna.send(&ben, "not wanted").await.unwrap();
    assert!(services.within(&world, 30).await.is_empty());
    world.chat.set_preferences(&ben.id, wishes(true)).await.unwrap();
    ben.read(&anna).await.unwrap();
    anna.send(&ben, "of somebody who is blocked then").await.unwrap();
    world.chat.block(&ben.id, BlockUser { user_id: "anna".into() }).await.unwrap();
    assert!(services.within(&world, 30).await.is_empty());
    let blocked = world.chat.preferences(&ben.id).await.unwrap().blocked;
    assert_eq!(blocked.iter().map(|person| person.id.as_str()).collect::<Vec<_>>(), ["anna"]);
}

#[tokio::test]
async fn a_notification_is_in_the_language_of_its_reader() {
    let (world, services) = (world().await, Services::default());
    let (anna, ben) = world.pair().await;
    subscribe(&ben, "https://push/phone").await;
    let language = |tag: &str| Some(tag.to_owned());
    let given = HostUserInput { name: "Ben".into(), language: language("es"), ..Default::default() };
    world.chat.put_user(&ben.id, given).await.unwrap();
    for (chosen, expected) in [(None, "es"), (language("ar"), "ar")] {
        let preferences = SetPreferences { language: chosen.map(Some), ..Default::default() };
        world.chat.set_preferences(&ben.id, preferences).await.unwrap();
        anna.send(&ben, "Hola").await.unwrap();
        world.clock.forward(12 * SECOND);
        world.chat.send_push(&services).await.unwrap();
        let told = services.notices();
        assert_eq!((told.len(), told[0].1.language.as_deref()), (1, Some(expected)));
        ben.read(&anna).await.unwrap();
    }
}

#[tokio::test]
async fn a_subscription_takes_the_place_of_one_whose_keys_are_known() {
    let (world, services) = (world().await, Services::default());
    let (anna, ben) = world.pair().await;
    let [before, now] = ["https://push/before", "https://push/now"].map(subscription);
    subscribe(&ben, "https://push/before").await;
    let renew = async |user: &User<'_>, before: &AddPush| world.chat.renew_push(&user.id, before, now.clone()).await;
    let other_keys = PushKeys { auth: URL_SAFE_NO_PAD.encode([8; 16]), ..before.keys.clone() };
    let forged = AddPush { keys: other_keys, ..before.clone() };
    for (user, told) in [(&ben, &forged), (&anna, &before), (&ben, &subscription("https://push/other"))] {
        assert_eq!(renew(user, told).await.unwrap_err().code, Code::NotFound);
    }
    anna.send(&ben, "one").await.unwrap();
    assert_eq!(services.within(&world, 12).await, ["https://push/before"], "nothing was changed");
    ben.read(&anna).await.unwrap();
    renew(&ben, &before).await.unwrap();
    renew(&ben, &before).await.unwrap();
    anna.send(&ben, "two").await.unwrap();
    assert_eq!(services.within(&world, 12).await, ["https://push/now"]);
    ben.read(&anna).await.unwrap();
    let gone = RemovePush { endpoint: "https://push/now".to_owned() };
    world.chat.remove_push(&ben.id, gone).await.unwrap();
    assert_eq!(renew(&ben, &before).await.unwrap_err().code, Code::NotFound, "signed out");
}

#[tokio::test]
async fn an_active_user_is_notified_once_they_leave_without_reading() {
    let (world, services) = (world().await, Services::default());
    let (anna, ben) = world.pair().await;
    subscribe(&ben, "https://push/phone").await;
    services.is_active.store(true, Ordering::SeqCst);
    anna.send(&ben, "one").await.unwrap();
    assert!(services.within(&world, 60).await.is_empty());
    services.is_active.store(false, Ordering::SeqCst);
    assert_eq!(services.within(&world, 90).await.len(), 1);
}

#[tokio::test]
async fn a_browser_that_is_gone_is_removed_and_only_those_that_failed_are_tried_again() {
    let (world, services) = (world().await, Services::default());
    let (anna, ben) = world.pair().await;
    for browser in ["https://push/gone", "https://push/down", "https://push/fine"] {
        subscribe(&ben, browser).await;
    }
    let failed = Delivery::Failed { why: "it answered 503".into(), retry_after_ms: None };
    services.answer("https://push/gone", Some(Pushed::Gone));
    services.answer("https://push/down", Some(Pushed::Tried(failed)));
    anna.send(&ben, "one").await.unwrap();
    assert_eq!(services.within(&world, 12).await, ["https://push/fine"]);
    assert_eq!(world.chat.push_failure().as_deref(), Some("it answered 503"));
    services.answer("https://push/gone", None);
    services.answer("https://push/down", None);
    assert_eq!(services.within(&world, 60).await, ["https://push/down"]);
    ben.read(&anna).await.unwrap();
    anna.send(&ben, "two").await.unwrap();
    assert_eq!(services.within(&world, 12).await, ["https://push/down", "https://push/fine"]);
}

#[tokio::test]
async fn a_message_that_stayed_unread_while_it_was_muted_holds_back_no_later_one() {
    let (world, services) = (world().await, Services::default());
    let (anna, ben) = world.pair().await;
    subscribe(&ben, "https://push/phone").await;
    let mute = |until| Mute { conversation_id: "conv_anna_ben".into(), until };
    anna.send(&ben, "muted").await.unwrap();
    world.chat.mute(&ben.id, mute(Some("2030-01-01T00:00:00.000Z".into()))).await.unwrap();
    assert!(services.within(&world, 12).await.is_empty());
    world.clock.forward(2 * DAY);
    world.chat.mute(&ben.id, mute(None)).await.unwrap();
    services.is_active.store(true, Ordering::SeqCst);
    anna.send(&ben, "not muted").await.unwrap();
    assert!(services.within(&world, 12).await.is_empty(), "ben is there");
    services.is_active.store(false, Ordering::SeqCst);
    assert_eq!(services.within(&world, 30).await, ["https://push/phone"]);
}

#[tokio::test]
async fn a_service_that_fails_is_tried_for_a_day_and_not_longer() {
    let (world, services) = (world().await, Services::default());
    let (anna, ben) = world.pair().await;
    subscribe(&ben, "https://push/down").await;
    let failed = Delivery::Failed { why: "it answered 503".into(), retry_after_ms: None };
    services.answer("https://push/down", Some(Pushed::Tried(failed.clone())));
    anna.send(&ben, "one").await.unwrap();
    services.within(&world, 12).await;
    world.clock.forward(DAY - HOUR);
    services.within(&world, 1).await;
    services.answer("https://push/down", None);
    world.clock.forward(HOUR - MINUTE);
    assert_eq!(services.within(&world, 1).await, ["https://push/down"], "within the day");
    ben.read(&anna).await.unwrap();
    services.answer("https://push/down", Some(Pushed::Tried(failed)));
    anna.send(&ben, "two").await.unwrap();
    services.within(&world, 12).await;
    services.answer("https://push/down", None);
    world.clock.forward(DAY + HOUR);
    assert!(services.within(&world, 30).await.is_empty(), "after the day");
}

#[tokio::test]
async fn in_a_crew_all_others_are_notified_except_of_those_whom_they_block() {
    let (world, services) = (world().await, Services::default());
    world.job(1, &["anna", "ben", "carl"], JobStatus::Open).await;
    let [anna, ben, carl] = ["anna", "ben", "carl"].map(|user| world.user(user));
    subscribe(&ben, "https://push/ben").await;
    subscribe(&carl, "https://push/carl").await;
    subscribe(&anna, "https://push/anna").await;
    world.chat.block(&carl.id, BlockUser { user_id: "anna".into() }).await.unwrap();
    let hello = SendMessage {
        conversation_id: Some("crew_1".into()),
        content: Some("Hello all".into()),
        ..SendMessage::default()
    };
    anna.send_as(hello).await.unwrap();
    assert_eq!(services.within(&world, 30).await, ["https://push/ben"]);
}

#[tokio::test]
async fn a_user_has_ten_browsers_and_a_wrong_one_is_refused_with_the_field() {
    let (world, services) = (world().await, Services::default());
    let (anna, ben) = world.pair().await;
    for number in 0..12 {
        world.clock.forward(SECOND);
        subscribe(&ben, &format!("https://push/{number:02}")).await;
    }
    world.chat.remove_push(&ben.id, RemovePush { endpoint: "https://push/11".into() }).await.unwrap();
    world.chat.remove_push(&ben.id, RemovePush { endpoint: "https://push/unknown".into() }).await.unwrap();
    anna.send(&ben, "one").await.unwrap();
    let expected: Vec<String> = (2..11).map(|number| format!("https://push/{number:02}")).collect();
    assert_eq!(services.within(&world, 12).await, expected);
    world.clock.forward(MINUTE);
    for number in 12..=42 {
        let added = world.chat.add_push(&ben.id, subscription(&format!("https://push/{number}"))).await;
        assert_eq!(added.err().map(|error| error.code), (number == 42).then_some(Code::RateLimited), "{number}");
    }
    world.clock.forward(MINUTE);
    let good = subscription("https://push/x");
    let with = |p256dh: &str, auth: &str| AddPush {
        keys: PushKeys { p256dh: p256dh.to_owned(), auth: auth.to_owned() },
        ..good.clone()
    };
    for (input, field) in [
        (AddPush { endpoint: String::new(), ..good.clone() }, "endpoint"),
        (AddPush { endpoint: format!("https://push/{}", "x".repeat(2_000)), ..good.clone() }, "endpoint"),
        (with("AAAA", &good.keys.auth), "keys.p256dh"),
        (with("not base64!", &good.keys.auth), "keys.p256dh"),
        (with(&good.keys.p256dh, "AAAA"), "keys.auth"),
    ] {
        let error = world.chat.add_push(&ben.id, input).await.unwrap_err();
        assert_eq!((error.code, error.field), (Code::InvalidRequest, Some(field)));
    }
    world.chat.delete_user(&ben.id).await.unwrap();
    ben.read(&anna).await.unwrap();
    anna.send(&ben, "two").await.unwrap();
    assert!(services.within(&world, 30).await.is_empty(), "a deleted user has no browsers");
}

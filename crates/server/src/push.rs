//! Pushes to the browsers of users what they have not read.

use crate::config::PushConfig;
use crate::unread_texts;
use crate::upkeep::until_next_round;
use crate::webhook::{LoggedFailure, delivery};
use async_trait::async_trait;
use jobline_api::app::App;
use jobline_api::metrics::{Attempt, DeliveryChannel, Metrics};
use jobline_api::push::PushOffer;
use jobline_chat::{Clock, Push, PushNotice, PushSubscription, Pushed, Random, UserId, push_key};
use jobline_live::Hub;
use jobline_notify::SystemResolver;
use jobline_notify::push::{self, Message, PushOutcome, Subscription, Vapid};
use jobline_store::Store;
use serde_json::{Value, json};
use std::future::pending;
use std::sync::Arc;

/// For how long a user who was active needs no notification.
const LOOKS_MS: u64 = 10_000;

/// The push services, as the domain knows them.
pub struct Pushes {
    push: push::Push,
    /// Absent without live connections.
    hub: Option<Hub>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

/// What browsers subscribe with, and which endpoints are accepted. The key is made at the first start and never again.
///
/// # Errors
/// One line that says what is wrong.
pub async fn offer(
    config: &PushConfig,
    store: &dyn Store,
    random: &dyn Random,
) -> Result<(push::Push, PushOffer), String> {
    let key = push_key(store, random, || Vapid::generate().ok()).await.map_err(|error| error.to_string())?;
    let vapid = Vapid::new(&key, &config.subject).map_err(|error| error.to_string())?;
    let push = push::Push::new(vapid, config.services.clone(), Arc::new(SystemResolver));
    let services = config.services.clone();
    let offer =
        PushOffer { public_key: push.public_key(), accepts: Arc::new(move |endpoint| services.accept(endpoint)) };
    Ok((push, offer))
}

impl Pushes {
    /// Pushes by `push`, unless `hub` knows that somebody looks.
    #[must_use]
    pub fn new(push: push::Push, hub: Option<Hub>, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Self {
        Self { push, hub, clock, metrics }
    }
}

#[async_trait]
impl Push for Pushes {
    /// A notification is encrypted for the browser: nobody on its way can read it.
    fn takes_content(&self) -> bool {
        true
    }

    fn is_active(&self, user: &UserId) -> bool {
        let now_ms = self.clock.now_ms();
        let last_ms = self.hub.as_ref().and_then(|hub| hub.last_active_ms(user, now_ms));
        last_ms.is_some_and(|at| now_ms < at.saturating_add(LOOKS_MS))
    }

    async fn send(&self, to: &PushSubscription, notice: &PushNotice) -> Pushed {
        let PushSubscription { endpoint, p256dh, auth } = to;
        let conversation = notice.conversation.as_str();
        let (body, topic) = (body(notice), blake3::hash(conversation.as_bytes()).to_hex()[..32].to_owned());
        let message = Message { body: body.as_bytes(), topic: &topic, seconds: self.clock.now_ms() / 1_000 };
        match self.push.send(&Subscription { endpoint, p256dh, auth }, &message).await {
            PushOutcome::Gone => {
                self.metrics.delivery(DeliveryChannel::Push, Attempt::Gone);
                Pushed::Gone
            }
            PushOutcome::Tried(outcome) => Pushed::Tried(delivery(&self.metrics, DeliveryChannel::Push, outcome)),
        }
    }
}

/// What the service worker of the app reads.
fn body(notice: &PushNotice) -> String {
    let PushNotice { user, conversation, sender, job, unread, line, language } = notice;
    let language = unread_texts::language(language.as_deref());
    let texts = language.texts();
    let text = line.as_ref().map(|line| unread_texts::line(line, language));
    // Apart from the text and the name: together they would not fit.
    let title = sender.is_none().then_some(texts.marketplace);
    let more = (*unread > 1).then(|| language.fill(texts.unread, &unread.to_string()));
    let mut body = json!({
        "user": user.as_str(),
        "conversationId": conversation.as_str(),
        "sender": sender,
        "job": job,
        "unread": unread,
        "text": text,
        "title": title,
        "more": more,
        "lang": texts.tag,
        "dir": texts.direction,
    });
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|_, value| *value != Value::Null);
    }
    body.to_string()
}

/// Pushes what is due once.
pub(crate) async fn send_due(app: &App, pushes: &Pushes) {
    if let Err(error) = app.chat.send_push(pushes).await {
        tracing::error!(%error, "push notifications that are due could not be read; they are tried again");
    }
}

/// Logs what failed in a round, and counts abandoned deliveries.
pub(crate) fn report(app: &App, logged: &mut LoggedFailure) {
    app.metrics.given_up(DeliveryChannel::Push, app.chat.given_up().push);
    if let Some(why) = app.chat.push_failure().filter(|why| logged.is_news(why, app.clock.now_ms())) {
        tracing::warn!(why, "a push service did not take a notification; it is tried again unless it was refused");
    }
}

/// Pushes what is due. Never returns.
pub async fn send(app: &App, pushes: &Pushes) {
    let mut logged = LoggedFailure::default();
    loop {
        send_due(app, pushes).await;
        report(app, &mut logged);
        // Notices are always delayed, so there is no signal to wait for: only the interval.
        until_next_round(app, pending()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jobline_chat::{ConversationId, UnreadLine};
    use jobline_notify::push::MESSAGE_BYTES;

    fn notice() -> PushNotice {
        PushNotice {
            user: UserId::new("ben").unwrap(),
            conversation: ConversationId::new("conv_anna_ben").unwrap(),
            sender: Some("Anna".to_owned()),
            job: None,
            unread: 1,
            line: Some(UnreadLine::Voice),
            language: None,
        }
    }

    #[test]
    fn a_notification_speaks_the_language_of_its_reader() {
        let said = |notice: &PushNotice| serde_json::from_str::<Value>(&body(notice)).unwrap();
        let told = said(&notice());
        assert_eq!(
            (&told["text"], &told["lang"], &told["dir"]),
            (&json!("Voice message"), &json!("en"), &json!("ltr"))
        );
        assert!(told.get("title").is_none() && told.get("more").is_none(), "{told}");
        let language = Some("ar-EG".to_owned());
        let told = said(&PushNotice { language, sender: None, unread: 3, ..notice() });
        assert_eq!((&told["text"], &told["lang"], &told["dir"]), (&json!("رسالة صوتية"), &json!("ar"), &json!("rtl")));
        assert_eq!((&told["title"], &told["more"]), (&json!("المنصة"), &json!("الرسائل غير المقروءة: 3")));
    }

    #[test]
    fn the_longest_notification_is_one_that_push_services_take() {
        let id = |letter: &str| letter.repeat(128);
        let longest = PushNotice {
            user: UserId::new(&id("a")).unwrap(),
            conversation: ConversationId::new(&format!("conv_{}_{}", id("a"), id("b"))).unwrap(),
            sender: Some("😀".repeat(200)),
            job: Some("😀".repeat(200)),
            unread: u64::MAX,
            line: Some(UnreadLine::Text("😀".repeat(101))),
            language: Some("ar".to_owned()),
        };
        let bytes = body(&longest).len();
        assert!((2_500..=MESSAGE_BYTES).contains(&bytes), "{bytes} bytes");
    }
}

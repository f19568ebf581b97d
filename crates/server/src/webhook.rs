//! Sends events to the host's webhook.

use crate::config::WebhookConfig;
use crate::upkeep::until_next_round;
use async_trait::async_trait;
use jobline_api::app::App;
use jobline_api::metrics::{Attempt, DeliveryChannel, Metrics};
use jobline_chat::{Clock, Delivery, EventReceiver, HostEvent};
use jobline_notify::{Outcome, SystemResolver, webhook::Webhook};
use std::sync::Arc;

/// The host's webhook, as the domain knows it.
pub struct HostWebhook {
    webhook: Webhook,
    content: bool,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl HostWebhook {
    /// The receiver that `config` names.
    #[must_use]
    pub fn new(config: &WebhookConfig, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Self {
        let WebhookConfig { url, secrets, content, allow_private } = config.clone();
        Self { webhook: Webhook::new(url, secrets, allow_private, Arc::new(SystemResolver)), content, clock, metrics }
    }
}

#[async_trait]
impl EventReceiver for HostWebhook {
    fn takes_content(&self) -> bool {
        self.content
    }

    async fn deliver(&self, event: &HostEvent) -> Delivery {
        let seconds = self.clock.now_ms() / 1_000;
        let outcome = self.webhook.deliver(&event.id, seconds, event.body.clone().into()).await;
        delivery(&self.metrics, DeliveryChannel::Webhook, outcome)
    }
}

/// How an attempt ended, as the domain knows it. It is counted.
pub(crate) fn delivery(metrics: &Metrics, channel: DeliveryChannel, outcome: Outcome) -> Delivery {
    let attempt = match &outcome {
        Outcome::Delivered => Attempt::Delivered,
        Outcome::Failed { .. } => Attempt::Failed,
        Outcome::Refused { .. } => Attempt::Refused,
    };
    metrics.delivery(channel, attempt);
    match outcome {
        Outcome::Delivered => Delivery::Delivered,
        Outcome::Failed { why, retry_after_ms } => Delivery::Failed { why, retry_after_ms },
        Outcome::Refused { why } => Delivery::Refused { why },
    }
}

/// How long the same failure is not logged again, in milliseconds.
const SAME_FAILURE_MS: u64 = 10 * 60_000;

/// The failure of a delivery that was logged last: what fails is tried often, and for the same reason.
#[derive(Default)]
pub(crate) struct LoggedFailure(Option<(String, u64)>);

impl LoggedFailure {
    /// Whether `why` has to be logged at `now_ms`; then it counts as logged.
    pub(crate) fn is_news(&mut self, why: &str, now_ms: u64) -> bool {
        let known = self.0.as_ref().is_some_and(|(logged, at_ms)| logged == why && now_ms < at_ms + SAME_FAILURE_MS);
        if !known {
            self.0 = Some((why.to_owned(), now_ms));
        }
        !known
    }
}

/// Delivers the events that are due.
pub(crate) async fn deliver_due(app: &App, host: &HostWebhook) {
    if let Err(error) = app.chat.deliver_events(host).await {
        tracing::error!(%error, "events could not be read; they are tried again");
    }
}

/// Logs what failed in a round, and counts abandoned deliveries.
pub(crate) fn report(app: &App, logged: &mut LoggedFailure) {
    app.metrics.given_up(DeliveryChannel::Webhook, app.chat.given_up().webhook);
    if let Some(why) = app.chat.event_failure().filter(|why| logged.is_news(why, app.clock.now_ms())) {
        let what = "the webhook did not take an event; it is tried again for a day unless it was refused for good, and then \
                    GET /host/webhooks/failed lists it";
        tracing::warn!(why, "{what}");
    }
}

/// Delivers events as they are stored, and those of servers that have died. Never returns.
pub async fn deliver(app: &App, host: &HostWebhook) {
    let mut logged = LoggedFailure::default();
    loop {
        deliver_due(app, host).await;
        report(app, &mut logged);
        until_next_round(app, app.chat.event_stored()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_failure_is_news_once_in_ten_minutes() {
        let mut logged = LoggedFailure::default();
        let news: Vec<bool> =
            [("a", 0), ("a", 1), ("b", 2), ("b", 3), ("a", 4), ("a", 600_003), ("a", 600_004), ("a", 600_005)]
                .map(|(why, at_ms)| logged.is_news(why, at_ms))
                .to_vec();
        assert_eq!(news, [true, false, true, false, true, false, true, false]);
    }
}

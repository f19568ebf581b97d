//! Tells the host what changed.

use crate::config::WebhookConfig;
use crate::upkeep::until_next_look;
use async_trait::async_trait;
use jobline_api::app::App;
use jobline_chat::{Clock, Delivery, Outside, OutsideEvent};
use jobline_notify::{Outcome, SystemResolver, webhook::Webhook};
use std::sync::Arc;

/// The host's webhook, as the domain knows it.
pub struct Host {
    webhook: Webhook,
    content: bool,
    clock: Arc<dyn Clock>,
}

impl Host {
    /// The receiver that `config` names.
    #[must_use]
    pub fn new(config: &WebhookConfig, clock: Arc<dyn Clock>) -> Self {
        let WebhookConfig { url, secrets, content, allow_private } = config.clone();
        Self { webhook: Webhook::new(url, secrets, allow_private, Arc::new(SystemResolver)), content, clock }
    }
}

#[async_trait]
impl Outside for Host {
    fn takes_content(&self) -> bool {
        self.content
    }

    async fn deliver(&self, event: &OutsideEvent) -> Delivery {
        let seconds = self.clock.now_ms() / 1_000;
        delivery(self.webhook.deliver(&event.id, seconds, event.body.clone().into()).await)
    }
}

/// How an attempt ended, as the domain knows it.
pub(crate) fn delivery(outcome: Outcome) -> Delivery {
    match outcome {
        Outcome::Delivered => Delivery::Delivered,
        Outcome::Failed { why, retry_after_ms } => Delivery::Failed { why, retry_after_ms },
        Outcome::Refused { why } => Delivery::Refused { why },
    }
}

/// Delivers events as they are stored, and those of servers that have died. Never returns.
pub async fn tell(app: &App, host: &Host) {
    loop {
        if let Err(error) = app.chat.tell_outside(host).await {
            tracing::error!(%error, "events could not be read; they are tried again");
        }
        if let Some(why) = app.chat.outside_failure() {
            tracing::warn!(why, "the webhook did not take an event; it is tried again for a day");
        }
        until_next_look(app, app.chat.event_stored()).await;
    }
}

//! The services for deliveries: the host's webhook, the mail server, push services.

use crate::config::{Config, ConfigError};
use crate::engines::Engines;
use crate::mail::{self, Mails};
use crate::push::{self, Pushes};
use crate::unsubscribe::Unsubscribe;
#[cfg(feature = "aws")]
use crate::webhook::LoggedFailure;
use crate::webhook::{self, HostWebhook};
use jobline_api::app::App;
use jobline_api::push::PushOffer;
use jobline_notify::push::Push;
use std::sync::Arc;
use tokio::task::JoinSet;

/// The configured services.
pub(crate) struct Senders {
    webhook: Option<HostWebhook>,
    mails: Option<Mails>,
    pushes: Option<Pushes>,
}

impl Senders {
    /// Those that `config` names; notifications go by `push`.
    ///
    /// # Errors
    /// The setting to look at.
    pub(crate) fn new(config: &Config, engines: &Engines, app: &App, push: Option<Push>) -> Result<Self, ConfigError> {
        let webhook = config
            .webhook
            .as_ref()
            .map(|webhook| HostWebhook::new(webhook, Arc::clone(&app.clock), Arc::clone(&app.metrics)));
        Ok(Self { webhook, mails: mails(config, engines, app)?, pushes: push.map(|push| pushes(push, app)) })
    }

    /// Starts a task for each of them.
    pub(crate) fn spawn(self, app: &App, tasks: &mut JoinSet<()>) {
        let Self { webhook: receiver, mails, pushes } = self;
        if let Some(receiver) = receiver {
            let delivering = app.clone();
            tasks.spawn(async move { webhook::deliver(&delivering, &receiver).await });
        }
        if let Some(mails) = mails {
            let sending = app.clone();
            tasks.spawn(async move { mail::send(&sending, &mails).await });
        }
        if let Some(pushes) = pushes {
            let pushing = app.clone();
            tasks.spawn(async move { push::send(&pushing, &pushes).await });
        }
    }

    /// Delivers everything that is due, once. Work that is not finished when the future is dropped is due again when its
    /// lease ends.
    #[cfg(feature = "aws")]
    pub(crate) async fn deliver_due(&self, app: &App) {
        tokio::join!(
            async {
                if let Some(receiver) = &self.webhook {
                    webhook::deliver_due(app, receiver).await;
                }
            },
            async {
                if let Some(mails) = &self.mails {
                    mail::send_due(app, mails).await;
                }
            },
            async {
                if let Some(pushes) = &self.pushes {
                    push::send_due(app, pushes).await;
                }
            },
        );
    }
}

/// The last failure of each kind.
#[cfg(feature = "aws")]
#[derive(Default)]
pub(crate) struct LoggedFailures {
    webhook: LoggedFailure,
    mail: LoggedFailure,
    push: LoggedFailure,
}

#[cfg(feature = "aws")]
impl LoggedFailures {
    /// Logs the failures since the last call.
    pub(crate) fn report(&mut self, app: &App) {
        webhook::report(app, &mut self.webhook);
        mail::report(app, &mut self.mail);
        push::report(app, &mut self.push);
    }
}

/// The mail server, where there is one.
fn mails(config: &Config, engines: &Engines, app: &App) -> Result<Option<Mails>, ConfigError> {
    let Some(server) = &config.mail.server else { return Ok(None) };
    let public_url = config.public_url.as_deref().unwrap_or_default();
    let mails = Mails::new(server, public_url, Unsubscribe::new(&engines.secrets), Arc::clone(&app.metrics));
    mails.map(Some).map_err(|error| ConfigError::new("smtp-url", format_args!("cannot be used: {error}")))
}

/// The push services, as a port of the domain.
fn pushes(push: Push, app: &App) -> Pushes {
    let hub = app.live.as_ref().map(|live| live.hub().clone());
    Pushes::new(push, hub, Arc::clone(&app.clock), Arc::clone(&app.metrics))
}

/// The push services, where notifications are sent, and what browsers subscribe with.
///
/// # Errors
/// The setting to look at.
pub(crate) async fn push_service(config: &Config, engines: &Engines) -> Result<Option<(Push, PushOffer)>, ConfigError> {
    let Some(push) = &config.push else { return Ok(None) };
    let offer = push::offer(push, &*engines.store, &*engines.random).await;
    offer.map(Some).map_err(|error| ConfigError::new("vapid-subject", format_args!("cannot be used: {error}")))
}

//! Sends users mail about what they have not read.

use crate::config::MailServer;
use crate::unread_texts;
use crate::unsubscribe::Unsubscribe;
use crate::upkeep::until_next_round;
use crate::webhook::{LoggedFailure, delivery};
use async_trait::async_trait;
use jobline_api::app::App;
use jobline_api::metrics::{DeliveryChannel, Metrics};
use jobline_chat::{Delivery, Mail, UnreadNotice};
use jobline_notify::mail::{Mailer, UnreadMail};
use std::future::pending;
use std::sync::Arc;
use url::form_urlencoded::byte_serialize;

/// The mail server, as the domain knows it.
pub struct Mails {
    mailer: Mailer,
    content: bool,
    public_url: String,
    unsubscribe: Unsubscribe,
    metrics: Arc<Metrics>,
}

impl Mails {
    /// Mail through `server`, with links below `public_url`.
    ///
    /// # Errors
    /// One line that says what is wrong with the settings.
    pub fn new(
        server: &MailServer,
        public_url: &str,
        unsubscribe: Unsubscribe,
        metrics: Arc<Metrics>,
    ) -> Result<Self, String> {
        let mailer = Mailer::new(&server.url, &server.from, &[])?;
        let public_url = public_url.trim_end_matches('/').to_owned();
        Ok(Self { mailer, content: server.content, public_url, unsubscribe, metrics })
    }
}

#[async_trait]
impl Mail for Mails {
    fn takes_content(&self) -> bool {
        self.content
    }

    async fn send(&self, notice: &UnreadNotice) -> Delivery {
        let conversation = notice.conversation.as_str();
        let place: String = byte_serialize(conversation.as_bytes()).collect();
        let language = unread_texts::language(notice.language.as_deref());
        let lines: Vec<String> = notice.lines.iter().map(|line| unread_texts::line(line, language)).collect();
        let mail = UnreadMail {
            to: &notice.email,
            language,
            sender: notice.sender.as_deref(),
            job: notice.job.as_deref(),
            unread: notice.unread,
            lines: &lines,
            link: &format!("{}/#/c/{place}", self.public_url),
            unsubscribe: &self.unsubscribe.link(&self.public_url, &notice.user),
            id: &name(&notice.id),
            thread: &name(&format!("{conversation}/{}", notice.user)),
        };
        delivery(&self.metrics, DeliveryChannel::Mail, self.mailer.send(&mail).await)
    }
}

/// A name for mail programs that tells nothing, and is the same each time.
fn name(of: &str) -> String {
    blake3::hash(of.as_bytes()).to_hex()[..32].to_owned()
}

/// Sends the mail that is due.
pub(crate) async fn send_due(app: &App, mails: &Mails) {
    if let Err(error) = app.chat.send_mail(mails).await {
        tracing::error!(%error, "mail that is due could not be read; it is tried again");
    }
}

/// Logs what failed in a round, and counts abandoned deliveries.
pub(crate) fn report(app: &App, logged: &mut LoggedFailure) {
    app.metrics.given_up(DeliveryChannel::Mail, app.chat.given_up().mail);
    if let Some(why) = app.chat.mail_failure().filter(|why| logged.is_news(why, app.clock.now_ms())) {
        tracing::warn!(why, "a mail was not taken; it is tried again for a day unless it was refused for good");
    }
}

/// Sends what is due. Never returns.
pub async fn send(app: &App, mails: &Mails) {
    let mut logged = LoggedFailure::default();
    loop {
        send_due(app, mails).await;
        report(app, &mut logged);
        // Notices are always delayed, so there is no signal to wait for: only the interval.
        until_next_round(app, pending()).await;
    }
}

//! Background work of a server.

use super::Chat;
use crate::{
    base::{
        clock_row::{self, ClockLook},
        error::Result,
    },
    files::sweep,
    messages,
    outbox::{
        driver,
        port::{EventReceiver, Mail, Port, Push},
        take_over,
    },
    tasks::run,
};

/// How much this server has given up since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GivenUp {
    /// Events for the host, which can have them delivered again.
    pub webhook: u64,
    /// Mails to users.
    pub mail: u64,
    /// Notifications, of each browser.
    pub push: u64,
}

impl Chat {
    /// How many deliveries this server has abandoned since its start: refused permanently, or failed for a day.
    #[must_use]
    pub fn given_up(&self) -> GivenUp {
        let (webhook, mail, push) = (&self.cx.webhook, &self.cx.mail, &self.cx.push);
        GivenUp { webhook: webhook.given_up(), mail: mail.given_up(), push: push.given_up() }
    }

    /// Compares the clock with what it said at the last look, and keeps what it says now. Servers look at their start and
    /// before each sweep: after a jump nothing may be deleted for its age, neither by [`Chat::sweep`] nor by the engine.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn look_at_clock(&self) -> Result<ClockLook> {
        clock_row::look_at_clock(&self.cx.db, self.cx.now()).await
    }

    /// Deletes the bytes of files that no message will ever use, and of those that have expired. Answers how many.
    ///
    /// # Errors
    /// `unavailable`; what was deleted stays deleted, and the next sweep deletes the rest.
    pub async fn sweep(&self) -> Result<usize> {
        let deleted = messages::delete::finish_removals(&self.cx).await?;
        Ok(deleted + sweep::sweep(&self.cx).await?)
    }

    /// Ends the leases of a server that has ended, so that its work goes on at once. For the start of a server over a store
    /// that no other one can have open: anywhere else the leases may be those of a server that works.
    ///
    /// # Errors
    /// `unavailable`: what it did not come to is due within half a minute.
    pub async fn take_over(&self) -> Result<()> {
        run::end_leases(&self.cx).await?;
        take_over::end_leases(&self.cx).await
    }

    /// Runs the tasks that are due, for about `limit_ms`: work that calls left to the background, or that a server left
    /// which has died. Answers how many were finished. Servers run it every few seconds, and at once after
    /// [`Chat::task_left`].
    ///
    /// # Errors
    /// `unavailable`: what failed is due again in half a minute.
    pub async fn run_due_tasks(&self, limit_ms: u64) -> Result<usize> {
        run::run_due(&self.cx, self.cx.now().saturating_add(limit_ms)).await
    }

    /// Returns once a call of this server has left work to the background. One task at a time may wait for it.
    pub async fn task_left(&self) {
        self.cx.unfinished.wait().await;
    }

    /// Delivers events to the host, in the order of each conversation, at least once. Answers how many events were
    /// delivered. A server runs it every few seconds, and at once after [`Chat::event_stored`].
    ///
    /// # Errors
    /// `unavailable`: what was not delivered is due again in half a minute.
    pub async fn deliver_events(&self, receiver: &dyn EventReceiver) -> Result<usize> {
        driver::deliver_due(&self.cx, Port::Webhook(receiver)).await
    }

    /// Returns once this server has stored an event for the host. One task at a time may wait for it.
    pub async fn event_stored(&self) {
        self.cx.webhook.wait().await;
    }

    /// Why a delivery to the host failed, if one did since this was last asked: one line.
    #[must_use]
    pub fn event_failure(&self) -> Option<String> {
        self.cx.webhook.take_failure()
    }

    /// Sends mail about what users have not read: one for each conversation until they have read it. Answers how many were
    /// sent. A server runs it every few seconds.
    ///
    /// # Errors
    /// `unavailable`: what was not sent is due again in half a minute.
    pub async fn send_mail(&self, mail: &dyn Mail) -> Result<usize> {
        driver::deliver_due(&self.cx, Port::Mail(mail)).await
    }

    /// Why a mail was not sent, if one was not since this was last asked: one line.
    #[must_use]
    pub fn mail_failure(&self) -> Option<String> {
        self.cx.mail.take_failure()
    }

    /// Pushes to the browsers of users what they have not read: one notification for each conversation until they have read
    /// it. Answers how many browsers got it. A server runs it every few seconds.
    ///
    /// # Errors
    /// `unavailable`: what was not sent is due again in half a minute.
    pub async fn send_push(&self, push: &dyn Push) -> Result<usize> {
        driver::deliver_due(&self.cx, Port::Push(push)).await
    }

    /// Why a notification was not sent, if one was not since this was last asked: one line.
    #[must_use]
    pub fn push_failure(&self) -> Option<String> {
        self.cx.push.take_failure()
    }
}

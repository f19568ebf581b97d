//! What the host calls.

use super::Chat;
use crate::{
    base::{
        error::Result,
        id::{JobId, UserId},
    },
    host::{jobs, people},
    messages,
    outbox::failed,
    user,
};
use jobline_wire::{
    FailedEvents, HostDeleteMessage, HostJob, HostJobInput, HostMessageInput, HostUser, HostUserInput,
    ListFailedEvents, ListReports, Reports, SentMessage,
};

impl Chat {
    /// Adds a line from the host to a conversation, which it begins if it names two users. Repeated with the same
    /// `clientId` it answers the first line again.
    ///
    /// # Errors
    /// `invalid_request`, `content_empty`, `content_too_long`, `not_found`, `client_id_reused`, `unavailable`.
    pub async fn post_host_message(&self, input: HostMessageInput) -> Result<SentMessage> {
        messages::host_line::post(&self.cx, input).await
    }

    /// Deletes any message for everyone, on behalf of the host. Repeating it changes nothing.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn delete_host_message(&self, message_id: &str, input: HostDeleteMessage) -> Result<()> {
        messages::delete::delete_as_host(&self.cx, message_id, input).await
    }

    /// What users reported, the oldest first.
    ///
    /// # Errors
    /// `invalid_request`, `unavailable`.
    pub async fn reports(&self, input: ListReports) -> Result<Reports> {
        user::reports::list(&self.cx, input).await
    }

    /// Deletes a report. No error when there is none.
    ///
    /// # Errors
    /// `not_found` for what cannot be the id of a report, `unavailable`.
    pub async fn delete_report(&self, id: &str) -> Result<()> {
        user::reports::delete(&self.cx, id).await
    }

    /// The events that the host's webhook did not take, the oldest first. They are kept for 30 days.
    ///
    /// # Errors
    /// `invalid_request`, `unavailable`.
    pub async fn failed_events(&self, input: ListFailedEvents) -> Result<FailedEvents> {
        failed::list(&self.cx, input).await
    }

    /// Makes an event of [`Chat::failed_events`] due for one more attempt, which the driver of events makes. When that
    /// fails, the event stays listed with what happened.
    ///
    /// # Errors
    /// `not_found`, `not_offered` where there is no webhook, `unavailable`.
    pub async fn redeliver(&self, id: &str) -> Result<()> {
        failed::redeliver(&self.cx, id).await
    }

    /// Creates or replaces a job. The members of conversations about it are told in a moment, or in the background where
    /// there are many. The same again changes nothing.
    ///
    /// # Errors
    /// `invalid_request`, `unavailable`; after the latter the same call completes what was begun.
    pub async fn put_job(&self, id: JobId, input: HostJobInput) -> Result<HostJob> {
        jobs::put(&self.cx, id, input).await
    }

    /// A job.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn get_job(&self, id: JobId) -> Result<HostJob> {
        jobs::get(&self.cx, id).await
    }

    /// Deletes a job: it permits nobody to write any more. No error when there is none.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn delete_job(&self, id: JobId) -> Result<()> {
        jobs::delete(&self.cx, id).await
    }

    /// Creates or replaces a user's profile. The same again changes nothing.
    ///
    /// # Errors
    /// `invalid_request`, `unavailable`.
    pub async fn put_user(&self, id: &UserId, input: HostUserInput) -> Result<HostUser> {
        people::put(&self.cx, id, input).await
    }

    /// A user's profile.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn get_user(&self, id: &UserId) -> Result<HostUser> {
        people::get(&self.cx, id).await
    }

    /// Deletes a user's profile; their messages stay. No error when there is none.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn delete_user(&self, id: &UserId) -> Result<()> {
        people::delete(&self.cx, id).await
    }
}

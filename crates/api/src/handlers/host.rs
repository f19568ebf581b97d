//! The host API. Repeating a call with the same input changes nothing and gives the same answer.

use crate::app::App;
use crate::caller::Host;
use crate::target::{FailedEventId, ReportId};
use jobline_chat::{Error, JobId, MessageId, Result, UserId, iso};
use jobline_http::Nothing;
use jobline_wire as wire;
use jobline_wire::limits::{TOKEN_SECONDS, TOKEN_SECONDS_MAX};
use std::time::Duration;

/// `PUT /host/users/{userId}`
///
/// # Errors
/// As the domain's `put_user`.
pub async fn put_user(app: App, _: Host, id: UserId, input: wire::HostUserInput) -> Result<wire::HostUser> {
    app.chat.put_user(&id, input).await
}

/// `GET /host/users/{userId}`
///
/// # Errors
/// As the domain's `get_user`.
pub async fn get_user(app: App, _: Host, id: UserId, _: Nothing) -> Result<wire::HostUser> {
    app.chat.get_user(&id).await
}

/// `DELETE /host/users/{userId}`
///
/// # Errors
/// As the domain's `delete_user`.
pub async fn delete_user(app: App, _: Host, id: UserId, _: Nothing) -> Result<()> {
    app.chat.delete_user(&id).await
}

/// `POST /host/users/{userId}/token`
///
/// # Errors
/// `invalid_request` without a JWT secret, or for a time that is not accepted.
pub async fn mint_token(app: App, _: Host, id: UserId, input: wire::MintToken) -> Result<wire::MintedToken> {
    let seconds = input.ttl_seconds.unwrap_or(TOKEN_SECONDS);
    if !(1..=TOKEN_SECONDS_MAX).contains(&seconds) {
        let detail = format!("ttlSeconds is a whole number from 1 to {TOKEN_SECONDS_MAX}.");
        return Err(Error::invalid("ttlSeconds", detail));
    }
    let minted = app.identity.mint(&id, Duration::from_secs(seconds))?;
    Ok(wire::MintedToken { token: minted.token, expires_at: iso(minted.expires_ms) })
}

/// `PUT /host/jobs/{jobId}`
///
/// # Errors
/// As the domain's `put_job`.
pub async fn put_job(app: App, _: Host, id: JobId, input: wire::HostJobInput) -> Result<wire::HostJob> {
    app.chat.put_job(id, input).await
}

/// `GET /host/jobs/{jobId}`
///
/// # Errors
/// As the domain's `get_job`.
pub async fn get_job(app: App, _: Host, id: JobId, _: Nothing) -> Result<wire::HostJob> {
    app.chat.get_job(id).await
}

/// `DELETE /host/jobs/{jobId}`
///
/// # Errors
/// As the domain's `delete_job`.
pub async fn delete_job(app: App, _: Host, id: JobId, _: Nothing) -> Result<()> {
    app.chat.delete_job(id).await
}

/// `POST /host/messages`
///
/// # Errors
/// As the domain's `post_host_message`.
pub async fn post_message(app: App, _: Host, (): (), input: wire::HostMessageInput) -> Result<wire::SentMessage> {
    app.chat.post_host_message(input).await
}

/// `DELETE /host/messages/{messageId}`
///
/// # Errors
/// As the domain's `delete_host_message`.
pub async fn delete_message(app: App, _: Host, id: MessageId, input: wire::HostDeleteMessage) -> Result<()> {
    app.chat.delete_host_message(id.as_str(), input).await
}

/// `GET /host/reports`
///
/// # Errors
/// As the domain's `reports`.
pub async fn reports(app: App, _: Host, (): (), input: wire::ListReports) -> Result<wire::Reports> {
    app.chat.reports(input).await
}

/// `DELETE /host/reports/{reportId}`
///
/// # Errors
/// As the domain's `delete_report`.
pub async fn delete_report(app: App, _: Host, id: ReportId, _: Nothing) -> Result<()> {
    app.chat.delete_report(&id.0).await
}

/// `GET /host/webhooks/failed`
///
/// # Errors
/// As the domain's `failed_events`.
pub async fn failed_events(app: App, _: Host, (): (), input: wire::ListFailedEvents) -> Result<wire::FailedEvents> {
    app.chat.failed_events(input).await
}

/// `POST /host/webhooks/failed/{eventId}/redeliver`
///
/// # Errors
/// As the domain's `redeliver`.
pub async fn redeliver(app: App, _: Host, id: FailedEventId, _: Nothing) -> Result<()> {
    app.chat.redeliver(&id.0).await
}

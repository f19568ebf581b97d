//! Online status and preferences.

use crate::app::App;
use crate::caller::User;
use jobline_chat::{Error, Result, UserId};
use jobline_http::Nothing;
use jobline_wire::{self as wire, limits};
use std::collections::BTreeSet;

/// `GET /messages/presence`
///
/// # Errors
/// `invalid_request`; as the domain's `presence`.
pub async fn presence(app: App, User(me): User, input: wire::PresenceQuery) -> Result<wire::People> {
    let users = users(&input.user_ids)?;
    let now_ms = app.clock.now_ms();
    let hub = app.live.as_ref().map(|live| live.hub().clone());
    let active = move |user: &UserId| hub.as_ref()?.last_active_ms(user, now_ms);
    Ok(wire::People { people: app.chat.presence(&me, &users, active).await? })
}

/// `GET /messages/preferences`
///
/// # Errors
/// As the domain's `preferences`.
pub async fn preferences(app: App, User(me): User, _: Nothing) -> Result<wire::Preferences> {
    Ok(with_key(&app, app.chat.preferences(&me).await?))
}

/// `PUT /messages/preferences`
///
/// # Errors
/// As the domain's `set_preferences`.
pub async fn set_preferences(app: App, User(me): User, input: wire::SetPreferences) -> Result<wire::Preferences> {
    Ok(with_key(&app, app.chat.set_preferences(&me, input).await?))
}

/// With what a browser subscribes to push notifications, where there are any.
fn with_key(app: &App, preferences: wire::Preferences) -> wire::Preferences {
    wire::Preferences { push_key: app.push.as_ref().map(|push| push.public_key.clone()), ..preferences }
}

/// `POST /messages/push`
///
/// # Errors
/// `not_offered`; as the domain's `add_push`.
pub async fn add_push(app: App, User(me): User, input: wire::AddPush) -> Result<wire::PushChanged> {
    let push = app.push.as_ref().ok_or_else(no_push)?;
    if !(push.accepts)(&input.endpoint) {
        let detail =
            "endpoint is no URL of a push service that this server knows. Send what PushManager.subscribe() gives.";
        return Err(Error::invalid("endpoint", detail));
    }
    app.chat.add_push(&me, input).await
}

/// `POST /messages/removePush`
///
/// # Errors
/// As the domain's `remove_push`.
pub async fn remove_push(app: App, User(me): User, input: wire::RemovePush) -> Result<wire::PushChanged> {
    app.chat.remove_push(&me, input).await
}

fn no_push() -> Error {
    Error::new(wire::Code::NotOffered, "This server sends no push notifications: its operator sets --vapid-subject.")
}

fn users(list: &str) -> Result<BTreeSet<UserId>> {
    let users: BTreeSet<UserId> =
        list.split(',').map(|id| UserId::parse("userIds", id.trim())).collect::<Result<_>>()?;
    if users.len() > limits::PRESENCE_USERS {
        return Err(Error::invalid("userIds", format!("Ask for at most {} users at a time.", limits::PRESENCE_USERS)));
    }
    Ok(users)
}

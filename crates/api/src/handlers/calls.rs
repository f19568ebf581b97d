//! Calls. They are offered to whom live connections are, for signals go over these alone.

use crate::app::App;
use crate::caller::User;
use crate::ice::IceServers;
use jobline_chat::{Error, Result, UserId};
use jobline_http::Nothing;
use jobline_wire::{self as wire, Code};

/// `POST /calls/start`
///
/// # Errors
/// `not_offered`; as the domain's `start_call`.
pub async fn start(app: App, User(me): User, input: wire::StartCall) -> Result<wire::StartedCall> {
    offered(&app, &me)?;
    app.chat.start_call(&me, input).await
}

/// `POST /calls/accept`
///
/// # Errors
/// `not_offered`; as the domain's `accept_call`.
pub async fn accept(app: App, User(me): User, input: wire::AnswerCall) -> Result<wire::ChangedCall> {
    offered(&app, &me)?;
    app.chat.accept_call(&me, input).await
}

/// `POST /calls/decline`
///
/// # Errors
/// `not_offered`; as the domain's `decline_call`.
pub async fn decline(app: App, User(me): User, input: wire::AnswerCall) -> Result<wire::ChangedCall> {
    offered(&app, &me)?;
    app.chat.decline_call(&me, input).await
}

/// `POST /calls/end`
///
/// # Errors
/// `not_offered`; as the domain's `end_call`.
pub async fn end(app: App, User(me): User, input: wire::AnswerCall) -> Result<wire::ChangedCall> {
    offered(&app, &me)?;
    app.chat.end_call(&me, input).await
}

/// `GET /calls/config`
///
/// # Errors
/// `not_offered`.
pub async fn config(app: App, User(me): User, _: Nothing) -> Result<wire::CallConfig> {
    Ok(offered(&app, &me)?.config(&me, app.clock.now_ms()))
}

fn offered<'a>(app: &'a App, me: &UserId) -> Result<&'a IceServers> {
    let is_live = app.live.as_ref().is_some_and(|live| live.is_offered(me));
    app.calls.as_ref().filter(|_| is_live).ok_or_else(|| {
        Error::new(Code::NotOffered, "Calls are not offered here: they need --calls on and live connections.")
    })
}

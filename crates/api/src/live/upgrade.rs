//! `GET /messages/live`: who may connect is decided before the upgrade, where a problem can still be answered.
//!
//! A browser shows its page nothing of an answer that refuses an upgrade. A user who may connect at another time is
//! upgraded, and gets the reason in a closing code; a stranger never is.

use super::{Live, Slot, socket::ServerSocket};
use crate::app::App;
use crate::caller;
use axum::body::{Body, HttpBody};
use axum::response::{IntoResponse, Response};
use http::header::{
    CONNECTION, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use hyper::upgrade::OnUpgrade;
use jobline_http::{Failure, Served};
use jobline_live::{Closing, Kind, Ticket, Token, refuse, serve};
use jobline_wire::Code;
use std::sync::Arc;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The subprotocol of the contract.
pub(super) const PROTOCOL: &str = "jobline.v1";
/// What a subprotocol begins with that holds the user token.
const BEARER: &str = "bearer.";
/// When to try again where there is no room.
const FULL_MS: u64 = 10_000;

/// A client that is upgraded.
struct Admitted {
    on_upgrade: OnUpgrade,
    accept: HeaderValue,
    /// The user to serve, or why the connection is refused.
    served: Result<(Token, Ticket), Closing>,
}

/// Answers `GET /messages/live`.
pub async fn connect(app: App, request: Request<Body>) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut response = match admit(&app, &mut parts, body.is_end_stream()).await {
        Ok((live, admitted)) => upgrade(live, admitted, parts.extensions.remove::<Slot>()),
        Err(failure) => refused(failure),
    };
    response.extensions_mut().insert(Served { procedure: "live", frequent: false });
    response
}

async fn admit<'a>(app: &'a App, parts: &mut Parts, is_bodiless: bool) -> Result<(&'a Live, Admitted), Failure> {
    let live = app.live.as_ref().ok_or_else(not_offered)?;
    let checked = caller::check_token(&app.identity, &app.chat, token(&parts.headers)?).await?;
    if !app.origins.admits(&parts.headers) {
        let detail = "This page may not connect: its origin is not among the --allowed-origins of the server.";
        return Err(Failure::new(Code::NotOffered, detail));
    }
    let token = Token { user: checked.user, expires_ms: checked.expires_ms, issued_ms: checked.issued_ms };
    let served = place(live, token);
    let shows_answers = !parts.headers.contains_key(ORIGIN);
    if let Some(failure) = served.as_ref().err().filter(|_| shows_answers) {
        return Err(if *failure == Closing::Full { full() } else { not_offered() });
    }
    // What followed as a body would be read as frames.
    let accept = accept(&parts.headers).filter(|_| is_bodiless).ok_or_else(no_websocket)?;
    let on_upgrade = parts.extensions.remove::<OnUpgrade>().ok_or_else(no_websocket)?;
    Ok((live, Admitted { on_upgrade, accept, served }))
}

/// A place in the hub, for a user to whom one is offered.
fn place(live: &Live, token: Token) -> Result<(Token, Ticket), Closing> {
    if !live.offer.is_for(&token.user) {
        return Err(Closing::NotOffered);
    }
    let ticket = live.hub.join(token.user.clone(), Kind::Connection).map_err(|_| Closing::Full)?;
    Ok((token, ticket))
}

/// Serves the connection once it is upgraded, in a task of its own.
fn upgrade(live: &Live, admitted: Admitted, slot: Option<Slot>) -> Response {
    let Admitted { on_upgrade, accept, served } = admitted;
    let ports = Arc::clone(&live.ports);
    tokio::spawn(async move {
        let _slot = slot;
        // A client that disconnects before the upgrade is not a connection.
        let Ok(upgraded) = on_upgrade.await else { return };
        // Boxed, as the task would otherwise keep the room that its beginning needs.
        let socket = Box::pin(ServerSocket::over(upgraded)).await;
        match served {
            Ok((token, ticket)) => serve(socket, token, ticket, ports).await,
            Err(closing) => Box::pin(refuse(socket, closing, &ports)).await,
        }
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    response
}

/// The one token among the subprotocols, of which `jobline.v1` must be another.
pub(super) fn token(headers: &HeaderMap) -> Result<&str, Failure> {
    let missing = "Connect with the subprotocols jobline.v1 and bearer.<user token>.";
    let mut tokens = list(headers, &SEC_WEBSOCKET_PROTOCOL).filter_map(|protocol| protocol.strip_prefix(BEARER));
    match (tokens.next(), tokens.next()) {
        (Some(token), None) if list(headers, &SEC_WEBSOCKET_PROTOCOL).any(|protocol| protocol == PROTOCOL) => Ok(token),
        (Some(_), None) => Err(Failure::new(Code::InvalidRequest, missing)),
        _ => Err(Failure::unauthenticated(missing)),
    }
}

/// The proof that this server understood the handshake (RFC 6455, 4.2).
fn accept(headers: &HeaderMap) -> Option<HeaderValue> {
    let has = |name: &HeaderName, wanted: &str| list(headers, name).any(|one| one.eq_ignore_ascii_case(wanted));
    if !has(&CONNECTION, "upgrade") || !has(&UPGRADE, "websocket") || !has(&SEC_WEBSOCKET_VERSION, "13") {
        return None;
    }
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let key = keys.next().filter(|key| is_key(key.as_bytes()) && keys.next().is_none())?;
    HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()
}

/// Whether it is 16 bytes in base64.
fn is_key(key: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.len() == 24 && key[..22].iter().all(is_digit) && key.ends_with(b"==")
}

/// The elements of a header that is a comma separated list.
fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// The answer to who is not upgraded. It names the supported version, which clients of other versions have to get.
fn refused(failure: Failure) -> Response {
    let mut response = failure.into_response();
    response.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    response
}

pub(super) fn not_offered() -> Failure {
    Failure::new(Code::NotOffered, "Live connections are not offered to you here. Poll with sync.")
}

fn no_websocket() -> Failure {
    let detail = "This is a WebSocket (RFC 6455, version 13, over HTTP/1.1): connect with a client for it.";
    Failure::new(Code::InvalidRequest, detail)
}

fn full() -> Failure {
    let mut failure = Failure::unavailable("no room for another live connection");
    failure.problem.retry_after_ms = Some(FULL_MS);
    failure
}

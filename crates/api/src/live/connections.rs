//! What happens to live connections that a gateway holds: who gets one, what is said and told over it.

use super::{
    Uses,
    gateway::{AtGateway, GatewayOffer},
    ports, upgrade,
};
use crate::{app::App, caller};
use async_trait::async_trait;
use http::{HeaderMap, header::AUTHORIZATION};
use jobline_chat::{Chat, Connection, UserId};
use jobline_http::Failure;
use jobline_live::{Connections, Gateway, GatewayApi, MovedUsers, Refusal, Token};
use jobline_wire::Code;
use std::sync::Arc;

/// The live connections at a gateway; `moved` collects the users whom commits of the domain changed.
#[must_use]
pub fn at_gateway(
    gateway: Arc<dyn GatewayApi>,
    moved: MovedUsers,
    uses: &Uses<'_>,
    offer: &GatewayOffer<'_>,
) -> AtGateway {
    let connections = Arc::new(ChatConnections(uses.chat.clone()));
    let tokens = Arc::new(ports::UserTokens { identity: Arc::clone(uses.identity), chat: uses.chat.clone() });
    AtGateway::new(Gateway::new(gateway, connections, tokens, Arc::clone(uses.clock), moved), offer)
}

/// A client wants the connection `id`, with the headers of its handshake. Answers the subprotocol.
///
/// # Errors
/// `unauthenticated`, `not_offered`, `invalid_request`, `unavailable`.
pub async fn connect(app: &App, id: &str, headers: &HeaderMap) -> Result<&'static str, Failure> {
    let AtGateway { gateway, offer, knows_own_origin } = app.gateway.as_ref().ok_or_else(upgrade::not_offered)?;
    let checked = caller::check_token(&app.identity, &app.chat, upgrade::token(headers)?).await?;
    if *knows_own_origin && !app.origins.admits(headers) {
        let detail = "This page may not connect: its origin is not among the --allowed-origins of the server.";
        return Err(Failure::new(Code::NotOffered, detail));
    }
    if !offer.is_for(&checked.user) {
        return Err(upgrade::not_offered());
    }
    let token = Token { user: checked.user, expires_ms: checked.expires_ms, issued_ms: checked.issued_ms };
    gateway.open(id, token).await.map_err(|_| Failure::unavailable("the connection could not be kept"))?;
    Ok(upgrade::PROTOCOL)
}

/// The client of the connection `id` says something.
///
/// # Errors
/// [`Refusal::Unavailable`].
pub async fn hear(app: &App, id: &str, text: &str) -> Result<(), Refusal> {
    match &app.gateway {
        Some(at) => at.gateway.hear(id, text).await,
        None => Ok(()),
    }
}

/// Notifies those whom a call with these headers changed something for, within 300 ms.
pub async fn notify(app: &App, headers: &HeaderMap) {
    if let Some(at) = &app.gateway {
        at.gateway.tell(caller(app, headers).await.as_ref()).await;
    }
}

/// The caller, if it was a user. Tokens that were checked a moment ago are remembered, so this costs nothing.
async fn caller(app: &App, headers: &HeaderMap) -> Option<UserId> {
    let credential = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let token = credential.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))?.1;
    caller::check_token(&app.identity, &app.chat, token.trim()).await.ok().map(|checked| checked.user)
}

/// Keeps connections in the store.
struct ChatConnections(Chat);

#[async_trait]
impl Connections for ChatConnections {
    async fn open(&self, connection: &Connection) -> Result<(), Refusal> {
        self.0.open_connection(connection).await.map_err(|error| ports::refusal(&error))
    }

    async fn renew(&self, connection: &Connection) -> Result<(), Refusal> {
        self.0.renew_connection(connection).await.map_err(|error| ports::refusal(&error))
    }

    async fn find(&self, id: &str) -> Result<Option<Connection>, Refusal> {
        self.0.connection(id).await.map_err(|error| ports::refusal(&error))
    }

    async fn of(&self, user: &UserId) -> Result<Vec<Connection>, Refusal> {
        self.0.connections(user).await.map_err(|error| ports::refusal(&error))
    }

    async fn forget(&self, user: &UserId, id: &str) -> Result<(), Refusal> {
        self.0.forget_connection(user, id).await.map_err(|error| ports::refusal(&error))
    }

    async fn seen(&self, user: &UserId) -> Result<(), Refusal> {
        self.0.record_seen(user).await.map_err(|error| ports::refusal(&error))
    }

    async fn deliver(&self, user: &UserId, cursor: &str) -> Result<(), Refusal> {
        self.0.record_delivery(user, cursor).await.map_err(|error| ports::refusal(&error))
    }
}

//! The ports of live connections, over the domain, the identity and the metrics of a server.

use crate::{caller, metrics::Metrics};
use async_trait::async_trait;
use jobline_chat::{CallDevices, Chat, Error, UserId};
use jobline_identity::Identity;
use jobline_live::{Answer, Audiences, CallParticipants, Feed, Heads, Meter, PresencePeers, Refusal, Token, Tokens};
use jobline_wire::{Code, SyncQuery, Synced};
use std::sync::Arc;

/// Reads and records by `sync`.
pub(super) struct ChatFeed(pub Chat);

#[async_trait]
impl Feed for ChatFeed {
    async fn sync(&self, user: &UserId, since: Option<String>, limit: u32) -> Result<Answer, Refusal> {
        let input = SyncQuery { since, limit: Some(limit), wait: None };
        let synced = self.0.sync_unrecorded(user, input).await.map_err(|error| refusal(&error))?;
        let json = serde_json::to_string(&synced).map_err(|_| Refusal::Unavailable)?;
        Ok(Answer { json, has_more: synced.has_more, is_empty: is_empty(&synced), cursor: synced.cursor })
    }

    async fn deliver(&self, user: &UserId, cursor: &str) -> Result<(), Refusal> {
        self.0.record_delivery(user, cursor).await.map_err(|error| refusal(&error))
    }
}

/// Looks at the heads by `sync`.
pub(super) struct ChatHeads(pub Chat);

#[async_trait]
impl Heads for ChatHeads {
    async fn versions(&self, users: &[UserId]) -> Result<Vec<u64>, Refusal> {
        self.0.versions_of_heads(users).await.map_err(|error| refusal(&error))
    }
}

/// Whether an answer tells nothing.
pub(super) fn is_empty(synced: &Synced) -> bool {
    synced.conversations.is_empty() && synced.messages.is_empty() && synced.reset.is_none()
}

/// Who may see a user typing, by the rules of sending.
pub(super) struct ChatAudiences(pub Chat);

#[async_trait]
impl Audiences for ChatAudiences {
    async fn of(&self, user: &UserId, conversation: &str) -> Result<Vec<UserId>, Refusal> {
        self.0.typing_audience(user, conversation).await.map_err(|error| refusal(&error))
    }
}

/// Who sees whom online, by the rules of presence.
pub(super) struct ChatPresencePeers(pub Chat);

#[async_trait]
impl PresencePeers for ChatPresencePeers {
    async fn of(&self, user: &UserId) -> Result<Vec<UserId>, Refusal> {
        self.0.presence_peers(user).await.map_err(|error| refusal(&error))
    }

    async fn record(&self, user: &UserId) -> Result<(), Refusal> {
        self.0.record_seen(user).await.map_err(|error| refusal(&error))
    }
}

/// Who is in a call, by its message.
pub(super) struct ChatCallParticipants(pub Chat);

#[async_trait]
impl CallParticipants for ChatCallParticipants {
    async fn devices(&self, user: &UserId, call: &str) -> Result<Option<CallDevices>, Refusal> {
        self.0.call_devices(user, call).await.map_err(|error| refusal(&error))
    }
}

/// Checks tokens as for every request.
pub(super) struct UserTokens {
    pub identity: Arc<Identity>,
    pub chat: Chat,
}

#[async_trait]
impl Tokens for UserTokens {
    async fn check(&self, token: &str) -> Result<Token, Refusal> {
        let checked = caller::check_token(&self.identity, &self.chat, token).await;
        let checked = checked.map_err(|error| refusal(&error))?;
        Ok(Token { user: checked.user, expires_ms: checked.expires_ms, issued_ms: checked.issued_ms })
    }

    async fn has_ended(&self, user: &UserId, issued_ms: Option<u64>) -> bool {
        self.chat.has_ended(user, issued_ms).await.unwrap_or(false)
    }
}

impl Meter for Metrics {
    fn opened(&self) {
        self.live_opens();
    }

    fn closed(&self, code: Option<u16>) {
        self.live_closes(code);
    }

    fn pushed(&self) {
        self.live_pushes();
    }

    fn bus(&self, is_up: bool) {
        self.bus_is_down(!is_up);
        if is_up {
            tracing::info!("the bus is up again");
        } else {
            tracing::warn!(
                "the bus is down, or a server is cut off from it: the heads of connected users are read every 2 s"
            );
        }
    }

    fn heads_read(&self, users: usize) {
        self.heads_read(users);
    }
}

pub(super) fn refusal(error: &Error) -> Refusal {
    if error.code == Code::Unavailable { Refusal::Unavailable } else { Refusal::Invalid }
}

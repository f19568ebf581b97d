use crate::{Conversation, Message, limits::PAGE_ITEMS};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Input of `sync`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SyncQuery {
    /// The `cursor` of the last answer, or an ISO 8601 timestamp: answers what changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// At most how many conversations and how many messages, 1 to 50; 50 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = PAGE_ITEMS))]
    pub limit: Option<u32>,
    /// Holds the answer until something changed, for at most this many seconds, up to 25. 0 when left out: answers at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 25))]
    pub wait: Option<u32>,
}

/// Output of `sync`: all that changed for the one who asked, in every conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Synced {
    /// The conversations that changed, in their current state.
    pub conversations: Vec<Conversation>,
    /// The messages that changed: those of one conversation together, in the order of their changes.
    pub messages: Vec<Message>,
    /// More waits: ask again at once with `since` = `cursor`.
    pub has_more: bool,
    /// Pass it as `since` next time.
    pub cursor: String,
    /// When to ask again, in milliseconds.
    pub next_poll_ms: u64,
    /// `true` when the cursor was older than what is kept, and this is a fresh start instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<bool>,
    /// Offers a live connection; absent where polling is all there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<LiveOffer>,
}

/// Where a client may open a live connection. Polling works whether it does or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LiveOffer {
    /// The WebSocket: `wss://…` or `ws://…`.
    pub url: String,
    /// How long the client should have been there before it connects, in milliseconds.
    pub after_ms: u64,
}

use crate::{Conversation, Message, limits::PAGE_ITEMS};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Input of `sync`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SyncQuery {
    /// The `cursor` of the last answer, or an ISO 8601 timestamp: answers what has changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// At most how many conversations and how many messages, 1 to 50; 50 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = PAGE_ITEMS))]
    pub limit: Option<u32>,
    /// Waits for up to this many seconds, at most 25, until something has changed. 0 when left out: answers at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 25))]
    pub wait: Option<u32>,
}

/// Output of `sync`: everything that changed for the caller, in all conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Synced {
    /// The conversations that changed, in their current state.
    pub conversations: Vec<Conversation>,
    /// The messages that changed, grouped by conversation, in the order of their changes.
    pub messages: Vec<Message>,
    /// There is more: ask again at once with `since` = `cursor`.
    pub has_more: bool,
    /// Pass it as `since` next time.
    pub cursor: String,
    /// When to ask again, in milliseconds.
    pub next_poll_ms: u64,
    /// `true` when the cursor was older than what is kept, and the answer is a fresh snapshot instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<bool>,
    /// Where to open a live connection; absent if none is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<LiveOffer>,
}

/// Where and when a client may open a live connection. Polling works with or without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LiveOffer {
    /// The URL of the WebSocket: `wss://…` or `ws://…`.
    pub url: String,
    /// How long the client should have been open before it connects, in milliseconds.
    pub after_ms: u64,
}

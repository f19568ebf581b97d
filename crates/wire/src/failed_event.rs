//! Events that the host's webhook did not accept.

use crate::limits::PAGE_ITEMS;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Input of `GET /host/webhooks/failed`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListFailedEvents {
    /// The `cursor` of the last answer: the events after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// At most how many events, 1 to 50; 50 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = PAGE_ITEMS))]
    pub limit: Option<u32>,
}

/// An event that the host's webhook did not accept within a day, or refused permanently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailedEvent {
    /// The id by which to ask for another delivery: `failed_<unix ms>_<nanoid>`.
    pub id: String,
    /// Its `webhook-id`, the same in every delivery.
    pub webhook_id: String,
    /// When its delivery was given up. ISO 8601, UTC, milliseconds.
    pub failed_at: String,
    /// How the last attempt ended.
    pub reason: String,
    /// Whether another delivery was requested and is still to come.
    pub is_due: bool,
    /// The body that was sent: `{type, timestamp, data}`.
    pub event: serde_json::Map<String, serde_json::Value>,
}

/// Output of `GET /host/webhooks/failed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailedEvents {
    /// The events, oldest first.
    pub events: Vec<FailedEvent>,
    /// There are more: ask again at once with `since` = `cursor`.
    pub has_more: bool,
    /// Pass it as `since` next time; absent while there is no event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

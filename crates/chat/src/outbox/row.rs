//! The rows of the outbox.

use super::port::HostEvent;
use crate::log::position::Position;
use serde::{Deserialize, Serialize};

/// For how long the delivering server has the lease of a conversation, or of a redelivered event.
pub(crate) const LEASE_MS: u64 = 30_000;

/// `CONVERSATION#<id>` / `OUTBOX`, `MAIL`, `PUSH`: how far a channel has delivered the log of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProgressRow {
    pub v: u8,
    /// The position up to which the log was delivered.
    #[serde(rename = "told")]
    pub delivered: Position,
    /// No server touches it before this instant: the lease of the one that delivers, or the wait after a failure.
    #[serde(default)]
    pub not_before: u64,
    /// How often the next event failed.
    #[serde(default)]
    pub failures: u32,
    /// When it failed first.
    #[serde(default)]
    pub failing_since: u64,
    /// The unread state of each member, in the order of the conversation's members.
    #[serde(default)]
    pub notices: Vec<Notice>,
}

/// A notification to come about messages that a member did not read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notice {
    /// When it is decided whether to notify; 0 while nothing waits for that.
    #[serde(default)]
    pub due: u64,
    /// The number of the last message when the member was notified: no other notification before they have read up to it.
    #[serde(default, rename = "told")]
    pub notified: u64,
    /// The first of these times, while the check is repeated; 0 before the second check.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub since: u64,
    /// How often it failed for the browsers in `left`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// The sort keys of the browsers that are still to be notified; empty: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// The number of the message up to which the member had read at the last check of messages after `notified`.
    #[serde(default, rename = "looked", skip_serializing_if = "is_nothing")]
    pub read_at_check: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_nothing(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Notice {
    /// No other notification until the member has read up to the message with the number `notified`.
    pub fn after(&self, notified: u64) -> Self {
        Self { notified, read_at_check: self.read_at_check, ..Self::default() }
    }

    /// When it was first to be decided.
    pub fn begun(&self) -> u64 {
        if self.since == 0 { self.due } else { self.since }
    }
}

/// `FAILED` / `<id>`: an event that was abandoned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FailedRow {
    pub v: u8,
    pub event_id: String,
    pub body: String,
    pub why: String,
    pub failed_at: u64,
}

/// `OUTBOX` / `<id>`: that the event `FAILED` / `<id>` is to be delivered again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RedeliveryRow {
    pub v: u8,
    /// No server touches it before this instant: the lease of the one that delivers.
    #[serde(default)]
    pub not_before: u64,
}

impl FailedRow {
    pub fn event(&self) -> HostEvent {
        HostEvent { id: self.event_id.clone(), body: self.body.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_keeps_the_field_names_of_older_rows() {
        let notice = Notice { notified: 4, read_at_check: 3, ..Notice::default() };
        let delivered = Position { change: 9, number: 5, at: 7 };
        let row = ProgressRow { v: 1, delivered, notices: vec![notice], ..ProgressRow::default() };
        let stored: serde_json::Value = serde_json::to_value(&row).unwrap();
        assert_eq!(stored["told"], serde_json::to_value(delivered).unwrap());
        assert_eq!(stored["notices"][0], serde_json::json!({"due": 0, "told": 4, "looked": 3}));
        assert_eq!(serde_json::from_value::<ProgressRow>(stored).unwrap(), row);
    }
}

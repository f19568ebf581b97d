//! The parts of a conversation's row about each member, and about the host.

use super::watermarks::Watermark;
use serde::{Deserialize, Serialize};

/// One member's part of the row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    /// How many messages they wrote.
    pub sent: u64,
    /// The number of the last message they wrote.
    pub last: u64,
    /// Up to where a device of theirs has received.
    pub delivered: Watermark,
    /// Up to where they have read.
    pub read: Watermark,
    /// How many messages of others are up to [`Member::read`].
    #[serde(rename = "seen")]
    pub read_count: u64,
    /// How many deleted messages of those that count as unread for them come after [`Member::read`].
    #[serde(default, rename = "gone", skip_serializing_if = "is_zero")]
    pub unread_deleted: u64,
    /// Until when they have muted the conversation, in Unix milliseconds; 0 when they have not.
    #[serde(default, rename = "muted", skip_serializing_if = "is_zero")]
    pub muted_until: u64,
    /// Whether they block the other member. A row of the user has the same, for new conversations.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blocks: bool,
}

/// How many lines from the host a conversation has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub(crate) struct HostLines {
    /// Those that count as unread.
    pub texts: u64,
    /// Those that do not.
    pub events: u64,
}

impl HostLines {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<(u64, u64)> for HostLines {
    fn from((texts, events): (u64, u64)) -> Self {
        Self { texts, events }
    }
}

impl From<HostLines> for (u64, u64) {
    fn from(lines: HostLines) -> Self {
        (lines.texts, lines.events)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

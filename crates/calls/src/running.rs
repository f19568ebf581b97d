//! The current call of a conversation.

use crate::step::LONGEST_MS;
use jobline_wire::limits::RING_MS;
use serde::{Deserialize, Serialize};

/// The current call of a conversation, in its row, where a second `start` finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningCall {
    /// Its message.
    pub id: String,
    /// When it began to ring.
    pub started: u64,
    /// When it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<u64>,
}

impl RunningCall {
    /// Whether it still runs.
    pub fn runs(&self, now: u64) -> bool {
        match self.accepted {
            Some(accepted) => now < accepted + LONGEST_MS,
            None => now < self.started + RING_MS,
        }
    }
}

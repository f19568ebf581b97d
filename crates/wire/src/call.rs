use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The state of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// That of its message.
    pub id: String,
    /// What it began with.
    pub media: CallMedia,
    /// Who called.
    pub started_by: String,
    /// How far it has come.
    pub state: CallState,
    /// When it began to ring. ISO 8601, UTC, milliseconds.
    pub started_at: String,
    /// When it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<String>,
    /// When it ended, in whatever way. Absent, too, when nobody was left to say when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// The participants, each with their device. Of a crew's call that is over: who did last.
    pub devices: BTreeMap<String, String>,
    /// Of a crew: who does not want it, or has left it. Their devices do not ring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declined_by: Vec<String>,
}

/// What a call begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CallMedia {
    /// Voices.
    Audio,
    /// Voices and pictures.
    Video,
}

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CallState {
    /// Nobody has accepted it yet, for at most 45 s.
    Ringing,
    /// It was accepted, and is running.
    Accepted,
    /// The called user declined.
    Declined,
    /// The caller hung up before it was accepted.
    Cancelled,
    /// It rang until it was over.
    Missed,
    /// It was accepted, and is over.
    Ended,
}

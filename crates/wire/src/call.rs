use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The state of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// The id of the call, which is also the id of its message.
    pub id: String,
    /// Whether it began with audio alone or with video.
    pub media: CallMedia,
    /// The user who started it.
    pub started_by: String,
    /// Its state.
    pub state: CallState,
    /// When it began to ring. ISO 8601, UTC, milliseconds.
    pub started_at: String,
    /// When it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<String>,
    /// When it ended, for whatever reason. Also absent if no device was left to report the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// The participants, each with their device. Of a crew's call that has ended: those who were in it last.
    pub devices: BTreeMap<String, String>,
    /// In a crew: the members who declined it or left it. Their devices do not ring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declined_by: Vec<String>,
}

/// What a call begins with: audio alone or with video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CallMedia {
    /// Audio alone.
    Audio,
    /// Audio and video.
    Video,
}

/// The state of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CallState {
    /// Nobody has accepted it yet, for at most 45 s.
    Ringing,
    /// It was accepted and is in progress.
    Accepted,
    /// The called user declined it.
    Declined,
    /// The caller hung up before it was accepted.
    Cancelled,
    /// Nobody accepted it while it rang.
    Missed,
    /// It was accepted and has ended.
    Ended,
}

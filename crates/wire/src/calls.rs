use crate::limits::{DEVICE_ID_BYTES, DEVICE_ID_PATTERN};
use crate::{Call, CallMedia, Message};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Input of `calls.start`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartCall {
    /// The conversation whose other members are called.
    pub conversation_id: String,
    /// Whether it begins with audio alone or with video.
    pub media: CallMedia,
    /// The client's own name for the device that calls: 1 to 64 visible ASCII characters.
    #[schemars(length(min = 1, max = DEVICE_ID_BYTES), regex(pattern = DEVICE_ID_PATTERN))]
    pub device_id: String,
}

/// Input of `calls.accept`, `calls.decline` and `calls.end`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswerCall {
    /// The call.
    pub call_id: String,
    /// The device that answers, as in `calls.start`.
    #[schemars(length(min = 1, max = DEVICE_ID_BYTES), regex(pattern = DEVICE_ID_PATTERN))]
    pub device_id: String,
}

/// Output of `calls.start`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartedCall {
    /// The call: a new one, or the one already in progress in the conversation.
    pub call: Call,
    /// Its message.
    pub message: Message,
}

/// Output of `calls.accept`, `calls.decline` and `calls.end`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedCall {
    /// The current state of the call.
    pub call: Call,
}

/// Output of `calls.config`: the configuration for a browser's `RTCPeerConnection`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallConfig {
    /// The STUN and TURN servers.
    pub ice_servers: Vec<IceServer>,
    /// Whether devices may connect without a relay, and so learn each other's addresses.
    pub ice_transport_policy: IceTransportPolicy,
    /// How long a call rings, in milliseconds.
    pub ring_ms: u64,
}

/// A STUN or TURN server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:` URLs.
    pub urls: Vec<String>,
    /// The user name for a TURN server, valid for an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The password for the user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// How two devices may connect to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(extend("x-enum-varnames" = ["ICE_RELAY", "ICE_ALL"]))]
pub enum IceTransportPolicy {
    /// Through the TURN server only.
    Relay,
    /// Directly or through the TURN server.
    All,
}

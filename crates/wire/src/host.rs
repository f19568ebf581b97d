use crate::{
    JobStatus,
    limits::{
        AVATAR_URL_PATTERN, CLIENT_ID_BYTES, CONTENT_CHARS, EMAIL_BYTES, EMAIL_PATTERN, LANGUAGE_BYTES,
        LANGUAGE_PATTERN, NAME_CHARS, PARTICIPANTS, TOKEN_SECONDS_MAX, URL_BYTES, USER_ID_PATTERN,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Input of `PUT /host/users/{userId}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostUserInput {
    /// The name to show, 1 to 200 characters.
    #[schemars(length(min = 1, max = NAME_CHARS))]
    pub name: String,
    /// An http or https URL of a picture, at most 2,048 bytes; pages served over https show only https pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = URL_BYTES), regex(pattern = AVATAR_URL_PATTERN))]
    pub avatar_url: Option<String>,
    /// The address for mail about unread messages; never shown to other users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = EMAIL_BYTES), regex(pattern = EMAIL_PATTERN))]
    pub email: Option<String>,
    /// The language of mail and push notifications, such as `es` or `ar-EG`, unless the user chose another one. English is
    /// used for languages without texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = LANGUAGE_BYTES), regex(pattern = LANGUAGE_PATTERN))]
    pub language: Option<String>,
}

/// A user, as the host sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostUser {
    /// The user id.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// The URL of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// The address for mail about unread messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The language of mail and push notifications, as the host gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// Input of `PUT /host/jobs/{jobId}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostJobInput {
    /// Its title, 1 to 200 characters.
    #[schemars(length(min = 1, max = NAME_CHARS))]
    pub title: String,
    /// The users who take part, 1 to 100.
    #[schemars(length(min = 1, max = PARTICIPANTS), inner(regex(pattern = USER_ID_PATTERN)))]
    pub participants: Vec<String>,
    /// Whether they may write to each other.
    pub status: JobStatus,
    /// Which messages of its crew new members see: those since they joined (`joined`, the default), or `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crew_history: Option<CrewHistory>,
}

/// A job, as the host sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostJob {
    /// The job id, 1 to 2^53 − 1.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// The users who take part.
    pub participants: Vec<String>,
    /// Whether they may write to each other.
    pub status: JobStatus,
    /// Which messages of its crew new members see: those since they joined (`joined`, the default), or `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crew_history: Option<CrewHistory>,
}

/// Which messages of a crew new members see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CrewHistory {
    /// Those sent since they joined.
    #[default]
    Joined,
    /// All.
    All,
}

/// Input of `POST /host/messages`. Exactly one of `conversationId` and `userIds` says where the message goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostMessageInput {
    /// A conversation that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// Two users; begins their conversation if there is none, whether or not they share a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 2), inner(regex(pattern = USER_ID_PATTERN)))]
    pub user_ids: Option<Vec<String>>,
    /// The text, 1 to 2,000 Unicode scalar values.
    #[schemars(length(max = CONTENT_CHARS))]
    pub content: String,
    /// `text`, which counts as unread, or `event`, which does not; `text` when left out.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<HostMessageType>,
    /// What clients get in `event.data`; only with type `event`, at most 4,096 bytes of JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Map<String, serde_json::Value>>,
    /// The host's own id for this message, 1 to 64 bytes: repeating it answers the first message again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = CLIENT_ID_BYTES))]
    pub client_id: Option<String>,
}

/// The type of a message from the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(extend("x-enum-varnames" = ["HOST_TEXT", "HOST_EVENT"]))]
pub enum HostMessageType {
    /// A message from the host; counts as unread.
    Text,
    /// Something that happened; does not count as unread.
    Event,
}

/// Input of `DELETE /host/messages/{messageId}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostDeleteMessage {
    /// The conversation that the message is in.
    pub conversation_id: String,
}

/// Input of `POST /host/users/{userId}/token`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MintToken {
    /// How long the token is valid, in seconds, 1 to 86,400; 3,600 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = TOKEN_SECONDS_MAX))]
    pub ttl_seconds: Option<u64>,
}

/// Output of `POST /host/users/{userId}/token`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MintedToken {
    /// The user token, for `Authorization: Bearer`.
    pub token: String,
    /// Until when it is valid. ISO 8601, UTC, milliseconds.
    pub expires_at: String,
}

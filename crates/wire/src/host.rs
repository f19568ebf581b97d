use crate::{
    JobStatus,
    limits::{NAME_CHARS, PARTICIPANTS, TOKEN_SECONDS_MAX},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Input of `PUT /host/users/{userId}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostUserInput {
    /// The name to show, 1 to 200 characters.
    #[schemars(length(min = 1, max = NAME_CHARS))]
    pub name: String,
    /// An http or https URL of a picture, at most 2,048 bytes; a page that came by https shows only https.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Where notices can be sent; never shown to other users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// A user, as the host sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostUser {
    /// The user id.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// A picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Where notices can be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// Input of `PUT /host/jobs/{jobId}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostJobInput {
    /// What to call it, 1 to 200 characters.
    #[schemars(length(min = 1, max = NAME_CHARS))]
    pub title: String,
    /// The users who take part, 1 to 100.
    #[schemars(length(min = 1, max = PARTICIPANTS))]
    pub participants: Vec<String>,
    /// Whether they may write to each other.
    pub status: JobStatus,
}

/// A job, as the host sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostJob {
    /// The job id, 1 to 2^53 − 1.
    pub id: u64,
    /// What to call it.
    pub title: String,
    /// The users who take part.
    pub participants: Vec<String>,
    /// Whether they may write to each other.
    pub status: JobStatus,
}

/// Input of `POST /host/users/{userId}/token`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MintToken {
    /// How long the token is good for, in seconds, 1 to 86,400; 3,600 when left out.
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
    /// Until when it is good. ISO 8601, UTC, milliseconds.
    pub expires_at: String,
}

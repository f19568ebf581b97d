use crate::limits::{FILE_BYTES, FILE_NAME_BYTES, SHA256_PATTERN, USER_ID_PATTERN};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Input of `uploadFile`. Exactly one of `conversationId` and `receiverId` says whom it is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UploadFile {
    /// The conversation it goes to, which exists already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// Whom it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = USER_ID_PATTERN))]
    pub receiver_id: Option<String>,
    /// The file's name. What cannot stand in a name is left out of it, and what is longer than 255 bytes is shortened
    /// before the ending.
    #[schemars(length(min = 1), extend("x-kept-bytes" = FILE_NAME_BYTES))]
    pub file_name: String,
    /// The file's exact size in bytes, 1 to 10,485,760.
    #[schemars(range(min = 1, max = FILE_BYTES))]
    pub file_size: u64,
    /// The file's media type, one of those that are accepted. Parameters are ignored; where it is empty or
    /// `application/octet-stream`, the ending of the name decides.
    pub content_type: String,
    /// The SHA-256 of the bytes, 64 hexadecimal digits: what arrives must match it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = SHA256_PATTERN))]
    pub sha256: Option<String>,
}

/// Output of `uploadFile`: where to put the bytes, and what to name in `send` afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadTarget {
    /// Where the bytes go.
    pub upload_url: String,
    /// The HTTP method to use.
    pub method: String,
    /// The headers to send, exactly.
    pub headers: BTreeMap<String, String>,
    /// What to pass as `fileUrl` in `send`.
    pub file_url: String,
    /// Until when the bytes are accepted. ISO 8601, UTC, milliseconds.
    pub expires_at: String,
}

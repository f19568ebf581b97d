use crate::limits::{FILE_BYTES, FILE_NAME_BYTES, SHA256_PATTERN, USER_ID_PATTERN};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Input of `uploadFile`. Exactly one of `conversationId` and `receiverId` says who receives it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UploadFile {
    /// An existing conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// The user who receives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = USER_ID_PATTERN))]
    pub receiver_id: Option<String>,
    /// The file's name. Characters that are not allowed in names are removed, and a name longer than 255 bytes is
    /// shortened before its extension.
    #[schemars(length(min = 1), extend("x-kept-bytes" = FILE_NAME_BYTES))]
    pub file_name: String,
    /// The file's exact size in bytes, 1 to 10,485,760.
    #[schemars(range(min = 1, max = FILE_BYTES))]
    pub file_size: u64,
    /// The file's media type, one of the accepted ones. Parameters are ignored; if it is empty or
    /// `application/octet-stream`, the extension of the name decides.
    pub content_type: String,
    /// The SHA-256 of the bytes, 64 hexadecimal digits: the uploaded bytes must match it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = SHA256_PATTERN))]
    pub sha256: Option<String>,
}

/// Output of `uploadFile`: where to upload the bytes, and the `fileUrl` to send afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadTarget {
    /// The URL to upload the bytes to.
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

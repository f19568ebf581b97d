use crate::{
    Message,
    limits::{CONTENT_CHARS, MESSAGE_ID_PATTERN, NAME_CHARS, PAGE_ITEMS, USER_ID_PATTERN},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Input of `mute`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mute {
    /// The conversation.
    pub conversation_id: String,
    /// Until when no mail and no push notifications are sent; `null` unmutes. ISO 8601. Must be given.
    #[serde(deserialize_with = "crate::message::given")]
    #[schemars(with = "crate::message::Given")]
    pub until: Option<String>,
}

/// Output of `mute`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Muted {
    /// The conversation.
    pub conversation_id: String,
    /// Until when it is muted; absent when it is not. ISO 8601, UTC, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<String>,
}

/// Input of `block` and `unblock`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BlockUser {
    /// The user.
    #[schemars(regex(pattern = USER_ID_PATTERN))]
    pub user_id: String,
}

/// Output of `block` and `unblock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Blocked {
    /// The users whom the caller blocks, ordered by id.
    pub blocked: Vec<String>,
}

/// Input of `report`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportInput {
    /// The conversation.
    pub conversation_id: String,
    /// The reported message; the whole conversation when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = MESSAGE_ID_PATTERN))]
    pub message_id: Option<String>,
    /// The reason, a word or a line such as `spam`: 1 to 200 characters.
    #[schemars(length(min = 1, max = NAME_CHARS))]
    pub reason: String,
    /// A comment, up to 2,000 Unicode scalar values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = CONTENT_CHARS))]
    pub comment: Option<String>,
}

/// Output of `report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reported {
    /// The id of the report, as the host sees it.
    pub report_id: String,
}

/// A report of a user, as the host sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `report_<unix ms>_<nanoid>`.
    pub id: String,
    /// The user who reported.
    pub reporter_id: String,
    /// The conversation.
    pub conversation_id: String,
    /// The reported message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The reason.
    pub reason: String,
    /// The comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The messages around it as they were when it was reported, oldest first, without download URLs.
    pub messages: Vec<Message>,
    /// When it was reported. ISO 8601, UTC, milliseconds.
    pub created_at: String,
}

/// Input of `GET /host/reports`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListReports {
    /// The `cursor` of the last answer: the reports after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// At most how many reports, 1 to 50; 50 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = PAGE_ITEMS))]
    pub limit: Option<u32>,
}

/// Output of `GET /host/reports`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reports {
    /// The reports, oldest first.
    pub reports: Vec<Report>,
    /// There are more: ask again at once with `since` = `cursor`.
    pub has_more: bool,
    /// Pass it as `since` next time; absent while there is no report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Input of `members`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListMembers {
    /// The conversation.
    pub conversation_id: String,
}

/// Output of `members`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Members {
    /// The members, ordered by id.
    pub members: Vec<ConversationMember>,
}

/// A member of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationMember {
    /// The user id.
    pub id: String,
    /// The name that the host gave, or the id if it gave none.
    pub name: String,
    /// The URL of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Since when they are a member. ISO 8601, UTC, milliseconds.
    pub joined_at: String,
    /// The number of the last message that they have read; 0 when none.
    pub read_up_to: u64,
}

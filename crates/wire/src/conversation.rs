use crate::{
    MessageType,
    limits::{JOB_ID_MAX, MESSAGE_ID_PATTERN, PAGE_ITEMS, USER_ID_PATTERN},
    problem::Code,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A conversation of two users, or of the crew of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// `conv_<a>_<b>`, or `crew_<job id>`.
    pub id: String,
    /// What kind of conversation it is.
    pub kind: ConversationKind,
    /// The members: of a pair the two user ids in byte order, of a crew those who have not left.
    pub participants: Vec<String>,
    /// The job of the last message that names one; of a crew, its own job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = JOB_ID_MAX))]
    pub job_id: Option<u64>,
    /// Names and pictures of the participants; of a crew, of five of them and of everyone whom this answer mentions.
    pub people: Vec<Person>,
    /// That job, as the host registered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Job>,
    /// The beginning of the last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message: Option<String>,
    /// The type of the last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_type: Option<MessageType>,
    /// When the last message was accepted. ISO 8601, UTC, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<String>,
    /// For each participant, how many messages from others come after the last one that they have read.
    pub unread_count: BTreeMap<String, u64>,
    /// Until when the caller has muted it. ISO 8601, UTC, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<String>,
    /// `true` when the caller blocks the other user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
    /// When the first message was accepted. ISO 8601, UTC, milliseconds.
    pub created_at: String,
    /// When anything in it last changed. ISO 8601, UTC, milliseconds.
    pub updated_at: String,
}

/// What kind of conversation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConversationKind {
    /// Between two users.
    Pair,
    /// Among all participants of a job.
    Crew,
}

/// How to show a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The user id.
    pub id: String,
    /// The name that the host gave, or the id if it gave none.
    pub name: String,
    /// The URL of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

/// A job, as its participants see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// The job id, 1 to 2^53 − 1.
    pub id: u64,
    /// What the host calls it.
    pub title: String,
    /// Whether its participants may write to each other.
    pub status: JobStatus,
}

/// Whether the participants of a job may write to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// Its participants may write to each other.
    Open,
    /// Its conversations can only be read.
    Closed,
}

/// Input of `getConversations`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListConversations {
    /// The `cursor` of the last answer, or an ISO 8601 timestamp: answers the conversations that have changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// At most how many conversations, 1 to 50; 50 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = PAGE_ITEMS))]
    pub limit: Option<u32>,
}

/// Output of `getConversations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Conversations {
    /// The conversations, the one with the newest message first.
    pub conversations: Vec<Conversation>,
    /// There are more: ask again at once with `since` = `cursor`.
    pub has_more: bool,
    /// Pass it as `since` next time.
    pub cursor: String,
    /// When to ask again, in milliseconds.
    pub next_poll_ms: u64,
    /// `true` when the cursor was older than what is kept, and the answer is a fresh snapshot instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<bool>,
}

/// Input of `getConversation`. Exactly one of `conversationId` and `receiverId` says which conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetConversation {
    /// A conversation of the caller's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// A user whom the caller may write to; the conversation need not have begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = USER_ID_PATTERN))]
    pub receiver_id: Option<String>,
    /// The job that a message would be about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = JOB_ID_MAX))]
    pub job_id: Option<u64>,
}

/// Output of `getConversation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationDetails {
    /// The conversation; one that has not begun has no last message.
    pub conversation: Conversation,
    /// Whether a `send` of the caller would be accepted now.
    pub can_send: bool,
    /// If not, the code of the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Code>,
}

/// Input of `markAsRead`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MarkAsRead {
    /// The conversation.
    pub conversation_id: String,
    /// The id of the last message that was read; all messages when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = MESSAGE_ID_PATTERN))]
    pub up_to: Option<String>,
}

/// Output of `markAsRead`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MarkedAsRead {
    /// The conversation.
    pub conversation_id: String,
    /// How many messages the caller has left unread.
    pub unread_count: u64,
}

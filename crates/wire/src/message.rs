use crate::Call;
use crate::limits::{
    CLIENT_ID_BYTES, CONTENT_CHARS, JOB_ID_MAX, MESSAGE_ID_PATTERN, PAGE_ITEMS, USER_ID_PATTERN, VOICE_MS,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A message, as the one who asked may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// `message_<unix ms>_<nanoid>`.
    pub id: String,
    /// The conversation it belongs to.
    pub conversation_id: String,
    /// Who wrote it.
    pub sender_id: String,
    /// Whom it is for.
    pub receiver_id: String,
    /// The text: at most 2,000 Unicode scalar values; may be empty when a file comes with it.
    pub content: String,
    /// What the message is. One of another type, from a later version, is shown by its `content`.
    #[serde(rename = "type")]
    pub kind: MessageType,
    /// The URL to download the file, valid for one hour. Absent once the file has expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_url: Option<String>,
    /// The file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// The file's size in bytes, without what was removed from an image when it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
    /// The file's media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Of a JPEG, PNG, GIF or WebP image: its pixels from left to right as it is seen, turned upright.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Its pixels from top to bottom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Of a voice message: how long it plays, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Of a voice message: how loud each 64th of it is, as 64 characters `0`–`9`, `a`–`v`, from silent to loudest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waveform: Option<String>,
    /// `true` when the message's file was kept for as long as files are kept, and is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_expired: Option<bool>,
    /// How far it has come; never goes back.
    pub status: Status,
    /// The message that it replies to, in its current state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Quote>,
    /// The reactions, in the order in which each emoji was first used. Absent without reactions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    /// When it was last edited. ISO 8601, UTC, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<String>,
    /// How often it was edited; absent when it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// When it was deleted: its `content` is empty then, its file is gone. ISO 8601, UTC, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
    /// Who deleted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_by: Option<DeletedBy>,
    /// What a message of type `event` tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// Of a message of type `call`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// The job it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = JOB_ID_MAX))]
    pub job_id: Option<u64>,
    /// The sender's own id for this send; seen by the sender only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// 1, 2, 3 … in its conversation, without gaps.
    pub number: u64,
    /// When it was accepted; rises strictly with `number`. ISO 8601, UTC, milliseconds.
    pub created_at: String,
    /// When it last changed. ISO 8601, UTC, milliseconds.
    pub updated_at: String,
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageType {
    /// Text alone.
    Text,
    /// A JPEG, PNG, GIF or WebP picture, perhaps with text.
    Image,
    /// Any other file, perhaps with text.
    File,
    /// A recording of a voice.
    Voice,
    /// An audio or video call.
    Call,
    /// Something that happened in the conversation: a line that nobody wrote.
    Event,
    /// A type of a later version, by its name.
    #[serde(untagged)]
    Other(String),
}

impl JsonSchema for MessageType {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MessageType".into()
    }

    /// The types of this version. Clients treat any other as text: what it says is in `content`.
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "enum": ["text", "image", "file", "voice", "call", "event"],
            "description": "What a message is. Show one of any other type, from a later version, by its `content`."
        })
    }
}

/// A message that another one replies to, in its current state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    /// Its id.
    pub id: String,
    /// Its number in the conversation.
    pub number: u64,
    /// Who wrote it.
    pub sender_id: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: MessageType,
    /// Its beginning, up to 120 characters, or its file's name; empty when it was deleted or is no longer kept.
    pub content: String,
    /// When it was deleted. ISO 8601, UTC, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
}

/// One emoji on a message, and the users who chose it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reaction {
    /// One emoji of Unicode's list of those recommended for general interchange (RGI).
    pub emoji: String,
    /// The users who chose it, the first one first. Each user has at most one reaction to a message.
    pub user_ids: Vec<String>,
}

/// Who deleted a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeletedBy {
    /// Who wrote it.
    Sender,
    /// The host.
    Host,
}

/// What a message of type `event` tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// `host`: a line from the host. `joined`, `left`: a member of a crew came or went.
    pub kind: String,
    /// Whom it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// What the host attached to the line, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Map<String, serde_json::Value>>,
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The server keeps it.
    Sent,
    /// A device of the recipient has it.
    Delivered,
    /// The recipient has read it.
    Read,
}

/// Input of `send`. Exactly one of `receiverId` and `conversationId` says whom it is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendMessage {
    /// Whom it is for; begins the conversation if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = USER_ID_PATTERN))]
    pub receiver_id: Option<String>,
    /// The conversation it goes to, which exists already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// The text: 1 to 2,000 Unicode scalar values, not only white space; may be left out when a file comes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = CONTENT_CHARS))]
    pub content: Option<String>,
    /// What the message is; told from the file when left out. `voice` is not left out.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<MessageType>,
    /// The `fileUrl` that `uploadFile` answered, after the bytes were uploaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_url: Option<String>,
    /// The job it is about: an open one that both take part in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = JOB_ID_MAX))]
    pub job_id: Option<u64>,
    /// The sender's own id for this send, 1 to 64 bytes: repeating it answers the first message again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = CLIENT_ID_BYTES))]
    pub client_id: Option<String>,
    /// The id of a message of the same conversation that this one replies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = MESSAGE_ID_PATTERN))]
    pub reply_to: Option<String>,
    /// Of a voice message: how long the recording plays, in milliseconds, to within a second; at most 5 minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = VOICE_MS))]
    pub duration_ms: Option<u64>,
    /// Of a voice message: how loud each 64th of it is, as 64 characters `0`–`9`, `a`–`v`, from silent to loudest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9a-v]{64}$"))]
    pub waveform: Option<String>,
}

/// Input of `edit`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditMessage {
    /// The conversation.
    pub conversation_id: String,
    /// A text message that the caller wrote.
    #[schemars(regex(pattern = MESSAGE_ID_PATTERN))]
    pub message_id: String,
    /// The new text: 1 to 2,000 Unicode scalar values, not only white space.
    #[schemars(length(min = 1, max = CONTENT_CHARS))]
    pub content: String,
}

/// Input of `delete`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteMessage {
    /// The conversation.
    pub conversation_id: String,
    /// A message that the caller wrote.
    #[schemars(regex(pattern = MESSAGE_ID_PATTERN))]
    pub message_id: String,
}

/// Input of `react`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct React {
    /// The conversation.
    pub conversation_id: String,
    /// The message.
    #[schemars(regex(pattern = MESSAGE_ID_PATTERN))]
    pub message_id: String,
    /// One emoji, which replaces the caller's previous reaction; `null` takes that back. Must be given.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Given")]
    pub emoji: Option<String>,
}

/// The shape of a text for which `null` says something of its own.
pub(crate) struct Given;

impl JsonSchema for Given {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Given".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        // The mark tells the OpenAPI document to keep the `null`, which elsewhere stands for a field that is left out.
        schemars::json_schema!({ "type": ["string", "null"], "x-null-means": true })
    }
}

/// A field that may be `null`, but not left out: a mistyped name must not take anything back.
pub(crate) fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

/// Output of `edit`, `delete` and `react`: the current state of the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedMessage {
    /// The message.
    pub message: Message,
}

/// Input of `versions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListVersions {
    /// The conversation.
    pub conversation_id: String,
    /// The message.
    #[schemars(regex(pattern = MESSAGE_ID_PATTERN))]
    pub message_id: String,
}

/// Output of `versions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Versions {
    /// Every text that the message has had, the current one last.
    pub versions: Vec<Version>,
}

/// One text that a message has had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// The text.
    pub content: String,
    /// Since when it said so. ISO 8601, UTC, milliseconds.
    pub at: String,
}

/// Output of `send`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentMessage {
    /// The message that is stored now.
    pub message: Message,
    /// The conversation it is in.
    pub conversation_id: String,
}

/// Input of `list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListMessages {
    /// The conversation.
    pub conversation_id: String,
    /// The `cursor` of the last answer, or an ISO 8601 timestamp: answers what changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// A message id: answers the messages before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = MESSAGE_ID_PATTERN))]
    pub before: Option<String>,
    /// At most how many messages, 1 to 50; 50 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = PAGE_ITEMS))]
    pub limit: Option<u32>,
}

/// Output of `list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Messages {
    /// The messages, oldest first; with `since`, in the order of their changes.
    pub messages: Vec<Message>,
    /// Without `since`: older messages exist. With `since`: more changes wait, ask again at once.
    pub has_more: bool,
    /// Pass it as `since` next time.
    pub cursor: String,
    /// When to ask again, in milliseconds.
    pub next_poll_ms: u64,
    /// `true` when the cursor was older than what is kept, and this is a fresh start instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<bool>,
}

use crate::Call;
use crate::limits::{
    CLIENT_ID_BYTES, CONTENT_CHARS, JOB_ID_MAX, MESSAGE_ID_PATTERN, PAGE_ITEMS, USER_ID_PATTERN, VOICE_MS,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A message, as the caller may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// `message_<unix ms>_<nanoid>`.
    pub id: String,
    /// The conversation it belongs to.
    pub conversation_id: String,
    /// Who wrote it.
    pub sender_id: String,
    /// The user who receives it, or the crew's id.
    pub receiver_id: String,
    /// The text: at most 2,000 Unicode scalar values; may be empty when a file comes with it.
    pub content: String,
    /// Its type. A client that does not know the type shows `content`.
    #[serde(rename = "type")]
    pub kind: MessageType,
    /// The URL to download the file, valid for one hour. Absent once the file has expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_url: Option<String>,
    /// The file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// The file's size in bytes, after location and device data were removed from an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
    /// The file's media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Of a JPEG, PNG, GIF or WebP image: its width in pixels as it is displayed, after rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Its height in pixels as it is displayed, after rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Of a voice message: its duration in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Of a voice message: how loud each 64th of it is, as 64 characters `0`–`9`, `a`–`v`, from silent to loudest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waveform: Option<String>,
    /// `true` when the message's file was removed because it was older than files are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_expired: Option<bool>,
    /// Whether it was delivered and read; never goes back.
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
    /// When it was deleted; its `content` is then empty, and its file is gone. ISO 8601, UTC, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
    /// Who deleted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_by: Option<DeletedBy>,
    /// Of a message of type `event`: what happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// Of a message of type `call`: the call.
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

/// The type of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageType {
    /// Text only.
    Text,
    /// A JPEG, PNG, GIF or WebP image, with or without text.
    Image,
    /// Any other file, with or without text.
    File,
    /// A voice recording.
    Voice,
    /// An audio or video call.
    Call,
    /// Something that happened in the conversation; not written by a user.
    Event,
    /// A type of a later version, by its name.
    #[serde(untagged)]
    Other(String),
}

impl JsonSchema for MessageType {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MessageType".into()
    }

    /// The types of this version. Clients show any other type by its `content`, as text.
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "enum": ["text", "image", "file", "voice", "call", "event"],
            "description": "The type of a message. Show one of any other type, from a later version, by its `content`."
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
    /// The beginning of its text, up to 120 characters, or its file's name; empty when it was deleted or is no longer kept.
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
    /// The users who chose it, in the order in which they did. Each user has at most one reaction to a message.
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

/// Of a message of type `event`: what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// `host`: an event from the host. `joined`, `left`: a member joined or left a crew.
    pub kind: String,
    /// The member who joined or left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The `data` that the host sent, unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Whether a message was delivered and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The server has stored it.
    Sent,
    /// A device of the recipient has it.
    Delivered,
    /// The recipient has read it.
    Read,
}

/// Input of `send`. Exactly one of `receiverId` and `conversationId` says who receives it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendMessage {
    /// The user who receives it; the conversation is created if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = USER_ID_PATTERN))]
    pub receiver_id: Option<String>,
    /// An existing conversation, or a crew's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// The text: 1 to 2,000 Unicode scalar values, not only white space; may be left out when a file comes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = CONTENT_CHARS))]
    pub content: Option<String>,
    /// The type of the message; derived from the file when left out. `voice` must be given.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<MessageType>,
    /// The `fileUrl` that `uploadFile` answered, after the bytes were uploaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_url: Option<String>,
    /// The job it is about: an open job of which both users are participants.
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
    /// Of a voice message: the duration of the recording in milliseconds, to within a second; at most 5 minutes.
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
    /// One emoji, which replaces the caller's previous reaction; `null` removes it. Must be given.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Given")]
    pub emoji: Option<String>,
}

/// The schema of a string for which `null` has a meaning of its own.
pub(crate) struct Given;

impl JsonSchema for Given {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Given".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        // The generator of the OpenAPI document keeps `null` where this mark is; elsewhere `null` means that a field is left out.
        schemars::json_schema!({ "type": ["string", "null"], "x-null-means": true })
    }
}

/// A field that may be `null` but not left out: a mistyped field name must not remove anything.
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
    /// When the message got this text. ISO 8601, UTC, milliseconds.
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
    /// The `cursor` of the last answer, or an ISO 8601 timestamp: answers what has changed since.
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
    /// Without `since`: older messages exist. With `since`: there are more changes, ask again at once.
    pub has_more: bool,
    /// Pass it as `since` next time.
    pub cursor: String,
    /// When to ask again, in milliseconds.
    pub next_poll_ms: u64,
    /// `true` when the cursor was older than what is kept, and the answer is a fresh snapshot instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<bool>,
}

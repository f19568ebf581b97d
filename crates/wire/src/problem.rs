use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An error, as RFC 9457 defines it (`application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `urn:jobline:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of error in a few words, the same for every error with this code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong and what to do about it. Contains nothing that the caller may not see.
    pub detail: String,
    /// The kind of error, for programs.
    pub code: Code,
    /// The input field that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// After how many milliseconds to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// Declares [`Code`]: each code with its HTTP status and its title.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// The kind of an error, for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The text of the `code` field.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status of errors with this code.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The `title` of errors with this code.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// The input is not what the contract says.
    InvalidRequest = "invalid_request", 400, "Invalid request";
    /// A message without text or file.
    ContentEmpty = "content_empty", 400, "Empty message";
    /// More than 2,000 Unicode scalar values.
    ContentTooLong = "content_too_long", 400, "Message too long";
    /// A cursor that this deployment did not make for this user and this list.
    InvalidCursor = "invalid_cursor", 400, "Invalid cursor";
    /// A file name, size or type that is not accepted.
    InvalidFile = "invalid_file", 400, "File not accepted";
    /// Not exactly one emoji of Unicode's list.
    InvalidEmoji = "invalid_emoji", 400, "Not an emoji";
    /// The bytes are not what was announced.
    FileTypeMismatch = "file_type_mismatch", 400, "File type mismatch";
    /// The bytes have not arrived.
    FileNotUploaded = "file_not_uploaded", 400, "File not uploaded";
    /// No token, or a token that is not accepted.
    Unauthenticated = "unauthenticated", 401, "Not signed in";
    /// No open job is shared.
    NotJobParticipant = "not_job_participant", 403, "No shared job";
    /// The shared job is closed.
    JobClosed = "job_closed", 403, "Job closed";
    /// The recipient accepts no messages from the caller.
    RecipientUnavailable = "recipient_unavailable", 403, "Recipient unavailable";
    /// Somebody else wrote the message.
    NotYourMessage = "not_your_message", 403, "Not your message";
    /// The message can no longer be edited.
    EditWindowOver = "edit_window_over", 403, "Too late to edit";
    /// The message can no longer be deleted by its sender.
    DeleteWindowOver = "delete_window_over", 403, "Too late to delete";
    /// The deployment does not offer this, or not to this user or page.
    NotOffered = "not_offered", 403, "Not offered";
    /// It does not exist, or is not the caller's.
    NotFound = "not_found", 404, "Not found";
    /// The path exists, but not with this method.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    /// The body is not JSON.
    UnsupportedMediaType = "unsupported_media_type", 415, "Unsupported media type";
    /// The client id belongs to another message.
    ClientIdReused = "client_id_reused", 409, "Client id reused";
    /// The file is in another message already.
    FileAlreadyUsed = "file_already_used", 409, "File already used";
    /// The message was deleted.
    MessageDeleted = "message_deleted", 409, "Message deleted";
    /// The call has ended, or another device has accepted it.
    CallOver = "call_over", 409, "Call over";
    /// The body is larger than 64 KiB.
    PayloadTooLarge = "payload_too_large", 413, "Request too large";
    /// The file is larger than 10 MB.
    FileTooLarge = "file_too_large", 413, "File too large";
    /// Too many messages, files or changes in a minute.
    RateLimited = "rate_limited", 429, "Too many requests";
    /// The server cannot do it now; nothing was partly done.
    Unavailable = "unavailable", 503, "Temporarily unavailable";
}

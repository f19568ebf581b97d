//! The limits of the contract, each defined once: the domain, the API and the OpenAPI document take them from here.

/// Unicode scalar values in the text of a message.
pub const CONTENT_CHARS: usize = 2_000;
/// Unicode scalar values of `lastMessage`, the preview of a conversation's last message.
pub const PREVIEW_CHARS: usize = 100;
/// Bytes of a `clientId`.
pub const CLIENT_ID_BYTES: usize = 64;
/// Bytes of a `deviceId`.
pub const DEVICE_ID_BYTES: usize = 64;
/// The form of a `deviceId`: visible ASCII.
pub const DEVICE_ID_PATTERN: &str = "^[!-~]{1,64}$";
/// How long a call rings, in milliseconds.
pub const RING_MS: u64 = 45_000;
/// Participants of a crew's call at a time.
pub const CALL_MEMBERS: usize = 4;
/// Messages or conversations in one answer: the largest `limit`, and the one when it is left out.
pub const PAGE_ITEMS: u32 = 50;
/// Bytes of a user id.
pub const USER_ID_BYTES: usize = 128;
/// The form of a user id.
pub const USER_ID_PATTERN: &str = r"^[A-Za-z0-9._|@:+=~-]{1,128}$";
/// The form of up to [`PRESENCE_USERS`] user ids between commas.
pub const USER_IDS_PATTERN: &str = r"^[A-Za-z0-9._|@:+=~-]{1,128}(,[A-Za-z0-9._|@:+=~-]{1,128}){0,49}$";
/// The form of a message id.
pub const MESSAGE_ID_PATTERN: &str = r"^message_[0-9]{1,14}_[A-Za-z0-9_-]{1,32}$";
/// The form of an e-mail address, besides its length.
pub const EMAIL_PATTERN: &str = r"^[^\s]+@[^\s@]+$";
/// Bytes of a language tag.
pub const LANGUAGE_BYTES: usize = 35;
/// The form of a language tag, such as `es` or `ar-EG`, besides its length.
pub const LANGUAGE_PATTERN: &str = "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$";
/// The form of the URL of a user's picture, besides its length.
pub const AVATAR_URL_PATTERN: &str = "^https?://";
/// The form of a SHA-256.
pub const SHA256_PATTERN: &str = "^[0-9A-Fa-f]{64}$";
/// The largest job id, 2^53 − 1: what a JavaScript number holds exactly.
pub const JOB_ID_MAX: u64 = (1 << 53) - 1;
/// Users in one call of `presence`.
pub const PRESENCE_USERS: usize = 50;
/// Participants of a job.
pub const PARTICIPANTS: usize = 100;
/// Members of a crew: jobs with more participants have none.
pub const CREW_MEMBERS: usize = 50;
/// How many members of a crew are in `people` of every answer. Others are in it if they wrote one of its messages, or are the
/// caller.
pub const CREW_PEOPLE: usize = 5;
/// Unicode scalar values of a user's name and of a job's title.
pub const NAME_CHARS: usize = 200;
/// Bytes of the URL of a user's picture.
pub const URL_BYTES: usize = 2_048;
/// Bytes of a user's e-mail address.
pub const EMAIL_BYTES: usize = 254;
/// Bytes of a file: 10 MB.
pub const FILE_BYTES: u64 = 10 * 1024 * 1024;
/// The duration of a voice message in milliseconds: 5 minutes.
pub const VOICE_MS: u64 = 5 * 60_000;
/// Characters of the waveform of a voice message.
pub const WAVEFORM_CHARS: usize = 64;
/// Bytes of a file's name.
pub const FILE_NAME_BYTES: usize = 255;
/// Bytes of a request's body, except uploads.
pub const BODY_BYTES: usize = 64 * 1024;
/// Bytes of the body of an import.
pub const IMPORT_BYTES: usize = 10 * 1024 * 1024;
/// Lines of an import.
pub const IMPORT_LINES: u32 = 10_000;
/// The fewest bytes of the JWT secret and of the host key.
pub const SECRET_BYTES: usize = 32;
/// Bytes of a user token.
pub const TOKEN_BYTES: usize = 8_192;
/// The longest lifetime of a token made by the host API, in seconds.
pub const TOKEN_SECONDS_MAX: u64 = 86_400;
/// The default lifetime of a token made by the host API, in seconds.
pub const TOKEN_SECONDS: u64 = 3_600;
/// Edits of one message.
pub const EDITS: u32 = 5;
/// Edits and reactions of one user in a minute; as many reports, and as many push subscriptions.
pub const CHANGES_PER_MINUTE: u32 = 30;
/// Unicode scalar values of a quoted message.
pub const QUOTE_CHARS: usize = 120;
/// Bytes of `data` in a message from the host, as JSON.
pub const EVENT_DATA_BYTES: usize = 4_096;
/// Users whom one user may block.
pub const BLOCKED_USERS: usize = 1_000;
/// Push subscriptions of one user: one more replaces the one that was added or renewed longest ago.
pub const PUSH_SUBSCRIPTIONS: usize = 10;
/// Bytes of the endpoint of a push subscription.
pub const ENDPOINT_BYTES: usize = 1_024;
/// Messages before and after a reported one that the host gets with it.
pub const REPORT_CONTEXT: usize = 10;

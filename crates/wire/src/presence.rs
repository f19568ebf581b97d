use crate::Person;
use crate::limits::{LANGUAGE_BYTES, LANGUAGE_PATTERN, USER_IDS_PATTERN};
use crate::message::{Given, given};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Input of `presence`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PresenceQuery {
    /// Up to 50 user ids, separated by commas.
    #[schemars(regex(pattern = USER_IDS_PATTERN))]
    pub user_ids: String,
}

/// Output of `presence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct People {
    /// The users whose presence the caller may see; others are left out.
    pub people: Vec<Presence>,
}

/// Whether a user is online.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Presence {
    /// The user's id.
    pub id: String,
    /// Whether they are online, or how long ago they were.
    pub state: PresenceState,
    /// When they were last online, rounded to the hour; absent if they never were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_active_at: Option<String>,
}

/// How long ago a user was online.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PresenceState {
    /// Now, or in the last two minutes.
    Online,
    /// In the last day.
    Recent,
    /// Earlier, or never.
    Away,
}

/// A user's preferences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preferences {
    /// Whether users with whom they share an open job see when they are online, and they see it of them.
    pub show_presence: bool,
    /// Whether they get e-mail about unread messages.
    pub mail: bool,
    /// Whether they get push notifications.
    pub push: bool,
    /// The language that they chose for mail and push notifications. Absent if they chose none: then it is the one that the
    /// host gave, or English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The `applicationServerKey` with which a browser subscribes to push notifications, base64url. Absent if this deployment
    /// sends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_key: Option<String>,
    /// The users whom they block, ordered by id. A user with whom they have no conversation has the id as name. Absent if they
    /// block nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<Person>,
}

/// Input of `setPreferences`: what is left out stays unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPreferences {
    /// Whether users with whom they share an open job see when they are online, and they see it of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_presence: Option<bool>,
    /// Whether they get e-mail about unread messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<bool>,
    /// Whether they get push notifications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<bool>,
    /// The language of mail and push notifications, such as `es` or `ar-EG`. English is used for languages without texts. `null`
    /// removes the choice: the language is again the one that the host gave.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schemars(with = "Given", length(max = LANGUAGE_BYTES), regex(pattern = LANGUAGE_PATTERN))]
    pub language: Option<Option<String>>,
}

/// A field that may be `null`; serde does not call this for one that is left out.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    given(deserializer).map(Some)
}

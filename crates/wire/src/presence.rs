use crate::Person;
use crate::limits::{LANGUAGE_BYTES, LANGUAGE_PATTERN, USER_IDS_PATTERN};
use crate::message::{Given, given};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Input of `presence`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PresenceQuery {
    /// Up to 50 user ids, comma separated.
    #[schemars(regex(pattern = USER_IDS_PATTERN))]
    pub user_ids: String,
}

/// Output of `presence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct People {
    /// Those of whom the caller may know: others are left out.
    pub people: Vec<Presence>,
}

/// Whether somebody is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Presence {
    /// The user's id.
    pub id: String,
    /// Whether they are there now, were lately, or were not.
    pub state: PresenceState,
    /// When they were last there, to the hour; left out when they never were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_active_at: Option<String>,
}

/// How long ago somebody was there.
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
    /// Whether people with whom they share an open job see when they are there, and they see it of those.
    pub show_presence: bool,
    /// Whether they get e-mail about unread messages.
    pub mail: bool,
    /// Whether they get push notifications.
    pub push: bool,
    /// The language of mail and push notifications, as they chose it. Absent where they did not: it is what the host gave for
    /// them then, and else English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The `applicationServerKey` with which a browser subscribes to push notifications: base64url. Absent where this
    /// deployment sends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_key: Option<String>,
    /// Whom they block, in the order of their ids. Somebody with whom they have no conversation is named by the id alone.
    /// Absent where they block nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<Person>,
}

/// Input of `setPreferences`: what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPreferences {
    /// Whether people with whom they share an open job see when they are there, and they see it of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_presence: Option<bool>,
    /// Whether they get e-mail about unread messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<bool>,
    /// Whether they get push notifications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<bool>,
    /// The language of mail and push notifications, such as `es` or `ar-EG`. One of which there are no texts is English. `null`
    /// takes the choice back: it is again what the host gave for them.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schemars(with = "Given", length(max = LANGUAGE_BYTES), regex(pattern = LANGUAGE_PATTERN))]
    pub language: Option<Option<String>>,
}

/// A field that may be `null`; one that is left out is not read at all.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    given(deserializer).map(Some)
}

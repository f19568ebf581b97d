//! Many users and jobs at once.

use crate::{
    Code, CrewHistory, HostJobInput, HostUserInput, JobStatus,
    limits::{
        AVATAR_URL_PATTERN, EMAIL_BYTES, EMAIL_PATTERN, JOB_ID_MAX, LANGUAGE_BYTES, LANGUAGE_PATTERN, NAME_CHARS,
        PARTICIPANTS, URL_BYTES, USER_ID_PATTERN,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One line of `POST /host/import`: either a user or a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportLine {
    /// A user, as `PUT /host/users/{userId}` takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<ImportUser>,
    /// A job, as `PUT /host/jobs/{jobId}` takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<ImportJob>,
}

/// A user with their id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportUser {
    /// The user id.
    #[schemars(regex(pattern = USER_ID_PATTERN))]
    pub id: String,
    /// The name to show, 1 to 200 characters.
    #[schemars(length(min = 1, max = NAME_CHARS))]
    pub name: String,
    /// An http or https URL of a picture, at most 2,048 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = URL_BYTES), regex(pattern = AVATAR_URL_PATTERN))]
    pub avatar_url: Option<String>,
    /// The address for mail about unread messages; never shown to other users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = EMAIL_BYTES), regex(pattern = EMAIL_PATTERN))]
    pub email: Option<String>,
    /// The language of mail and push notifications, such as `es` or `ar-EG`, unless the user chose another one. English is
    /// used for languages without texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = LANGUAGE_BYTES), regex(pattern = LANGUAGE_PATTERN))]
    pub language: Option<String>,
}

/// A job with its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportJob {
    /// The job id, 1 to 2^53 − 1.
    #[schemars(range(min = 1, max = JOB_ID_MAX))]
    pub id: u64,
    /// Its title, 1 to 200 characters.
    #[schemars(length(min = 1, max = NAME_CHARS))]
    pub title: String,
    /// The users who take part, 1 to 100.
    #[schemars(length(min = 1, max = PARTICIPANTS), inner(regex(pattern = USER_ID_PATTERN)))]
    pub participants: Vec<String>,
    /// Whether they may write to each other.
    pub status: JobStatus,
    /// Which messages of its crew new members see: those since they joined (`joined`, the default), or `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crew_history: Option<CrewHistory>,
}

impl ImportUser {
    /// Splits it into the id and the rest.
    #[must_use]
    pub fn split(self) -> (String, HostUserInput) {
        let Self { id, name, avatar_url, email, language } = self;
        (id, HostUserInput { name, avatar_url, email, language })
    }
}

impl ImportJob {
    /// Splits it into the id and the rest.
    #[must_use]
    pub fn split(self) -> (u64, HostJobInput) {
        let Self { id, title, participants, status, crew_history } = self;
        (id, HostJobInput { title, participants, status, crew_history })
    }
}

/// The answer to one line of an import: `status` or `error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportedLine {
    /// The number of the line, from 1.
    pub line: u32,
    /// Present when the line was stored, now or by an earlier import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ImportStatus>,
    /// Why it was not stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<LineError>,
}

/// The result of a line that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImportStatus {
    /// It is stored.
    Ok,
}

/// Why a line was not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineError {
    /// The kind of error.
    pub code: Code,
    /// The input field that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What went wrong and what to do about it.
    pub detail: String,
}

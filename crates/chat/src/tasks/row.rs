//! The task row.

use serde::{Deserialize, Serialize};

/// `TASKS` / `<due>#<random id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TaskRow {
    pub v: u8,
    pub work: Work,
}

/// What is to be done, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Work {
    /// Tell the members of conversations about `job` that it has changed to `revision`; 0 when it was deleted.
    TellJob { job: u64, revision: u64, after: Option<String> },
    /// Tell those who share a conversation with `user` that the user's name or picture has changed.
    TellPerson { user: String, after: Option<String> },
    /// Record that the call with this message, which `caller` started, was missed, unless it was answered.
    EndUnansweredCall { call: String, caller: String },
    /// Record that the call with this message, which `caller` started, is over, unless somebody ended it.
    EndAbandonedCall { call: String, caller: String },
    /// Of a later version: left to the servers that know it.
    #[serde(other)]
    Unknown,
}

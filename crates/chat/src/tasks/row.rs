//! The task row.

use crate::{
    base::{
        clock::nanoid,
        rows::{self, LAYOUT},
    },
    context::Context,
    keys,
};
use jobline_store::{CommitBuilder, Condition};
use serde::{Deserialize, Serialize};

/// `TASKS` / `<due>#<random id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TaskRow {
    pub v: u8,
    pub work: Work,
}

/// The work, and its progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Work {
    /// Update the conversations about `job` to its `revision`; 0 when it was deleted.
    TellJob { job: u64, revision: u64, after: Option<String> },
    /// Announce a new name or picture of `user` to those who share a conversation.
    TellPerson { user: String, after: Option<String> },
    /// Record that the call with this message, which `caller` started, was missed, unless it was answered.
    EndUnansweredCall { call: String, caller: String },
    /// Record that the call with this message, which `caller` started, is over, unless somebody ended it.
    EndAbandonedCall { call: String, caller: String },
    /// Put the crew of `job` to sleep, if it was inactive for long enough.
    LetCrewSleep { job: u64 },
    /// Of a later version: left to the servers that know it.
    #[serde(other)]
    Unknown,
}

/// Adds a task for the instant `due`, for any server.
pub(crate) fn put_task(cx: &Context, commit: CommitBuilder, due: u64, work: Work) -> CommitBuilder {
    let key = keys::task(due, &nanoid(&*cx.random));
    commit.put(key, Condition::Absent, rows::encode(&TaskRow { v: LAYOUT, work }), None)
}

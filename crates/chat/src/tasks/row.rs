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
    /// Let the crew of `job` sleep, if nothing happened in it for long enough.
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

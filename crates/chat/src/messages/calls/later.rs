//! What is done about a call that nobody answers.

use crate::{
    base::id::UserId,
    context::Context,
    messages::row::MessageRow,
    tasks::{row::Work, run::Task},
};
use jobline_store::CommitBuilder;
use jobline_wire::limits::RING_MS;

/// Adds the task that records the call as missed if nobody answers it. Readers do not wait for that; clients that follow
/// the log then see it without reading the message again.
pub(crate) fn end_unanswered_later(
    cx: &Context,
    commit: CommitBuilder,
    message: &MessageRow,
    caller: &UserId,
) -> CommitBuilder {
    let work = Work::EndUnansweredCall { call: message.id.clone(), caller: caller.to_string() };
    Task::at(cx, message.at + RING_MS, work).put(commit)
}

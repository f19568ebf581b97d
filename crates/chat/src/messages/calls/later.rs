//! Ends calls that nobody answers, and calls that nobody ends.

use crate::{
    base::{author::Author, id::UserId},
    context::Context,
    messages::row::MessageRow,
    tasks::{row::Work, run::Task},
};
use jobline_calls::CallRow;
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

/// Adds the task that records an accepted call as over if all its devices are gone without saying so.
pub(super) fn end_abandoned_later(
    cx: &Context,
    commit: CommitBuilder,
    message: &MessageRow,
    members: &[UserId],
) -> CommitBuilder {
    let due = message.call.as_deref().and_then(CallRow::abandoned_at);
    let (Some(due), Author::Member(caller)) = (due, message.from) else { return commit };
    let Some(caller) = members.get(caller).map(UserId::to_string) else { return commit };
    Task::at(cx, due, Work::EndAbandonedCall { call: message.id.clone(), caller }).put(commit)
}

//! Accepting, declining and ending a call: each is one change of the log, on the condition that the call is as it was read.

use super::{check_device, later, no_such_call, place, render};
use crate::{
    base::{
        author::Author,
        error::{Error, Result},
        id::UserId,
    },
    context::Context,
    conversation::{access, update_read::Marks},
    log::change::ChangeKind,
    messages::touch::{self, Current, Target, Touched},
};
use jobline_calls::{CallRow, RunningCall, StepRequest, StepResult};
use jobline_wire::{AnswerCall, ChangedCall, Code, limits::CALL_MEMBERS};

/// What the log says of each step.
const CALLED: touch::Change = touch::Change { kind: ChangeKind::Called, is_limited: false };

/// Takes a call with this device. The first one wins.
///
/// # Errors
/// `invalid_request`, `not_found`, `call_over`, `unavailable`; in a crew also `not_job_participant`, and `not_offered` when
/// the call is full.
pub(crate) async fn accept(cx: &Context, me: &UserId, input: AnswerCall) -> Result<ChangedCall> {
    change(cx, me, &input, CallRow::accept).await
}

/// Declines a call. A call that is over does not change.
///
/// # Errors
/// As [`accept`]; `call_over` when another device has taken it.
pub(crate) async fn decline(cx: &Context, me: &UserId, input: AnswerCall) -> Result<ChangedCall> {
    change(cx, me, &input, CallRow::decline).await
}

/// Ends a call. A call that is over does not change.
///
/// # Errors
/// As [`accept`], without `call_over`.
pub(crate) async fn end(cx: &Context, me: &UserId, input: AnswerCall) -> Result<ChangedCall> {
    change(cx, me, &input, CallRow::end).await
}

/// Records that a call which `me` started was missed, if it was.
///
/// # Errors
/// `not_found`, `unavailable`.
pub(crate) async fn end_unanswered(cx: &Context, me: &UserId, call_id: &str) -> Result<()> {
    record(cx, me, call_id, CallRow::miss).await
}

/// Records that a call which `me` started is over though nobody ended it, if that is so.
///
/// # Errors
/// `not_found`, `unavailable`.
pub(crate) async fn end_abandoned(cx: &Context, me: &UserId, call_id: &str) -> Result<()> {
    record(cx, me, call_id, CallRow::abandon).await
}

/// The change of a call, if any.
type Change = fn(&mut CallRow, StepRequest<'_>) -> StepResult;

/// A member's wish. Former members of a crew have none.
async fn change(cx: &Context, me: &UserId, input: &AnswerCall, step: Change) -> Result<ChangedCall> {
    check_device(&input.device_id)?;
    let (_, conversation) = place(cx, &input.call_id).await?;
    let (_, member) = access::of_present_member(cx, me, conversation.as_str()).await.map_err(as_call)?;
    let target = Target::new(&conversation, &input.call_id, Author::Member(member)).map_err(|_| no_such_call())?;
    let touched = commit(cx, &target, (member, &input.device_id), step).await?;
    let call = render(&touched.users(&conversation), &touched.row, cx.now());
    Ok(ChangedCall { call: call.ok_or_else(no_such_call)? })
}

/// The outcome that time alone decided, of a call that `me` started.
async fn record(cx: &Context, me: &UserId, call_id: &str, step: Change) -> Result<()> {
    let (_, conversation) = place(cx, call_id).await?;
    let (_, member) = access::of_member(cx, me, conversation.as_str()).await.map_err(as_call)?;
    // The caller may have left the crew and come back, and the call be out of their sight.
    let target = Target::of_author(&conversation, call_id, Author::Member(member)).map_err(|_| no_such_call())?;
    commit(cx, &target, (member, "server"), step).await.map(drop)
}

/// The conversation of a call is not there for a stranger, like the call.
fn as_call(error: Error) -> Error {
    if error.code == Code::NotFound { no_such_call() } else { error }
}

async fn commit(cx: &Context, target: &Target<'_>, (member, device): (usize, &str), step: Change) -> Result<Current> {
    touch::touch(cx, target, Marks::None, |touched| {
        let was_accepted = touched.row.call.as_ref().is_some_and(|call| call.accepted.is_some());
        match take(touched, member, device, step)? {
            StepResult::Changed if was_accepted => Ok(Some((CALLED, cx.db.begin()))),
            StepResult::Changed => {
                let users = touched.update.row.users(target.conversation);
                Ok(Some((CALLED, later::end_abandoned_later(cx, cx.db.begin(), &touched.row, &users))))
            }
            StepResult::Unchanged => Ok(None),
            StepResult::Over => Err(over()),
            StepResult::Full => Err(full()),
        }
    })
    .await
}

/// Takes the step in the message, and in the conversation what it means for the next call.
fn take(touched: &mut Touched, member: usize, device: &str, step: Change) -> Result<StepResult> {
    let (at, now, members) = (touched.update.row.next_at(touched.now), touched.now, touched.update.row.all_in());
    let row = &mut touched.row;
    let Author::Member(caller) = row.from else { return Err(no_such_call()) };
    let call = row.call.as_mut().filter(|_| row.deleted.is_none()).ok_or_else(no_such_call)?;
    let taken = step(call, StepRequest { member, device, members: &members, caller, started: row.at, now, at });
    let running = RunningCall { id: row.id.clone(), started: row.at, accepted: call.accepted };
    let of_conversation = &mut touched.update.row.call;
    if of_conversation.as_ref().is_some_and(|one| one.id == row.id) {
        *of_conversation = call.ended.is_none().then_some(running);
    }
    Ok(taken)
}

fn full() -> Error {
    let detail = format!("{CALL_MEMBERS} people are in this call, which is the most. Try again when one has left.");
    Error::new(Code::NotOffered, detail).at("callId")
}

fn over() -> Error {
    Error::new(Code::CallOver, "This call is over, or another device has taken it.").at("callId")
}

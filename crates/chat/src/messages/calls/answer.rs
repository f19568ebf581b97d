//! Accepting, declining and ending a call: each is one change of the log, on the condition that the call is as it was read.

use super::{
    check_device, later, no_such_call, place, render,
    row::{Asked, CallRow, RunningCall, Step},
};
use crate::{
    base::{
        author::Author,
        error::{Error, Result},
        id::UserId,
    },
    context::Context,
    log::change::ChangeKind,
    messages::touch::{self, Change, Target, Touched},
};
use jobline_wire::{AnswerCall, ChangedCall, Code};

/// Takes a call with this device. The first one wins.
///
/// # Errors
/// `invalid_request`, `not_found`, `call_over`, `unavailable`.
pub(crate) async fn accept(cx: &Context, me: &UserId, input: AnswerCall) -> Result<ChangedCall> {
    change(cx, me, &input, CallRow::accept).await
}

/// Does not want a call. What is over already stays as it is.
///
/// # Errors
/// As [`accept`]; `call_over` when another device has taken it.
pub(crate) async fn decline(cx: &Context, me: &UserId, input: AnswerCall) -> Result<ChangedCall> {
    change(cx, me, &input, CallRow::decline).await
}

/// Ends a call. What is over already stays as it is.
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
    let input = AnswerCall { call_id: call_id.to_owned(), device_id: "server".to_owned() };
    change(cx, me, &input, CallRow::miss).await.map(drop)
}

/// Records that a call which `me` started is over though nobody ended it, if it is.
///
/// # Errors
/// `not_found`, `unavailable`.
pub(crate) async fn end_abandoned(cx: &Context, me: &UserId, call_id: &str) -> Result<()> {
    let input = AnswerCall { call_id: call_id.to_owned(), device_id: "server".to_owned() };
    change(cx, me, &input, CallRow::abandon).await.map(drop)
}

async fn change(
    cx: &Context,
    me: &UserId,
    input: &AnswerCall,
    step: fn(&mut CallRow, Asked<'_>) -> Step,
) -> Result<ChangedCall> {
    check_device(&input.device_id)?;
    let (_, conversation) = place(cx, &input.call_id).await?;
    let (member, _) = conversation.side(me).ok_or_else(no_such_call)?;
    let target = Target::new(&conversation, &input.call_id, Author::Member(member)).map_err(|_| no_such_call())?;
    let stands = touch::touch(cx, &target, |touched| match take(touched, member, &input.device_id, step)? {
        Step::Changed => {
            let commit = later::end_abandoned_later(cx, cx.db.begin(), &touched.row, &conversation);
            Ok(Some((Change { kind: ChangeKind::Called, is_limited: false }, commit)))
        }
        Step::Stands => Ok(None),
        Step::Over => Err(over()),
    })
    .await?;
    let users = conversation.pair().ok_or_else(no_such_call)?;
    Ok(ChangedCall { call: render(users, &stands.row, cx.now()).ok_or_else(no_such_call)? })
}

/// Takes the step in the message, and in the conversation what it means for the next call.
fn take(touched: &mut Touched, member: usize, device: &str, step: fn(&mut CallRow, Asked<'_>) -> Step) -> Result<Step> {
    let (at, now) = (touched.update.row.next_at(touched.now), touched.now);
    let row = &mut touched.row;
    let Author::Member(caller) = row.from else { return Err(no_such_call()) };
    let call = row.call.as_mut().filter(|_| row.deleted.is_none()).ok_or_else(no_such_call)?;
    let taken = step(call, Asked { member, device, caller, started: row.at, now, at });
    let running = RunningCall { id: row.id.clone(), started: row.at, accepted: call.accepted };
    let of_conversation = &mut touched.update.row.call;
    if of_conversation.as_ref().is_some_and(|one| one.id == row.id) {
        *of_conversation = call.ended.is_none().then_some(running);
    }
    Ok(taken)
}

fn over() -> Error {
    Error::new(Code::CallOver, "This call is over, or another device has taken it.").at("callId")
}

//! Calls: messages whose state changes by changes of the log. Signals between the two devices are not stored.

mod answer;
mod confirm;
pub(crate) mod devices;
pub(crate) mod later;
mod start;

pub(crate) use answer::{accept, decline, end, end_abandoned, end_unanswered};
pub(crate) use confirm::confirm;
pub(crate) use start::start;

use crate::{
    base::{
        error::{Error, Result},
        id::{ConversationId, MessageId, UserId},
        rows::{self, LAYOUT},
        time::iso,
    },
    context::Context,
    keys,
    messages::row::MessageRow,
};
use jobline_store::{CommitBuilder, Condition, Consistency};
use jobline_wire::{Call, limits::DEVICE_ID_BYTES};
use serde::{Deserialize, Serialize};

/// How long it is remembered in which conversation a call is: as long as anything can be done about it.
const REMEMBERED_MS: u64 = 48 * 3_600_000;

/// `CALL#<id>` / `CALL#<id>`: the conversation that a call is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PlaceRow {
    v: u8,
    conversation: String,
}

/// Adds the row that says where the call with this id is.
pub(super) fn put_place(commit: CommitBuilder, id: &MessageId, conversation: &ConversationId) -> CommitBuilder {
    let row = PlaceRow { v: LAYOUT, conversation: conversation.as_str().to_owned() };
    let expires = (id.at_ms() + REMEMBERED_MS) / 1_000;
    commit.put(keys::call(id), Condition::Any, rows::encode(&row), Some(expires))
}

/// The conversation that a call is in.
///
/// # Errors
/// `not_found`, `unavailable`.
async fn place(cx: &Context, call_id: &str) -> Result<(MessageId, ConversationId)> {
    let id = MessageId::new(call_id).ok_or_else(no_such_call)?;
    let row = cx.db.get(&keys::call(&id), Consistency::Strong).await?;
    let place = rows::live::<PlaceRow>(row.as_ref(), cx.now())?.ok_or_else(no_such_call)?;
    let conversation = ConversationId::new(&place.conversation).ok_or_else(no_such_call)?;
    Ok((id, conversation))
}

/// The call in a message; `None` of other messages, and once it was deleted.
pub(super) fn render(users: &[UserId], row: &MessageRow, now: u64) -> Option<Call> {
    let call = row.call.as_ref().filter(|_| row.deleted.is_none())?;
    let user = |member: usize| users.get(member).map(UserId::to_string);
    let devices = call.participants().into_iter();
    let declined = call.crew.as_ref().map_or(&[][..], |crew| crew.declined());
    Some(Call {
        id: row.id.clone(),
        media: call.media(),
        started_by: super::quote::author_id(users, row.from),
        state: call.state(row.at, now),
        started_at: iso(row.at),
        accepted_at: call.accepted.map(iso),
        ended_at: call.ended_at(row.at, now).map(iso),
        devices: devices.filter_map(|(member, device)| Some((user(member)?, device.to_owned()))).collect(),
        declined_by: declined.iter().filter_map(|member| user(*member)).collect(),
    })
}

fn no_such_call() -> Error {
    Error::not_found("call").at("callId")
}

/// Checks the name that a client gave its device.
fn check_device(id: &str) -> Result<()> {
    if (1..=DEVICE_ID_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let detail = format!("deviceId names this device: 1 to {DEVICE_ID_BYTES} visible ASCII characters.");
    Err(Error::invalid("deviceId", detail))
}

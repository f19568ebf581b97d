//! Between which devices signals of a call may go.

use super::place;
use crate::{
    base::{
        error::{Error, Result},
        id::{ConversationId, UserId},
        rows,
    },
    context::Context,
    conversation::crew,
    keys,
    messages::row::MessageRow,
};
use jobline_calls::{CallRow, Recorded};
use jobline_store::Consistency;
use jobline_wire::Code;

/// The devices of an accepted call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallDevices {
    /// The device of the user who asked.
    pub own: String,
    /// The others who take part, each with their device.
    pub others: Vec<(UserId, String)>,
}

/// The devices of an accepted call in which `me` takes part; `None` for any other.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn devices(cx: &Context, me: &UserId, call_id: &str) -> Result<Option<CallDevices>> {
    let (id, conversation) = match place(cx, call_id).await {
        Ok(found) => found,
        Err(Error { code: Code::NotFound, .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let row = cx.db.get(&keys::message(&conversation, &id), Consistency::Strong).await?;
    let call = rows::live::<MessageRow>(row.as_ref(), cx.now())?.and_then(|row| row.call);
    let Some(call) = call.filter(|call| call.state == Recorded::Accepted) else { return Ok(None) };
    let mut others = taking_part(cx, &conversation, &call).await?;
    let own = others.iter().position(|(user, _)| user == me);
    Ok(own.map(|own| CallDevices { own: others.remove(own).1, others }))
}

/// The participants who are still in the conversation, each with their device.
async fn taking_part(cx: &Context, id: &ConversationId, call: &CallRow) -> Result<Vec<(UserId, String)>> {
    let crew = match id.crew_job() {
        Some(job) => crew::current(cx, job).await?.row,
        None => None,
    };
    let user = |member: usize| match &crew {
        Some(row) => row.users(id).get(member).filter(|_| row.is_in(member)).cloned(),
        None => id.pair()?.get(member).cloned(),
    };
    let participants = call.participants().into_iter();
    Ok(participants.filter_map(|(member, device)| Some((user(member)?, device.to_owned()))).collect())
}

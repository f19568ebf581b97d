//! Between which devices signals of a call may go.

use super::{place, row::Recorded};
use crate::{
    base::{
        error::{Error, Result},
        id::UserId,
        rows,
    },
    context::Context,
    keys,
    messages::row::MessageRow,
};
use jobline_store::Consistency;
use jobline_wire::Code;

/// The devices of an accepted call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallLine {
    /// The device of the user who asked.
    pub own: String,
    /// The others who take part, each with their device.
    pub others: Vec<(UserId, String)>,
}

/// The line of an accepted call in which `me` takes part; `None` for any other.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn line(cx: &Context, me: &UserId, call_id: &str) -> Result<Option<CallLine>> {
    let (id, conversation) = match place(cx, call_id).await {
        Ok(found) => found,
        Err(Error { code: Code::NotFound, .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some((member, partner)) = conversation.side(me) else { return Ok(None) };
    let row = cx.db.get(&keys::message(&conversation, &id), Consistency::Strong).await?;
    let row = rows::live::<MessageRow>(row.as_ref(), cx.now())?;
    let Some(call) = row.and_then(|row| row.call).filter(|call| call.state == Recorded::Accepted) else {
        return Ok(None);
    };
    let [own, other] = [member, usize::from(member == 0)].map(|member| call.devices[member].clone());
    let other = other.map(|device| (partner.clone(), device));
    Ok(own.map(|own| CallLine { own, others: other.into_iter().collect() }))
}

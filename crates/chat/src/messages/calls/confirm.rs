//! Calls that only the clock has ended, once more: an eventual read can be older than the answer to a call, and a call
//! that was shown as missed must not be shown as accepted later.

use super::super::row::{ListedMessage, MessageRow};
use crate::{
    base::{
        error::Result,
        id::{ConversationId, MessageId},
        rows,
    },
    context::Context,
    keys,
};
use jobline_store::Consistency;
use std::sync::Arc;

/// Reads those of `listed` again whose calls are over by time alone. They are few: a task records such an end soon after.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn confirm(
    cx: &Context,
    conversation: &ConversationId,
    listed: &mut [ListedMessage],
    now: u64,
) -> Result<()> {
    for one in listed {
        if !one.row.call.as_ref().is_some_and(|call| call.is_over_by_time(one.row.at, now)) {
            continue;
        }
        let Some(id) = MessageId::new(&one.row.id) else { continue };
        let stored = cx.db.get(&keys::message(conversation, &id), Consistency::Strong).await?;
        if let Some(call) = rows::live::<MessageRow>(stored.as_ref(), now)?.and_then(|row| row.call) {
            Arc::make_mut(&mut one.row).call = Some(call);
        }
    }
    Ok(())
}

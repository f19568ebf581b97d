//! Unread counts.

use super::row::ConversationRow;
use crate::{
    base::{error::Result, id::ConversationId},
    context::Context,
    keys,
    messages::row::MessageRow,
};
use jobline_store::{Consistency, Direction};

/// How many messages of others come after the point that `member` has read, and still exist.
pub(crate) async fn count(
    cx: &Context,
    id: &ConversationId,
    row: &ConversationRow,
    member: usize,
    now: u64,
) -> Result<u64> {
    let (unread, horizon) = (row.unread(member), cx.retention.horizon(now));
    if unread == 0 || row.members[member].read.at >= horizon {
        return Ok(unread);
    }
    // Some of the unread messages may have expired: those before the oldest that is kept.
    let after = horizon.saturating_sub(1);
    let oldest = keys::messages(id, after, u64::MAX, Direction::Ascending, 1, Consistency::Strong);
    let oldest: Option<MessageRow> = cx.db.decode_range(oldest).await?.pop();
    let sent = row.members[1 - member].sent;
    let expired = match oldest {
        Some(oldest) => oldest.written_by_others(member) - u64::from(oldest.from != member),
        None => sent,
    };
    Ok(sent.saturating_sub(expired.max(row.members[member].read_count)))
}

//! Messages without a cursor: the newest ones and older pages.

use super::{last_change::LogState, view::LogView};
use crate::{
    base::error::Result,
    context::Context,
    keys,
    messages::row::{ListedMessage, MessageRow},
};
use jobline_store::{Consistency, Direction};
use std::sync::Arc;

/// The oldest `limit` messages with `createdAt > after`, oldest first.
pub(crate) async fn after(cx: &Context, log: LogView<'_>, after: u64, limit: usize) -> Result<Vec<ListedMessage>> {
    let after = after.max(log.horizon(cx).saturating_sub(1));
    let end = log.row.log.at + 1;
    let range = keys::messages(log.id, after, end, Direction::Ascending, limit, Consistency::Strong);
    listed(cx, log, cx.memos.messages.range(&cx.db, range).await?).await
}

/// The newest `limit` messages with `createdAt < before` that exist, oldest first, and whether there are older ones.
pub(crate) async fn page(
    cx: &Context,
    log: LogView<'_>,
    before: u64,
    limit: usize,
) -> Result<(Vec<ListedMessage>, bool)> {
    let after = log.horizon(cx).saturating_sub(1);
    // Messages that arrived after the conversation was read are not part of the answer.
    let before = before.min(log.row.log.at + 1);
    let range = keys::messages(log.id, after, before, Direction::Descending, limit + 1, Consistency::Strong);
    let mut rows = cx.memos.messages.range(&cx.db, range).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    rows.reverse();
    Ok((listed(cx, log, rows).await?, has_more))
}

async fn listed(cx: &Context, log: LogView<'_>, rows: Vec<Arc<MessageRow>>) -> Result<Vec<ListedMessage>> {
    let state =
        LogState { id: log.id, viewer: log.viewer, watermarks: log.row.watermarks(), last: log.row.last_change_row };
    let updated = state.last_changes(&cx.db, &rows, Vec::new()).await?;
    Ok(rows.into_iter().zip(updated).map(|(row, updated)| ListedMessage { row, updated }).collect())
}

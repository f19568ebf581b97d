//! Reading a user's head.

use super::head::HeadRow;
use crate::{
    base::{error::Result, id::UserId},
    context::Context,
    keys,
};
use jobline_store::Consistency;

/// A user's head. A user in whose conversations nothing happened yet has an empty one.
pub(crate) async fn read_head(cx: &Context, me: &UserId, consistency: Consistency) -> Result<HeadRow> {
    let key = keys::head(me);
    let row = cx.db.get(&key, consistency).await?;
    row.map_or_else(|| Ok(HeadRow::default()), |row| cx.memos.heads.decode(&key, &row))
}

/// A user's head for a poll that continues from `version` and whose client was answered from the version `seen`: an
/// eventual read, followed by a strong one when the first is visibly stale or cannot tell what moved since.
pub(crate) async fn poll_head(cx: &Context, me: &UserId, version: u64, seen: u64) -> Result<HeadRow> {
    let head = read_head(cx, me, Consistency::Eventual).await?;
    if head.version < seen || !head.covers(version) {
        return read_head(cx, me, Consistency::Strong).await;
    }
    Ok(head)
}

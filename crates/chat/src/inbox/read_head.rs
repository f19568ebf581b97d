//! Reading a user's head.

use super::head::HeadRow;
use crate::{
    base::{error::Result, id::UserId},
    context::Context,
    keys,
};
use jobline_store::{Consistency, Key};

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

/// The versions of the heads of `users`, 0 for one in whose conversations nothing happened yet. An eventual read: a version
/// may be one of a moment ago.
pub(crate) async fn versions(cx: &Context, users: &[UserId]) -> Result<Vec<u64>> {
    let keys: Vec<Key> = users.iter().map(keys::head).collect();
    let rows = cx.db.get_many(&keys, Consistency::Eventual).await?;
    let version =
        |(key, row): (&Key, &Option<_>)| row.as_ref().map_or(Ok(0), |row| Ok(cx.memos.heads.decode(key, row)?.version));
    keys.iter().zip(&rows).map(version).collect()
}

//! Reading a user's head.

use super::head::HeadRow;
use crate::{
    base::{error::Result, id::UserId},
    context::Context,
    keys,
};
use jobline_store::{Consistency, Key};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A user's head. A user in whose conversations nothing happened yet has an empty one.
pub(crate) async fn read_head(cx: &Context, me: &UserId, consistency: Consistency) -> Result<Arc<HeadRow>> {
    let key = keys::head(me);
    let row = cx.db.get(&key, consistency).await?;
    row.map_or_else(|| Ok(Arc::default()), |row| cx.memos.heads.shared(&key, &row))
}

/// A user's head for a poll that continues from `version` and whose client was answered from the version `seen`: an
/// eventual read, followed by a strong one when the first is visibly stale or cannot tell what moved since.
pub(crate) async fn poll_head(cx: &Context, me: &UserId, version: u64, seen: u64) -> Result<Arc<HeadRow>> {
    let head = read_head(cx, me, Consistency::Eventual).await?;
    if head.version < seen || !head.covers(version) {
        return read_head(cx, me, Consistency::Strong).await;
    }
    Ok(head)
}

/// A number for each of `users` that is another one after something moved for them: the version of the head, 0 where nothing
/// happened yet; with how far those crews have come that are awake. Eventual reads: a number may be one of a moment ago.
pub(crate) async fn versions(cx: &Context, users: &[UserId]) -> Result<Vec<u64>> {
    let keys: Vec<Key> = users.iter().map(keys::head).collect();
    let rows = cx.db.get_many(&keys, Consistency::Eventual).await?;
    let heads = keys.iter().zip(&rows).map(|(key, row)| match row {
        Some(row) => cx.memos.heads.shared(key, row),
        None => Ok(Arc::default()),
    });
    let heads: Vec<Arc<HeadRow>> = heads.collect::<Result<_>>()?;
    let crews: BTreeSet<Key> =
        heads.iter().flat_map(|head| head.awake_crews()).map(|id| keys::conversation(&id)).collect();
    let crews: Vec<Key> = crews.into_iter().collect();
    let rows = cx.db.get_many(&crews, Consistency::Eventual).await?;
    let mut changes = BTreeMap::new();
    for (key, row) in crews.iter().zip(&rows) {
        let row = row.as_ref().map(|row| cx.memos.conversations.shared(key, row)).transpose()?;
        changes.insert(key, row.map_or(0, |row| row.log.change));
    }
    Ok(heads.iter().map(|head| version_of(head, &changes)).collect())
}

fn version_of(head: &HeadRow, changes: &BTreeMap<&Key, u64>) -> u64 {
    let crews = head.awake_crews().filter_map(|id| changes.get(&keys::conversation(&id)).copied());
    // A crew that moves and one that goes to sleep must not make up for each other.
    crews.fold(head.version, |version, change| version.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(change + 1))
}

//! Reading conversation rows.

use super::{parts, row::ConversationRow};
use crate::{
    base::{
        error::{Error, Result},
        id::ConversationId,
    },
    context::Context,
    keys,
};
use futures_util::{StreamExt, TryStreamExt, future::BoxFuture, stream};
use jobline_store::{Consistency, Key};
use std::sync::Arc;

/// For how many crews the other rows are read concurrently.
const CREWS_AT_ONCE: usize = 8;

/// The row of one conversation. An eventual read that finds nothing is repeated as a strong one.
///
/// # Errors
/// `not_found`, `unavailable`.
pub(crate) async fn one(cx: &Context, id: &ConversationId, consistency: Consistency) -> Result<ConversationRow> {
    Ok(Arc::unwrap_or_clone(shared(cx, id, consistency).await?))
}

/// [`one`], for those who only look at it.
///
/// # Errors
/// As [`one`].
pub(crate) async fn shared(
    cx: &Context,
    id: &ConversationId,
    consistency: Consistency,
) -> Result<Arc<ConversationRow>> {
    let key = keys::conversation(id);
    let mut row = cx.db.get(&key, consistency).await?;
    if row.is_none() && consistency == Consistency::Eventual {
        row = cx.db.get(&key, Consistency::Strong).await?;
    }
    let row = row.ok_or_else(|| Error::not_found("conversation"))?;
    let row = cx.memos.conversations.shared(&key, &row)?;
    match row.crew {
        Some(_) => Ok(Arc::new(Box::pin(parts::complete(cx, id, Arc::unwrap_or_clone(row))).await?)),
        None => Ok(row),
    }
}

/// The rows of conversations, in the order of `ids`, without those that do not exist.
pub(crate) async fn many(cx: &Context, ids: Vec<ConversationId>) -> Result<Vec<(ConversationId, ConversationRow)>> {
    let wanted: Vec<Key> = ids.iter().map(keys::conversation).collect();
    let found = cx.db.get_many(&wanted, Consistency::Strong).await?;
    let rows = ids.into_iter().zip(&wanted).zip(found).filter_map(|(name, row)| Some((name, row?)));
    let mut reads: Vec<BoxFuture<'_, Result<(ConversationId, ConversationRow)>>> = Vec::with_capacity(wanted.len());
    for ((id, key), row) in rows {
        let row = cx.memos.conversations.decode(key, &row)?;
        reads.push(Box::pin(async move {
            let row = parts::complete(cx, &id, row).await?;
            Ok((id, row))
        }));
    }
    stream::iter(reads).buffered(CREWS_AT_ONCE).try_collect().await
}

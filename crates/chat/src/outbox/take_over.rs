//! Leases of a process that has ended, where no other one can have them.

use super::{
    channel::Channel,
    failed,
    row::{ProgressRow, RedeliveryRow},
};
use crate::{base::error::Result, base::rows, context::Context, keys};
use jobline_store::{Condition, Consistency, Key, Range, Row};

/// How many pages of rows are looked through at most: a start must not wait for a long list of what waits. What is behind
/// them is due when its lease ends.
const PAGES: usize = 20;

/// Ends the leases of conversations and of events that are delivered again. The wait after a failure goes on.
///
/// # Errors
/// `unavailable`: the rest is due when its leases end.
pub(crate) async fn end_leases(cx: &Context) -> Result<()> {
    for channel in cx.channels() {
        end_in(cx, channel, keys::outbox_rows(channel)).await?;
        end_in(cx, channel, keys::due_unread(channel, cx.now())).await?;
    }
    Ok(())
}

/// Ends those of what the rows of `range` name.
async fn end_in(cx: &Context, channel: Channel, mut range: Range) -> Result<()> {
    for _ in 0..PAGES {
        let page = cx.db.page(&range).await?;
        let (events, conversations): (Vec<_>, Vec<_>) =
            page.rows.into_iter().partition(|(key, _)| failed::is_id(&key.sort));
        for (key, found) in &events {
            end_of_event(cx, key, found).await?;
        }
        let progress =
            |(key, _): &(Key, Row)| Some(keys::delivery_progress(channel, &keys::conversation_of_outbox(key)?));
        let progress: Vec<Key> = conversations.iter().filter_map(progress).collect();
        let found = cx.db.get_many(&progress, Consistency::Strong).await?;
        for (key, found) in progress.iter().zip(found) {
            if let Some(found) = found {
                end_of_conversation(cx, key, &found).await?;
            }
        }
        match page.next {
            Some(next) => range = range.after(&next),
            None => break,
        }
    }
    Ok(())
}

async fn end_of_conversation(cx: &Context, key: &Key, found: &Row) -> Result<()> {
    let row: ProgressRow = rows::decode(found)?;
    if row.not_before <= cx.now() || row.failures > 0 {
        return Ok(());
    }
    put(cx, key, found, &rows::encode(&ProgressRow { not_before: 0, ..row })).await
}

async fn end_of_event(cx: &Context, key: &Key, found: &Row) -> Result<()> {
    let row: RedeliveryRow = rows::decode(found)?;
    if row.not_before <= cx.now() {
        return Ok(());
    }
    put(cx, key, found, &rows::encode(&RedeliveryRow { not_before: 0, ..row })).await
}

async fn put(cx: &Context, key: &Key, found: &Row, row: &[u8]) -> Result<()> {
    let commit = cx.db.begin().put(key.clone(), Condition::Version(found.version), row.to_vec(), None);
    let _ended_unless_it_changed = cx.db.commit(commit).await?;
    Ok(())
}

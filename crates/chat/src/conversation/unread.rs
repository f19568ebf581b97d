//! Unread counts.

use super::{row::ConversationRow, watermarks::Watermark};
use crate::{
    base::{error::Result, id::ConversationId},
    context::Context,
    keys,
    log::view::LogView,
    messages::row::MessageRow,
};
use jobline_store::{Consistency, Direction};

/// How many messages are read at once in search of deleted ones.
const PAGE: usize = 100;

/// How many messages of others come after the point that `member` has read, and still exist.
pub(crate) async fn count(
    cx: &Context,
    id: &ConversationId,
    row: &ConversationRow,
    member: usize,
    now: u64,
) -> Result<u64> {
    let (unread, horizon) = (row.unread(member), cx.retention.horizon(now));
    let mine = row.members[member].read;
    // Of those who have left a crew deletions are not counted, so that these do not grow with everybody who ever was in.
    if unread == 0 || (mine.at >= horizon && row.is_in(member)) {
        return Ok(unread);
    }
    if row.crew.is_some() {
        let from = Watermark { at: mine.at.max(horizon.saturating_sub(1)), ..mine };
        let counts = |row: &MessageRow| row.counts_for(member) && row.deleted.is_none();
        return count_between(cx, id, from, row.log.last_message(), counts).await;
    }
    // Some of the unread messages may have expired: those before the oldest that is kept.
    let after = horizon.saturating_sub(1);
    let oldest = keys::messages(id, after, u64::MAX, Direction::Ascending, 1, Consistency::Strong);
    let oldest: Option<MessageRow> = cx.db.decode_range(oldest).await?.pop();
    let Some(oldest) = oldest else { return Ok(0) };
    let expired = oldest.counted_for(member) - u64::from(oldest.counts_for(member));
    let deleted = match row.members[member].unread_deleted {
        0 => 0,
        _ => {
            let kept = Watermark { number: oldest.number - 1, at: oldest.at - 1 };
            let from = kept.max(row.members[member].read);
            deleted_between(cx, id, member, from, row.log.last_message()).await?
        }
    };
    let gone = expired.max(row.members[member].read_count) + deleted;
    Ok(row.counted_for(member).saturating_sub(gone))
}

/// How many messages after `from` and up to `to` count as unread for `member`, but were deleted. Reads all messages
/// between the two, so callers ask only where the conversation's row knows of any.
pub(crate) async fn deleted_between(
    cx: &Context,
    id: &ConversationId,
    member: usize,
    from: Watermark,
    to: Watermark,
) -> Result<u64> {
    count_between(cx, id, from, to, |row| row.deleted.is_some() && row.counts_for(member)).await
}

/// How many messages up to `message` count as unread for the viewer of `log` until they have read them. In a crew it may
/// read all messages after it.
pub(crate) async fn counted_up_to(cx: &Context, log: LogView<'_>, message: &MessageRow) -> Result<u64> {
    if log.row.crew.is_none() {
        return Ok(message.counted_for(log.viewer));
    }
    let mine = &log.row.members[log.viewer];
    let own = if message.from.is(log.viewer) {
        message.ordinal
    } else if message.number == log.row.log.number || (log.row.crew.is_none() && mine.last <= message.number) {
        mine.sent
    } else {
        let from = Watermark { number: message.number, at: message.at };
        let after = count_between(cx, log.id, from, log.row.log.last_message(), |row| row.from.is(log.viewer)).await?;
        mine.sent.saturating_sub(after)
    };
    Ok(message.number.saturating_sub(message.host.events + own))
}

/// How many messages after `from` and up to `to` are as `counts` says.
async fn count_between(
    cx: &Context,
    id: &ConversationId,
    from: Watermark,
    to: Watermark,
    counts: impl Fn(&MessageRow) -> bool,
) -> Result<u64> {
    let (mut count, mut after) = (0, from.at);
    loop {
        let range = keys::messages(id, after, to.at + 1, Direction::Ascending, PAGE, Consistency::Strong);
        let rows: Vec<MessageRow> = cx.db.decode_range(range).await?;
        count += rows.iter().map(|row| u64::from(counts(row))).sum::<u64>();
        match rows.last() {
            Some(last) if rows.len() == PAGE => after = last.at,
            _ => return Ok(count),
        }
    }
}

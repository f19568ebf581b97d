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

/// For each of `members`, how many messages of others come after the point that they have read, and still exist.
pub(crate) async fn counts(
    cx: &Context,
    id: &ConversationId,
    row: &ConversationRow,
    members: &[usize],
    now: u64,
) -> Result<Vec<u64>> {
    let horizon = cx.retention.horizon(now);
    // For former members of a crew deletions are not counted, so that a deletion does not cost more with every former
    // member.
    let is_known = |member: usize| row.members[member].read.at >= horizon && row.is_in(member);
    let mut counts: Vec<u64> = members.iter().map(|member| row.unread(*member)).collect();
    let asked = members.iter().zip(&mut counts).filter(|(member, count)| **count > 0 && !is_known(**member));
    let asked: Vec<(usize, &mut u64)> = asked.map(|(member, count)| (*member, count)).collect();
    if row.crew.is_some() {
        count_in_crew(cx, id, row, asked, horizon).await?;
    } else {
        for (member, count) in asked {
            *count = count_in_pair(cx, id, row, member, horizon).await?;
        }
    }
    Ok(counts)
}

/// [`counts`] of one member.
pub(crate) async fn count(
    cx: &Context,
    id: &ConversationId,
    row: &ConversationRow,
    member: usize,
    now: u64,
) -> Result<u64> {
    Ok(counts(cx, id, row, &[member], now).await?.pop().unwrap_or_default())
}

/// Counts for members some of whose unread messages may have expired. For those who wrote nothing since they read, from the
/// numbers of the oldest message that is kept; for the others by reading all messages that are kept, once for all of them.
async fn count_in_crew(
    cx: &Context,
    id: &ConversationId,
    row: &ConversationRow,
    asked: Vec<(usize, &mut u64)>,
    horizon: u64,
) -> Result<()> {
    if asked.is_empty() {
        return Ok(());
    }
    let (kept, end) = (horizon.saturating_sub(1), row.log.at + 1);
    let oldest = keys::messages(id, kept, end, Direction::Ascending, 1, Consistency::Strong);
    let oldest: Option<MessageRow> = cx.db.decode_range(oldest).await?.pop();
    let mut rest = Vec::new();
    for (member, count) in asked {
        *count = 0;
        let Some(oldest) = &oldest else { continue };
        let mine = row.members[member];
        let before = oldest.host.events - u64::from(oldest.is_event());
        let events = row.host.events.saturating_sub(before);
        // After the read watermark: their own messages and events, which are not counted as unread.
        let uncounted = (mine.sent + row.host.events).saturating_sub(mine.read.number.saturating_sub(mine.read_count));
        let wrote_nothing = mine.sent == 0 || uncounted == events;
        if mine.read.at < horizon && row.is_in(member) && mine.unread_deleted == 0 && wrote_nothing {
            *count = (row.log.number + 1).saturating_sub(oldest.number + events);
        } else {
            rest.push((member, mine.read.at.max(kept), count));
        }
    }
    let Some(mut after) = rest.iter().map(|(_, from, _)| *from).min() else { return Ok(()) };
    loop {
        let range = keys::messages(id, after, end, Direction::Ascending, PAGE, Consistency::Strong);
        let rows: Vec<MessageRow> = cx.db.decode_range(range).await?;
        for message in rows.iter().filter(|message| message.deleted.is_none()) {
            for (member, from, count) in &mut rest {
                **count += u64::from(message.at > *from && message.counts_for(*member));
            }
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE => after = last.at,
            _ => return Ok(()),
        }
    }
}

/// Counts for a member of a pair some of whose unread messages may have expired: those before the oldest that is kept.
async fn count_in_pair(
    cx: &Context,
    id: &ConversationId,
    row: &ConversationRow,
    member: usize,
    horizon: u64,
) -> Result<u64> {
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

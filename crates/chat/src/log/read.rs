//! Reading the log of a conversation from a position on, without a gap and without a repetition.
//!
//! New messages are in their own rows, all other changes in change rows; both carry their number in the log. A reader
//! merges the two and accepts only what follows its position number by number, so stale or short pages do no harm: what
//! is missing ends the answer, and the next one continues there.
//!
//! A series of answers that leads up to the end of the log shows each message once, at its first change, and in its
//! state at that end: see [`Snapshot`](super::cursor::Snapshot). Later changes are another series.

use super::{
    change::ChangeRow,
    cursor::LogCursor,
    locate,
    merge::{self, Fetched, Segment},
    position::ChangeAt,
    view::LogView,
};
use crate::{base::error::Result, context::Context, keys, messages::row::MessageRow};
use futures_util::try_join;
use jobline_store::{Consistency, Direction};
use std::sync::Arc;

/// At most `limit` messages that changed after `from`. `None` when the next change is not kept any more, or `from` is not of
/// this log: the store was restored to an earlier state.
pub(crate) async fn read_log(
    cx: &Context,
    log: LogView<'_>,
    mut from: LogCursor,
    limit: usize,
) -> Result<Option<Segment>> {
    let begin = log.row.begins_for(log.viewer);
    if from.position.change < begin.change {
        // A member who came back to a crew sees nothing of what was written meanwhile.
        from = LogCursor::at(begin);
    }
    if !from.may_be_of(log.row) {
        return Ok(None);
    }
    if let Some(shown) = from.shown.filter(|_| log.follows())
        && !has_change(cx, log, shown).await?
    {
        return Ok(None);
    }
    if from.position.change >= log.row.log.change {
        let watermarks = log.row.watermarks();
        return Ok(Some(Segment { listed: Vec::new(), renamed: Vec::new(), cursor: from, watermarks }));
    }
    // A stale message row would show a message without a change of it that the series passes. The conversation's row knows
    // of all of them, unless it is older itself than the one that the series began with.
    let knows_series = from.snapshot.is_none_or(|snapshot| snapshot.change <= log.row.log.change);
    let untouched = log.row.last_touch <= from.position.change;
    let first = if knows_series && untouched { Consistency::Eventual } else { Consistency::Strong };
    for consistency in [first, Consistency::Strong] {
        let Some(fetched) = fetch(cx, log, &from, limit, consistency).await? else { return Ok(None) };
        let segment = merge::merge(cx, log, &from, limit, fetched).await?;
        if segment.cursor != from {
            return Ok(Some(segment));
        }
    }
    Ok(None)
}

/// Whether `shown` is a change of this log. One that is not kept any more is none.
async fn has_change(cx: &Context, log: LogView<'_>, shown: ChangeAt) -> Result<bool> {
    let end = log.row.log.change;
    if let Some(at) = log.row.last_changed().filter(|_| shown.change >= end) {
        return Ok(shown == ChangeAt { change: end, at });
    }
    if log.row.last_change_row >= shown.change {
        let change: Vec<ChangeRow> = cx.db.decode_range(keys::changes(log.id, shown.change, 1)).await?;
        if let Some(change) = change.first().filter(|change| change.number == shown.change) {
            return Ok(change.at == shown.at);
        }
    }
    let message = locate::message_at(cx, log.id, shown.at).await?;
    Ok(message.is_some_and(|message| message.change == shown.change))
}

/// The messages and the other changes that follow the position of `cursor`, read at the same time. `None` when they show that
/// it is not of this log: of a restored one everything is younger than the cursor that came again to its number.
async fn fetch(
    cx: &Context,
    log: LogView<'_>,
    cursor: &LogCursor,
    limit: usize,
    consistency: Consistency,
) -> Result<Option<Fetched>> {
    let from = cursor.position;
    let after = from.at.max(log.horizon(cx).saturating_sub(1));
    // An eventual read may lack the message that took the number of the last one in a restored store. So it has to have that.
    let reads_last = consistency == Consistency::Eventual && cursor.changed == Some(from.at) && after == from.at;
    let messages = async {
        if log.row.log.number == from.number {
            return Ok(Vec::new());
        }
        let (after, limit) = if reads_last { (after - 1, limit + 1) } else { (after, limit) };
        let range = keys::messages(log.id, after, u64::MAX, Direction::Ascending, limit, consistency);
        cx.memos.messages.range(&cx.db, range).await
    };
    let changes = async {
        if log.row.last_change_row <= from.change {
            return Ok(Vec::new());
        }
        // With the change that the cursor has last, to see that it is the same one.
        cx.db.decode_range::<ChangeRow>(keys::changes(log.id, from.change, limit + 1)).await
    };
    let (mut messages, mut changes) = try_join!(messages, changes)?;
    if reads_last && !messages.is_empty() {
        let last = messages.remove(0);
        if last.at != from.at || last.change != from.change {
            // Nothing is taken of this read, so a strong one follows.
            return Ok(Some(Fetched { messages: Vec::new(), changes: Vec::new() }));
        }
    }
    let is_other = |row: &Arc<MessageRow>| row.change <= from.change || row.number <= from.number;
    if messages.first().is_some_and(is_other) {
        return Ok(None);
    }
    if let Some(last) = changes.first().filter(|change| change.number == from.change) {
        if cursor.changed.is_some_and(|changed| changed != last.at) {
            return Ok(None);
        }
        changes.remove(0);
    }
    Ok(Some(Fetched { messages, changes }))
}

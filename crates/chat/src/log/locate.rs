//! The position of an instant in the log of a conversation.

use super::{change::ChangeRow, position::Position, view::LogView};
use crate::{
    base::{error::Result, id::ConversationId},
    context::Context,
    keys,
    messages::row::MessageRow,
};
use jobline_store::{Consistency, Direction};

/// How many change rows are read at once after the last message before the instant.
const CHANGES_PAGE: usize = 100;

/// The message that was accepted at exactly `at`, read strongly. No two messages of a conversation have one time, so it is the one
/// that a cursor or a receipt names, or the store was restored to an earlier state.
pub(crate) async fn message_at(cx: &Context, id: &ConversationId, at: u64) -> Result<Option<MessageRow>> {
    let range = keys::messages(id, at.saturating_sub(1), at + 1, Direction::Ascending, 1, Consistency::Strong);
    Ok(cx.db.decode_range(range).await?.pop())
}

/// The last position in the log at which nothing had happened after `instant`.
pub(crate) async fn instant(cx: &Context, log: LogView<'_>, instant: u64) -> Result<Position> {
    let LogView { id, row, .. } = log;
    if instant >= row.updated {
        return Ok(row.log);
    }
    let horizon = log.horizon(cx);
    if instant < horizon {
        return before_oldest(cx, log).await;
    }
    let last = keys::messages(id, 0, instant + 1, Direction::Descending, 1, Consistency::Strong);
    let last: Option<MessageRow> = cx.db.decode_range(last).await?.pop();
    match last.filter(|message| message.at >= horizon) {
        Some(last) => {
            let position = Position { change: last.change, number: last.number, at: last.at };
            past_changes(cx, id, position, instant).await
        }
        None => before_oldest(cx, log).await,
    }
}

/// The position after those changes that follow the message at `position` and happened up to `instant`.
async fn past_changes(cx: &Context, id: &ConversationId, mut position: Position, instant: u64) -> Result<Position> {
    loop {
        let changes: Vec<ChangeRow> = cx.db.decode_range(keys::changes(id, position.change + 1, CHANGES_PAGE)).await?;
        let begin = position.change;
        for change in changes {
            if change.number != position.change + 1 || change.at > instant {
                return Ok(position);
            }
            position.change = change.number;
        }
        if position.change == begin {
            return Ok(position);
        }
    }
}

/// The position before the oldest message that is shown.
pub(crate) async fn before_oldest(cx: &Context, log: LogView<'_>) -> Result<Position> {
    let LogView { id, row, .. } = log;
    let after = log.horizon(cx).saturating_sub(1);
    let oldest = keys::messages(id, after, u64::MAX, Direction::Ascending, 1, Consistency::Strong);
    let oldest: Option<MessageRow> = cx.db.decode_range(oldest).await?.pop();
    Ok(oldest.map_or(row.log, |message| Position {
        change: message.change - 1,
        number: message.number - 1,
        at: message.at - 1,
    }))
}

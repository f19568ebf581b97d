//! `list`: the messages of one conversation, from the newest back or from a cursor on.

use super::{render, row::ListedMessage};
use crate::{
    base::{
        cursor::Since,
        error::{Error, Result},
        id::{ConversationId, MessageId, UserId},
        text,
    },
    context::Context,
    conversation::{access, parts, read, receipts, row::ConversationRow, watermarks::Watermarks},
    log::{cursor::LogCursor, history, locate, position::Position, read::read_log, view::LogView},
};
use jobline_store::Consistency;
use jobline_wire::{ListMessages, Messages};
use std::sync::Arc;

/// One answer, before its messages are rendered.
struct Page {
    listed: Vec<ListedMessage>,
    watermarks: Watermarks,
    has_more: bool,
    cursor: LogCursor,
    reset: bool,
}

/// The messages of a conversation: without `since` the newest, with it what changed. One read when nothing did.
///
/// # Errors
/// `invalid_request`, `invalid_cursor`, `not_found`, `unavailable`.
pub(crate) async fn list(cx: &Context, me: &UserId, input: ListMessages) -> Result<Messages> {
    let limit = text::limit(input.limit)?;
    let (id, viewer, crew) = access::with_crew(cx, me, &input.conversation_id).await?;
    let since = cx.sealer.open::<LogCursor>(input.since.as_deref(), me, id.as_str())?;
    let before = input.before.as_deref().map(parse_before).transpose()?;
    let now = cx.now();
    if let Some(before) = before {
        if let Since::Instant(_) = since {
            return Err(Error::invalid("since", "Together with before, since is the cursor to keep, not a time."));
        }
        // A future of its own, as are those below: the one of an idle poll, which needs none of them, stays small.
        return Box::pin(async {
            let row = match crew {
                Some(crew) => with_marks(cx, &id, crew).await?,
                None => read::one(cx, &id, Consistency::Strong).await?,
            };
            let row = row.viewed_by(viewer);
            let log = LogView { id: &id, row: &row, viewer, now };
            render(cx, me, log, older(cx, log, before, limit).await?, input.since).await
        })
        .await;
    }
    let row = match crew.map(|crew| crew.viewed_by(viewer)) {
        // It was read strongly: an old row may lack a newcomer, or what hides the log before them.
        Some(crew) if is_at_end(&since, &crew) => Arc::new(crew),
        Some(crew) => Arc::new(Box::pin(with_marks(cx, &id, crew)).await?.viewed_by(viewer)),
        // Nobody leaves a pair: both see it as it is.
        None => current(cx, &id, viewer, &since).await?,
    };
    let log = LogView { id: &id, row: &row, viewer, now };
    let page = match unchanged(log, &since) {
        Some(page) => page,
        None => Box::pin(changes(cx, log, &since, limit)).await?,
    };
    // If nothing is new, the cursor that came in is answered as it is, sealed already.
    let is_same = matches!(&since, Since::Cursor(cursor) if *cursor == page.cursor);
    let unmoved = input.since.filter(|_| is_same);
    render(cx, me, log, page, unmoved).await
}

/// Whether the cursor is at the end of the log of `row`: nothing is to be shown.
fn is_at_end(since: &Since<LogCursor>, row: &ConversationRow) -> bool {
    matches!(since, Since::Cursor(cursor) if cursor.position.change == row.log.change && cursor.is_of(row))
}

/// The row of a crew with how far its members have read, from which the statuses of messages follow.
async fn with_marks(cx: &Context, id: &ConversationId, mut crew: ConversationRow) -> Result<ConversationRow> {
    parts::add_marks(cx, id, &mut crew).await?;
    Ok(crew)
}

/// The row of a pair, after what the cursor proves was recorded as delivered, if it could be.
async fn current(
    cx: &Context,
    id: &ConversationId,
    viewer: usize,
    since: &Since<LogCursor>,
) -> Result<Arc<ConversationRow>> {
    let Since::Cursor(cursor) = since else {
        let snapshot = *since == Since::Start;
        let consistency = if snapshot { Consistency::Strong } else { Consistency::Eventual };
        return read::shared(cx, id, consistency).await;
    };
    let mut row = read::shared(cx, id, Consistency::Eventual).await?;
    if cursor.is_beyond(&row) {
        row = read::shared(cx, id, Consistency::Strong).await?;
    }
    if row.is_undelivered(viewer, cursor.position.number) && cursor.is_of(&row) {
        // If it cannot be recorded now, the next cursor proves the same.
        let delivered = Box::pin(receipts::try_deliver(cx, id, viewer, cursor.position.last_message())).await?;
        row = delivered.map_or(row, Arc::new);
    }
    Ok(row)
}

/// What [`changes`] finds when the cursor is at the end of the log, without a read.
fn unchanged(log: LogView<'_>, since: &Since<LogCursor>) -> Option<Page> {
    let Since::Cursor(cursor) = since else { return None };
    is_at_end(since, log.row).then(|| Page {
        listed: Vec::new(),
        watermarks: log.row.watermarks(),
        has_more: cursor.snapshot.is_some(),
        cursor: cursor.clone(),
        reset: false,
    })
}

async fn changes(cx: &Context, log: LogView<'_>, since: &Since<LogCursor>, limit: usize) -> Result<Page> {
    let from = match since {
        Since::Start => return newest(cx, log, limit, false).await,
        Since::Instant(instant) => {
            let cursor = LogCursor::at(locate::instant(cx, log, *instant).await?);
            if cursor.position.change > log.row.log.change {
                // It is located by strong reads, and may be after what the conversation's row knows.
                let watermarks = log.row.watermarks();
                return Ok(Page { listed: Vec::new(), watermarks, has_more: false, cursor, reset: false });
            }
            cursor
        }
        // The row was read strongly: a series does not lead beyond it.
        Since::Cursor(cursor) if cursor.is_beyond(log.row) => return newest(cx, log, limit, true).await,
        Since::Cursor(cursor) => cursor.clone(),
    };
    match read_log(cx, log, from, limit).await? {
        Some(segment) => Ok(Page {
            has_more: segment.has_more(log.row),
            listed: segment.listed,
            watermarks: segment.watermarks,
            cursor: segment.cursor,
            reset: false,
        }),
        None => newest(cx, log, limit, true).await,
    }
}

async fn newest(cx: &Context, log: LogView<'_>, limit: usize, reset: bool) -> Result<Page> {
    let (listed, has_more) = history::page(cx, log, u64::MAX, limit).await?;
    let mut cursor = LogCursor::at_end(log.row);
    cursor.show(listed.iter().map(|one| &*one.row), log.row.log.change, log.is_over_at());
    Ok(Page { listed, watermarks: log.row.watermarks(), has_more, cursor, reset })
}

/// A page of messages before the instant `before`. Its cursor is right after them, so that a client that polls with it
/// misses nothing.
async fn older(cx: &Context, log: LogView<'_>, before: u64, limit: usize) -> Result<Page> {
    let (listed, has_more) = history::page(cx, log, before, limit).await?;
    let position = listed.last().map_or_else(Position::default, |ListedMessage { row, .. }| Position {
        change: row.change,
        number: row.number,
        at: row.at,
    });
    let cursor = LogCursor::at(position);
    Ok(Page { listed, watermarks: log.row.watermarks(), has_more, cursor, reset: false })
}

/// `page` with `cursor`, or with its own where there is none.
async fn render(cx: &Context, me: &UserId, log: LogView<'_>, page: Page, cursor: Option<String>) -> Result<Messages> {
    let messages = match page.listed.is_empty() {
        true => Vec::new(),
        false => Box::pin(render::of_log(cx, log, page.watermarks, page.listed)).await?,
    };
    Ok(Messages {
        messages,
        has_more: page.has_more,
        cursor: cursor.unwrap_or_else(|| cx.sealer.seal(&page.cursor, me, log.id.as_str())),
        next_poll_ms: cx.polling.next_poll_ms(log.row.updated, log.now),
        reset: page.reset.then_some(true),
    })
}

/// `createdAt` of the message that `before` names.
fn parse_before(text: &str) -> Result<u64> {
    let id = MessageId::new(text);
    id.map(|id| id.at_ms())
        .ok_or_else(|| Error::invalid("before", "before is not a message id: message_<ms>_<nanoid>."))
}

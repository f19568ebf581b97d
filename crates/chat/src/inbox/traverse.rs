//! The traversal of all of a user's conversations, in the order of their ids: a `sync` from an instant. Older servers
//! answered a `sync` without a cursor in the same way, and their cursors are still accepted.

use super::{
    answer::{Answer, Request, Taken, newest, of_mine},
    cursor::{ConversationCursor, Paging, SyncCursor, Traversal, fingerprint},
    moves::Moves,
    read_head::read_head,
};
use crate::{
    base::error::Result,
    context::Context,
    keys,
    log::{cursor::LogCursor, locate, view::LogView},
};
use jobline_store::Consistency;
use jobline_wire::Synced;
use std::collections::HashMap;

/// Begins a traversal of what changed after `since`. What moves meanwhile has a later version than the cursor, so the
/// polls that follow answer it.
pub(super) async fn begin(cx: &Context, request: Request<'_>, since: u64) -> Result<Synced> {
    let version = read_head(cx, request.me, Consistency::Strong).await?.version;
    let traversal = Traversal { since, ..Traversal::default() };
    resume(cx, request, SyncCursor { version, ..SyncCursor::default() }, traversal).await
}

/// Continues the `traversal` of a cursor.
pub(super) async fn resume(
    cx: &Context,
    request: Request<'_>,
    cursor: SyncCursor,
    mut traversal: Traversal,
) -> Result<Synced> {
    let mut answer = Answer::from(cursor);
    let after = Some(traversal.after.as_str()).filter(|after| !after.is_empty());
    let page = cx.db.range(keys::memberships(request.me, after, request.limit + 1)).await?;
    let found = of_mine(cx, request.me, keys::named_conversations(&page)).await?;
    // Read after the conversations: it knows whatever in them is newer than the cursor's version.
    let head = read_head(cx, request.me, Consistency::Strong).await?;
    let moved = Moves::after(cx, request.me, &head, answer.cursor.version).await?;
    let mut cursors: HashMap<u64, ConversationCursor> =
        answer.cursor.conversations.iter().map(|one| (one.conversation, one.clone())).collect();
    answer.has_more = page.len() > request.limit;
    for (id, row) in &found {
        let fingerprint = fingerprint(id.as_str());
        let mut cursor = cursors.get(&fingerprint).cloned();
        let log = request.view(id, row);
        let taken = match traversal.since {
            0 => visit_newest(cx, request, log, &mut cursor, &mut answer).await?,
            since => visit_since(cx, request, log, &mut cursor, since, &mut answer).await?,
        };
        let in_progress = taken != Taken::All;
        cursors.extend(cursor.map(|cursor| (fingerprint, ConversationCursor { in_progress, ..cursor })));
        if in_progress {
            answer.has_more = true;
            break;
        }
        traversal.after = id.as_str().to_owned();
    }
    // A conversation that has not moved meanwhile was read to its end: when it moves, its entry in the window has where it was.
    let mut window = head.window_by_fingerprint();
    // While a crew is awake the window has no entry of it.
    window.extend(head.awake_crews().map(|id| (fingerprint(id.as_str()), id)));
    let needed = |one: &ConversationCursor| {
        let has_moved = moved.may_have(one.conversation);
        let is_ahead = !one.cursor.ahead.is_empty() || one.cursor.shown.is_some();
        one.proves_delivery || one.in_progress || is_ahead || has_moved || window.contains_key(&one.conversation)
    };
    answer.cursor.conversations = cursors.into_values().filter(needed).collect();
    answer.cursor.see(head.stamp());
    answer.cursor.paging = if answer.has_more { Paging::Through(traversal) } else { Paging::Done };
    answer.finish(cx, request, head.at).await
}

/// The newest messages of one conversation. `cursor` is set once there was room for it.
async fn visit_newest(
    cx: &Context,
    request: Request<'_>,
    log: LogView<'_>,
    cursor: &mut Option<ConversationCursor>,
    answer: &mut Answer,
) -> Result<Taken> {
    let wanted = request.limit.min(usize::try_from(log.row.log.number).unwrap_or(usize::MAX));
    if answer.room(request.limit) < wanted {
        return Ok(Taken::Part);
    }
    let (end, messages) = newest(cx, log, request.limit).await?;
    answer.push(log, messages);
    *cursor = Some(end);
    Ok(Taken::All)
}

/// What changed in one conversation after `since`. `cursor` is how far the client has read it, `None` before the first
/// visit.
async fn visit_since(
    cx: &Context,
    request: Request<'_>,
    log: LogView<'_>,
    cursor: &mut Option<ConversationCursor>,
    since: u64,
    answer: &mut Answer,
) -> Result<Taken> {
    let at = |position| ConversationCursor::new(log.id.as_str(), LogCursor::at(position));
    let mut reached = match cursor.take() {
        Some(cursor) => cursor,
        None => at(locate::instant(cx, log, since).await?),
    };
    let mut taken = answer.take(cx, request, log, &mut reached).await?;
    if taken == Taken::Lost {
        // What comes next is not kept any more. The oldest message that is kept comes after it, so none is left out.
        let oldest = locate::before_oldest(cx, log).await?;
        if oldest.change > reached.cursor.position.change {
            reached = at(oldest);
            taken = answer.take(cx, request, log, &mut reached).await?;
        }
    }
    *cursor = Some(reached);
    Ok(if taken == Taken::Lost { Taken::All } else { taken })
}

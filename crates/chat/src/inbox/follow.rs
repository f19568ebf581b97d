//! What moved since a cursor of `sync`.

use super::{
    answer::{Answer, Request, Taken},
    cursor::{ConversationCursor, SyncCursor, fingerprint},
    head::HeadRow,
};
use crate::{
    base::{error::Result, id::ConversationId},
    context::Context,
    conversation::read,
    log::cursor::LogCursor,
};
use jobline_wire::Synced;
use std::collections::HashMap;

/// What moved after the cursor's version, the first move first. `None` when some of it is not kept any more.
pub(super) async fn moved(
    cx: &Context,
    request: Request<'_>,
    head: &HeadRow,
    cursor: SyncCursor,
) -> Result<Option<Synced>> {
    let moved: Vec<_> = head.after(cursor.version).collect();
    let ids: Vec<_> = moved.iter().filter_map(|one| ConversationId::new(&one.conversation)).collect();
    let rows = if ids.is_empty() { Vec::new() } else { read::many(cx, ids).await? };
    let rows: HashMap<&str, _> = rows.iter().map(|(id, row)| (id.as_str(), (id, row))).collect();
    let mut cursors = conversation_cursors(head, &cursor);
    let mut answer = Answer::from(cursor);
    for one in moved {
        let Some((id, row)) = rows.get(one.conversation.as_str()) else { continue };
        let Some(cursor) = cursors.get_mut(&fingerprint(&one.conversation)) else { continue };
        match answer.take(cx, request, request.view(id, row), cursor).await? {
            Taken::All => answer.cursor.version = one.version,
            Taken::Part => {
                answer.has_more = true;
                break;
            }
            Taken::Lost => return Ok(None),
        }
    }
    if !answer.has_more {
        answer.cursor.version = head.version;
    }
    answer.cursor.seen = head.version;
    answer.cursor.conversations = cursors.into_values().collect();
    answer.finish(cx, request, head.at).await.map(Some)
}

/// How far the client has read each conversation that the next poll may be about: as its cursor says. Where the cursor
/// says nothing, the conversation had not moved when the cursor was made, so the client has read it up to where it was
/// before it entered the window.
fn conversation_cursors(head: &HeadRow, cursor: &SyncCursor) -> HashMap<u64, ConversationCursor> {
    let window =
        head.window.iter().map(|moved| ConversationCursor::new(&moved.conversation, LogCursor::at(moved.from)));
    let mut cursors: HashMap<u64, ConversationCursor> = window.map(|one| (one.conversation, one)).collect();
    for one in &cursor.conversations {
        // A conversation that has left the window has not moved since, or the cursor is too old by now.
        let unfinished = one.cursor.within > 0 || one.cursor.snapshot.is_some();
        if one.proves_delivery || unfinished || cursors.contains_key(&one.conversation) {
            cursors.insert(one.conversation, *one);
        }
    }
    cursors
}

//! `sync`: all that changed for a user, in every conversation, in one poll.
//!
//! The user's head tells which conversations moved since a version. The cursor tells how far the client has read each
//! of those that moved lately; for the others the head does. Each is then read like a list of its own (`follow.rs`).
//! Without a cursor, or with one that is too old, a traversal of all conversations answers the newest messages of each
//! (`traverse.rs`).

use super::{
    answer::{Answer, Request, SCOPE},
    cursor::{SyncCursor, fingerprint},
    follow,
    head::HeadRow,
    read_head::poll_head,
    traverse,
};
use crate::{
    base::{
        cursor::Since,
        error::Result,
        id::{ConversationId, UserId},
        text,
    },
    context::Context,
    conversation::receipts,
    keys,
};
use jobline_wire::{SyncQuery, Synced};
use std::collections::HashMap;

/// All that changed for `me`. One read when nothing did.
///
/// # Errors
/// `invalid_request`, `invalid_cursor`, `unavailable`.
pub(crate) async fn sync(cx: &Context, me: &UserId, input: SyncQuery) -> Result<Synced> {
    answer(cx, me, input, Proof::Recorded).await
}

/// [`sync`] without recording what the cursor proves. The answer's cursor proves the same and more, so nothing is lost when
/// [`record_delivery`] is called for the last of several cursors only.
///
/// # Errors
/// As [`sync`].
pub(crate) async fn sync_unrecorded(cx: &Context, me: &UserId, input: SyncQuery) -> Result<Synced> {
    answer(cx, me, input, Proof::Kept).await
}

/// Records as delivered what `cursor` proves to have arrived. No read when it proves nothing.
///
/// # Errors
/// `invalid_cursor`, `unavailable`.
pub(crate) async fn record_delivery(cx: &Context, me: &UserId, cursor: &str) -> Result<()> {
    match cx.sealer.open::<SyncCursor>(Some(cursor), me, SCOPE)? {
        Since::Cursor(mut cursor) if cursor.proves_delivery() => {
            let head = poll_head(cx, me, cursor.version, cursor.seen).await?;
            acknowledge(cx, me, &head, &mut cursor).await
        }
        _ => Ok(()),
    }
}

/// What happens to the proof of delivery that a cursor is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// It is recorded.
    Recorded,
    /// It stays in the cursor.
    Kept,
}

async fn answer(cx: &Context, me: &UserId, input: SyncQuery, proof: Proof) -> Result<Synced> {
    let request = Request { me, limit: text::limit(input.limit)?, now: cx.now() };
    match cx.sealer.open::<SyncCursor>(input.since.as_deref(), me, SCOPE)? {
        Since::Start => traverse::begin(cx, request, 0, false).await,
        // 0 stands for a traversal of the newest messages; nothing happened in the first millisecond of 1970.
        Since::Instant(since) => traverse::begin(cx, request, since.max(1), false).await,
        Since::Cursor(cursor) => {
            let head = poll_head(cx, me, cursor.version, cursor.seen).await?;
            if cursor.traversal.is_none() && cursor.version == head.version && nothing_to_record(&cursor, proof) {
                let unchanged = input.since.unwrap_or_default();
                return Answer::from(cursor).finish_with(cx, request, head.at, unchanged).await;
            }
            continue_from(cx, request, &head, cursor, proof).await
        }
    }
}

fn nothing_to_record(cursor: &SyncCursor, proof: Proof) -> bool {
    proof == Proof::Kept || !cursor.proves_delivery()
}

async fn continue_from(
    cx: &Context,
    request: Request<'_>,
    head: &HeadRow,
    mut cursor: SyncCursor,
    proof: Proof,
) -> Result<Synced> {
    if proof == Proof::Recorded {
        acknowledge(cx, request.me, head, &mut cursor).await?;
    }
    if cursor.traversal.is_some() {
        return traverse::resume(cx, request, Answer::from(cursor)).await;
    }
    if head.covers(cursor.version)
        && let Some(synced) = follow::moved(cx, request, head, cursor).await?
    {
        return Ok(synced);
    }
    traverse::begin(cx, request, 0, true).await
}

/// Records as delivered what the cursor proves to have arrived.
async fn acknowledge(cx: &Context, me: &UserId, head: &HeadRow, cursor: &mut SyncCursor) -> Result<()> {
    if !cursor.proves_delivery() {
        return Ok(());
    }
    let mut names: HashMap<u64, ConversationId> = head.window_by_fingerprint();
    if cursor.conversations.iter().any(|one| one.proves_delivery && !names.contains_key(&one.conversation)) {
        let all = cx.db.range_all(keys::memberships(me, None, 100)).await?;
        names.extend(keys::named_conversations(&all).into_iter().map(|id| (fingerprint(id.as_str()), id)));
    }
    for one in cursor.conversations.iter_mut().filter(|one| one.proves_delivery) {
        if let Some(id) = names.get(&one.conversation) {
            let member = id.side(me).expect("a user's head and memberships name only conversations they are in");
            receipts::deliver(cx, id, member, one.cursor.position.last_message()).await?;
        }
        one.proves_delivery = false;
    }
    Ok(())
}

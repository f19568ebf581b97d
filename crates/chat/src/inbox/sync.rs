//! `sync`: all that changed for a user, in every conversation, in one poll.
//!
//! The user's head has the conversations that moved since a version, and rows beside it have what left its window
//! (`moves.rs`). The cursor has how far the client has read each of those that moved lately; for the others their moves
//! have it. Each is then read like a list of its own (`follow.rs`). Without a cursor, or with one from before the store was
//! restored, the newest messages of all conversations are answered in the same way.

use super::{
    answer::{Answer, Request, SCOPE},
    awake::AwakeCrews,
    cursor::{Paging, SyncCursor, fingerprint},
    follow,
    head::HeadRow,
    moves::Moves,
    read_head::{poll_head, read_head},
    traverse,
};
use crate::{
    base::{
        cursor::Since,
        error::{Error, Result},
        id::{ConversationId, UserId},
        text,
    },
    context::Context,
    conversation::receipts,
    keys,
};
use futures_util::{StreamExt, TryStreamExt, future::BoxFuture, stream};
use jobline_store::Consistency;
use jobline_wire::{SyncQuery, Synced};
use std::collections::{HashMap, HashSet};

/// How many receipts of one poll are recorded at the same time.
const DELIVERIES_AT_ONCE: usize = 8;
/// The most conversations in a cursor whose delivery is not recorded yet.
const UNRECORDED_MAX: usize = 64;
/// How many rows of a user's conversations are read at once in search of their names.
const NAMES_PAGE: usize = 500;

/// All that changed for `me`. One read when nothing did.
///
/// # Errors
/// `invalid_request`, `invalid_cursor`, `unavailable`.
pub(crate) async fn sync(cx: &Context, me: &UserId, input: SyncQuery) -> Result<Synced> {
    answer(cx, me, input, DeliveryRecording::Now, Consistency::Eventual).await
}

/// [`sync`] for a client that was notified of a move. It reads the head strongly: an eventual read may miss a move that recent,
/// and there is no second notification.
///
/// # Errors
/// As [`sync`].
pub(crate) async fn sync_after_news(cx: &Context, me: &UserId, input: SyncQuery) -> Result<Synced> {
    answer(cx, me, input, DeliveryRecording::Now, Consistency::Strong).await
}

/// [`sync_after_news`] without recording what the cursor proves. The answer's cursor proves the same and more, so nothing is lost
/// when [`record_delivery`] is called for the last of several cursors only.
///
/// # Errors
/// As [`sync`].
pub(crate) async fn sync_unrecorded(cx: &Context, me: &UserId, input: SyncQuery) -> Result<Synced> {
    answer(cx, me, input, DeliveryRecording::Later, Consistency::Strong).await
}

/// Records as delivered what `cursor` proves to have arrived. No read when it proves nothing.
///
/// # Errors
/// `invalid_cursor`, `unavailable`.
pub(crate) async fn record_delivery(cx: &Context, me: &UserId, cursor: &str) -> Result<()> {
    match cx.sealer.open::<SyncCursor>(Some(cursor), me, SCOPE)? {
        Since::Cursor(mut cursor) if cursor.proves_delivery() => {
            let head = poll_head(cx, me, cursor.version, cursor.seen).await?;
            acknowledge(cx, me, &head, &Moves::default(), &mut cursor).await?;
            match cursor.proves_delivery() {
                true => Err(Error::unavailable("a receipt could not be written")),
                false => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// When the deliveries that a cursor proves are recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DeliveryRecording {
    /// By this answer.
    Now,
    /// By a later call: until then the cursor keeps them.
    Later,
}

async fn answer(
    cx: &Context,
    me: &UserId,
    input: SyncQuery,
    recording: DeliveryRecording,
    consistency: Consistency,
) -> Result<Synced> {
    let request = Request { me, limit: text::limit(input.limit)?, now: cx.now() };
    // What an idle poll does not need is in futures of their own, so that its own stays small.
    match cx.sealer.open::<SyncCursor>(input.since.as_deref(), me, SCOPE)? {
        Since::Start => Box::pin(follow::begin(cx, request, false)).await,
        Since::Instant(since) => Box::pin(traverse::begin(cx, request, since.max(1))).await,
        Since::Cursor(cursor) => {
            let head = match consistency {
                Consistency::Eventual => poll_head(cx, me, cursor.version, cursor.seen).await?,
                Consistency::Strong => read_head(cx, me, consistency).await?,
            };
            let awake =
                AwakeCrews::read(cx, &head, consistency, |fingerprint| cursor.announced_change(fingerprint)).await?;
            let is_new = cursor.version != head.version
                || awake.news(|fingerprint| cursor.received_change(fingerprint)).next().is_some();
            let is_from_here = is_from_here(&head, &awake, &cursor);
            if is_from_here && cursor.paging == Paging::Done && !is_new && nothing_to_record(&cursor, recording) {
                let unchanged = input.since.unwrap_or_default();
                return Answer::from(cursor).finish_with(cx, request, awake.moved_at(&head), unchanged).await;
            }
            if is_from_here {
                return Box::pin(continue_from(cx, request, (&head, &awake), cursor, recording)).await;
            }
            // The deliveries that it proves are of a lost history, too, and are not recorded.
            Box::pin(follow::begin(cx, request, true)).await
        }
    }
}

fn nothing_to_record(cursor: &SyncCursor, recording: DeliveryRecording) -> bool {
    recording == DeliveryRecording::Later || !cursor.proves_delivery()
}

async fn continue_from(
    cx: &Context,
    request: Request<'_>,
    (head, awake): (&HeadRow, &AwakeCrews),
    mut cursor: SyncCursor,
    recording: DeliveryRecording,
) -> Result<Synced> {
    // A cursor with many unrecorded deliveries would grow without a bound: these are recorded now.
    let records = recording == DeliveryRecording::Now || cursor.deliveries() > UNRECORDED_MAX;
    if let Paging::Through(traversal) = &cursor.paging {
        let traversal = traversal.clone();
        if records {
            acknowledge(cx, request.me, head, &Moves::default(), &mut cursor).await?;
        }
        return traverse::resume(cx, request, cursor, traversal).await;
    }
    let covers = is_first(&cursor) || head.covers(cursor.version);
    let moves = match covers {
        true => follow::moves(cx, request, head, &cursor).await?,
        false => Moves::unknown(),
    };
    if !moves.have_been_at(cursor.stamp()) {
        return follow::begin(cx, request, true).await;
    }
    if records {
        acknowledge(cx, request.me, head, &moves, &mut cursor).await?;
    }
    if covers
        && follow::is_known(&moves, &cursor)
        && let Some(synced) = follow::resume(cx, request, (head, awake), &moves, cursor).await?
    {
        return Ok(synced);
    }
    follow::begin(cx, request, true).await
}

/// Whether the cursor is of the history that the store has now: it may have been restored to an earlier state, and may have
/// come as far again since. [`Moves::have_been_at`] checks what left the window, which this does not read.
fn is_from_here(head: &HeadRow, awake: &AwakeCrews, cursor: &SyncCursor) -> bool {
    cursor.seen <= head.version
        && head.has_been_at(cursor.stamp())
        && awake.are_of(|fingerprint| cursor.place(fingerprint))
}

fn is_first(cursor: &SyncCursor) -> bool {
    matches!(&cursor.paging, Paging::Back(walk) if walk.is_first)
}

/// Records as delivered what the cursor proves to have arrived. What cannot be recorded now stays in the cursor.
async fn acknowledge(cx: &Context, me: &UserId, head: &HeadRow, moves: &Moves, cursor: &mut SyncCursor) -> Result<()> {
    if !cursor.proves_delivery() {
        return Ok(());
    }
    let mut names: HashMap<u64, ConversationId> = head.window_by_fingerprint();
    names.extend(moves.conversations.iter().map(|moved| (moved.fingerprint, moved.id.clone())));
    if cursor.conversations.iter().any(|one| one.proves_delivery && !names.contains_key(&one.conversation)) {
        let all = cx.db.range_all(keys::memberships(me, None, NAMES_PAGE)).await?;
        names.extend(keys::named_conversations(&all).into_iter().map(|id| (fingerprint(id.as_str()), id)));
    }
    let mut received = Vec::new();
    for one in cursor.conversations.iter_mut().filter(|one| one.proves_delivery) {
        one.proves_delivery = false;
        let id = names.remove(&one.conversation);
        received.extend(id.map(|id| (one.conversation, id, one.cursor.position.last_message())));
    }
    let mut deliveries: Vec<BoxFuture<'_, Result<Option<u64>>>> = Vec::with_capacity(received.len());
    for (fingerprint, id, message) in &received {
        // In a crew nothing is delivered.
        let Some((member, _)) = id.side(me) else { continue };
        let delivery = receipts::try_deliver(cx, id, member, *message);
        deliveries.push(Box::pin(async move { Ok(delivery.await?.is_none().then_some(*fingerprint)) }));
    }
    // The conversations are different ones, so the commits seldom conflict.
    let unrecorded: Vec<Option<u64>> =
        stream::iter(deliveries).buffer_unordered(DELIVERIES_AT_ONCE).try_collect().await?;
    let unrecorded: HashSet<u64> = unrecorded.into_iter().flatten().take(UNRECORDED_MAX).collect();
    for one in &mut cursor.conversations {
        one.proves_delivery = unrecorded.contains(&one.conversation);
    }
    Ok(())
}

//! `getConversations`: a user's conversations, the one written in last first, or those that moved since a cursor.

use super::{
    cursor::{ConversationsCursor, Traversal},
    head::HeadRow,
    read_head::{poll_head, read_head},
};
use crate::{
    base::{
        cursor::Since,
        error::Result,
        id::{ConversationId, UserId},
        text,
    },
    context::Context,
    conversation::{read, render, row::ConversationRow},
    keys,
};
use jobline_store::Consistency;
use jobline_wire::{Conversations, ListConversations};
use std::cmp::Reverse;

/// The list's name in the seal of its cursors.
const SCOPE: &str = "conversations";

/// What is asked for.
struct Request<'a> {
    me: &'a UserId,
    limit: usize,
    now: u64,
}

/// One answer, before its conversations are rendered.
struct Page {
    conversations: Vec<(ConversationId, ConversationRow)>,
    has_more: bool,
    cursor: ConversationsCursor,
    /// When anything of the user last moved.
    moved_at: u64,
}

/// A user's conversations. One read when none moved since the cursor.
///
/// # Errors
/// `invalid_request`, `invalid_cursor`, `unavailable`.
pub(crate) async fn list(cx: &Context, me: &UserId, input: ListConversations) -> Result<Conversations> {
    let limit = text::limit(input.limit)?;
    let request = Request { me, limit, now: cx.now() };
    let (page, reset) = match cx.sealer.open::<ConversationsCursor>(input.since.as_deref(), me, SCOPE)? {
        Since::Start => (traverse(cx, &request, None, 0).await?, false),
        Since::Instant(since) => (traverse(cx, &request, None, since).await?, false),
        Since::Cursor(ConversationsCursor { version, traversal: Some(traversal) }) => {
            let since = traversal.since;
            (traverse(cx, &request, Some((version, traversal)), since).await?, false)
        }
        Since::Cursor(ConversationsCursor { version, traversal: None }) => {
            let head = poll_head(cx, me, version, version).await?;
            match head.covers(version) {
                true => (moved(cx, &request, &head, version).await?, false),
                false => (traverse(cx, &request, None, 0).await?, true),
            }
        }
    };
    Ok(Conversations {
        conversations: render::conversations(cx, me, &page.conversations, request.now).await?,
        has_more: page.has_more,
        cursor: cx.sealer.seal(&page.cursor, me, SCOPE),
        next_poll_ms: cx.polling.next_poll_ms(page.moved_at, request.now),
        reset: reset.then_some(true),
    })
}

/// The conversations that moved after `version`.
async fn moved(cx: &Context, request: &Request<'_>, head: &HeadRow, version: u64) -> Result<Page> {
    let moved: Vec<(ConversationId, u64)> =
        head.after(version).filter_map(|one| Some((ConversationId::new(&one.conversation)?, one.version))).collect();
    let has_more = moved.len() > request.limit;
    let reached = if has_more { moved[request.limit - 1].1 } else { head.version };
    let ids = moved.into_iter().take(request.limit).map(|(id, _)| id).collect();
    let mut conversations = read::many(cx, ids).await?;
    conversations.sort_by_key(newest_first);
    let cursor = ConversationsCursor { version: reached, traversal: None };
    Ok(Page { conversations, has_more, cursor, moved_at: head.at })
}

/// All conversations that changed after `since`, page by page, the one written in last first.
async fn traverse(cx: &Context, request: &Request<'_>, from: Option<(u64, Traversal)>, since: u64) -> Result<Page> {
    // The head is read first: what moves while the rest is read has a later version, and the next poll answers it.
    let head = read_head(cx, request.me, Consistency::Strong).await?;
    let (version, after) = match from {
        Some((version, traversal)) => (version, Some((Reverse(traversal.at), traversal.after))),
        None => (head.version, None),
    };
    let memberships = cx.db.range_all(keys::memberships(request.me, None, 100)).await?;
    let mut conversations = read::many(cx, keys::named_conversations(&memberships)).await?;
    conversations.retain(|one| one.1.updated > since && after.as_ref().is_none_or(|after| newest_first(one) > *after));
    conversations.sort_by_key(newest_first);
    let has_more = conversations.len() > request.limit;
    conversations.truncate(request.limit);
    let last = conversations.last().filter(|_| has_more);
    let traversal = last.map(|(id, row)| Traversal { after: id.as_str().to_owned(), at: row.log.at, since });
    Ok(Page { conversations, has_more, cursor: ConversationsCursor { version, traversal }, moved_at: head.at })
}

fn newest_first((id, row): &(ConversationId, ConversationRow)) -> (Reverse<u64>, String) {
    (Reverse(row.log.at), id.as_str().to_owned())
}

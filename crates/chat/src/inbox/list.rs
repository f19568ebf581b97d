//! `getConversations`: a user's conversations, the one written in last first, or those that moved since a cursor.

use super::{
    answer::of_mine,
    awake::{AwakeCrews, change_of},
    cursor::{Answered, ConversationsCursor, Paging, Traversal, Walk},
    head::HeadRow,
    move_range::VersionStamp,
    moves::{ConversationMoves, Moves, OldestRead, conversations_without_moves},
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
    conversation::{render, row::ConversationRow},
    keys,
};
use jobline_store::Consistency;
use jobline_wire::{Conversations, ListConversations};
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
};

/// The list's name in the seal of its cursors.
const SCOPE: &str = "conversations";

/// How many of a user's conversations of which no move is known are looked at at once.
const UNMOVED_PAGE: usize = 500;

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
        Since::Start => (newest(cx, &request, None).await?, false),
        Since::Instant(since) => (changed(cx, &request, None, since).await?, false),
        Since::Cursor(ConversationsCursor { version, paging: Paging::Through(traversal), stamp, awake }) => {
            let since = traversal.since;
            let from = Some(Begun { version, stamp, awake, traversal });
            let page = match since {
                0 => newest(cx, &request, from).await?,
                since => changed(cx, &request, from, since).await?,
            };
            (page, false)
        }
        Since::Cursor(cursor) => moved(cx, &request, cursor).await?,
    };
    Ok(Conversations {
        conversations: render::conversations(cx, me, &page.conversations, &BTreeSet::new(), request.now).await?,
        has_more: page.has_more,
        cursor: cx.sealer.seal(&page.cursor, me, SCOPE),
        next_poll_ms: cx.polling.next_poll_ms(page.moved_at, request.now),
        reset: reset.then_some(true),
    })
}

/// The conversations that moved after the version of `cursor`, without those that were answered: of many, those that moved last.
/// All of them after a reset, when it cannot be told which moved.
async fn moved(cx: &Context, request: &Request<'_>, cursor: ConversationsCursor) -> Result<(Page, bool)> {
    let ConversationsCursor { version, paging, stamp, awake: known } = cursor;
    let mut answered = match paging {
        Paging::Back(Walk { answered, .. }) => answered,
        Paging::Done | Paging::Through(_) => Answered::default(),
    };
    let seen = stamp.map_or_else(|| answered.top().unwrap_or(version), |stamp| stamp.version);
    let head = poll_head(cx, request.me, version, seen).await?;
    if !head.covers(version) || seen > head.version || !head.has_been_at(stamp) {
        return Ok((newest(cx, request, None).await?, true));
    }
    let moves = Moves::after(cx, request.me, &head, version).await?;
    if moves.lost.is_some() || !moves.have_been_at(stamp) {
        return Ok((newest(cx, request, None).await?, true));
    }
    let known: HashMap<u64, u64> = known.into_iter().collect();
    let known = |fingerprint: u64| known.get(&fingerprint).copied();
    let crews =
        AwakeCrews::read(cx, &head, Consistency::Eventual, |fingerprint| known(fingerprint).map(change_of)).await?;
    let mut news: Vec<_> = crews.not_at(known).collect();
    let rest = news.split_off(news.len().min(request.limit));
    let is_news = |moved: &ConversationMoves| news.iter().any(|crew| crew.fingerprint == moved.fingerprint);
    let mut left =
        moves.conversations.into_iter().filter(|moved| !answered.contains(moved.latest()) && !is_news(moved));
    let mut ids: Vec<ConversationId> = news.iter().map(|crew| crew.id.clone()).collect();
    ids.extend(left.by_ref().take(request.limit - ids.len()).map(|moved| moved.id));
    let below = left.next().map(|moved| moved.latest());
    drop(left);
    // Of crews that are left the cursor says what it said, so they are news for the next answer.
    let awake = crews.iter().filter_map(|crew| {
        let progress = if rest.contains(&crew) { known(crew.fingerprint)? } else { crew.progress() };
        Some((crew.fingerprint, progress))
    });
    let awake = awake.collect();
    let mut conversations = of_mine(cx, request.me, ids).await?;
    conversations.sort_by_key(newest_first);
    let has_more = below.is_some() || !rest.is_empty();
    let stamp = Some(head.stamp());
    let cursor = if has_more {
        answered.add(below.unwrap_or(version), head.version);
        let paging = Paging::Back(Walk { answered, ..Walk::default() });
        ConversationsCursor { version, paging, stamp, awake }
    } else {
        ConversationsCursor { version: head.version, paging: Paging::Done, stamp, awake }
    };
    Ok((Page { conversations, has_more, cursor, moved_at: crews.moved_at(&head) }, false))
}

/// What the answers before this one of a traversal leave for it.
struct Begun {
    /// The version that the traversal leads up to.
    version: u64,
    stamp: Option<VersionStamp>,
    /// How far the crews that were awake had come when it began.
    awake: Vec<(u64, u64)>,
    traversal: Traversal,
}

/// Where a conversation is in the list: the one written in last comes first.
type Order = (Reverse<u64>, String);

/// All conversations page by page, the one written in last first. Only those of the page are read.
async fn newest(cx: &Context, request: &Request<'_>, from: Option<Begun>) -> Result<Page> {
    // The head is read first: what moves while the rest is read has a later version, and the next poll answers it.
    let head = read_head(cx, request.me, Consistency::Strong).await?;
    let crews = AwakeCrews::read(cx, &head, Consistency::Strong, |_| None).await?;
    let (version, stamp, awake, after) = begin_at(&head, &crews, from);
    let mut found = candidates(cx, request, (&head, &crews), after.as_ref()).await?;
    found.sort();
    let has_more = found.len() > request.limit;
    found.truncate(request.limit);
    let last = found.last().filter(|_| has_more).cloned();
    let ids = found.iter().filter_map(|(_, id)| ConversationId::new(id)).collect();
    let mut conversations = of_mine(cx, request.me, ids).await?;
    // Some may have moved since the head was read.
    conversations.sort_by_key(newest_first);
    let paging =
        last.map(|(Reverse(at), after)| Paging::Through(Traversal { after, at, since: 0 })).unwrap_or_default();
    let cursor = ConversationsCursor { version, paging, stamp, awake };
    Ok(Page { conversations, has_more, cursor, moved_at: crews.moved_at(&head) })
}

/// The conversations after `after`, as many as a page and one more at least if there are so many: no other one comes
/// before any of these.
async fn candidates(
    cx: &Context,
    request: &Request<'_>,
    (head, crews): (&HeadRow, &AwakeCrews),
    after: Option<&Order>,
) -> Result<Vec<Order>> {
    let is_left = |order: (Reverse<u64>, &str)| after.is_none_or(|(at, id)| order > (*at, id.as_str()));
    let enough = |moves: &Moves, reached: OldestRead| {
        let orders = moves
            .conversations
            .iter()
            .filter(|moved| !crews.contains(moved.fingerprint))
            .filter_map(|moved| moved.order());
        orders.filter(|order| order.0.0 > reached.at && is_left(*order)).count() > request.limit
    };
    let moves = Moves::after_until(cx, request.me, head, 0, enough).await?;
    // What older servers wrote does not say when the last message was.
    let mut unknown: Vec<_> =
        moves.conversations.iter().filter(|moved| moved.last.is_none()).map(|moved| moved.id.clone()).collect();
    if !moves.is_partial && (head.floor > 0 || moves.lost.is_some()) {
        unknown.extend(all_unmoved(cx, request.me, &moves).await?);
    }
    let mut found: Vec<Order> = Vec::new();
    if !unknown.is_empty() {
        found.extend(of_mine(cx, request.me, unknown).await?.iter().map(newest_first));
    }
    // Of a crew that is awake its row says when the last message was, and the head does not.
    let still = moves.conversations.iter().filter(|moved| !crews.contains(moved.fingerprint));
    found.extend(still.filter_map(|moved| moved.order()).map(|(at, id)| (at, id.to_owned())));
    found.extend(crews.iter().map(|crew| (Reverse(crew.at), crew.id.as_str().to_owned())));
    found.retain(|(at, id)| is_left((*at, id)));
    Ok(found)
}

/// The conversations of which no move is known.
async fn all_unmoved(cx: &Context, me: &UserId, moves: &Moves) -> Result<Vec<ConversationId>> {
    let (mut all, mut after) = (Vec::new(), None::<ConversationId>);
    loop {
        let (ids, last) =
            conversations_without_moves(cx, me, moves, after.as_ref().map(ConversationId::as_str), UNMOVED_PAGE)
                .await?;
        all.extend(ids);
        match last {
            Some(last) => after = Some(last),
            None => return Ok(all),
        }
    }
}

/// All conversations that changed after `since`, page by page, the one written in last first.
async fn changed(cx: &Context, request: &Request<'_>, from: Option<Begun>, since: u64) -> Result<Page> {
    let head = read_head(cx, request.me, Consistency::Strong).await?;
    let crews = AwakeCrews::read(cx, &head, Consistency::Strong, |_| None).await?;
    let (version, stamp, awake, after) = begin_at(&head, &crews, from);
    let memberships = cx.db.range_all(keys::memberships(request.me, None, UNMOVED_PAGE)).await?;
    let mut conversations = of_mine(cx, request.me, keys::named_conversations(&memberships)).await?;
    conversations.retain(|one| one.1.updated > since && after.as_ref().is_none_or(|after| newest_first(one) > *after));
    conversations.sort_by_key(newest_first);
    let has_more = conversations.len() > request.limit;
    conversations.truncate(request.limit);
    let last = conversations.last().filter(|_| has_more);
    let traversal = last.map(|(id, row)| Traversal { after: id.as_str().to_owned(), at: row.log.at, since });
    let cursor =
        ConversationsCursor { version, paging: traversal.map(Paging::Through).unwrap_or_default(), stamp, awake };
    Ok(Page { conversations, has_more, cursor, moved_at: crews.moved_at(&head) })
}

type BeginAt = (u64, Option<VersionStamp>, Vec<(u64, u64)>, Option<Order>);

/// What a traversal leads up to: a version of the head, and how far the crews that were awake had come. And the last
/// conversation that it has answered.
fn begin_at(head: &HeadRow, crews: &AwakeCrews, from: Option<Begun>) -> BeginAt {
    match from {
        Some(Begun { version, stamp, awake, traversal }) => {
            (version, stamp, awake, Some((Reverse(traversal.at), traversal.after)))
        }
        None => (
            head.version,
            Some(head.stamp()),
            crews.iter().map(|crew| (crew.fingerprint, crew.progress())).collect(),
            None,
        ),
    }
}

fn newest_first((id, row): &(ConversationId, ConversationRow)) -> Order {
    (Reverse(row.log.at), id.as_str().to_owned())
}

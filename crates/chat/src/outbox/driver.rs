//! The driver: delivers what the outbox lists, in the order of each conversation.

use super::{
    event::{self, Entries, Entry},
    failed,
    lease::{self, Leased, Outgoing},
    port::Port,
    unread,
};
use crate::{
    base::{error::Result, rows},
    context::Context,
    conversation::{parts, row::ConversationRow},
    keys,
};
use futures_util::{StreamExt as _, stream};
use jobline_store::{Condition, Consistency, Key, Outcome, Range, Row, Version};

/// To how many conversations' events are delivered at the same time: a receiver that hangs delays its own deliveries by
/// some seconds, and must not delay others.
const AT_ONCE: usize = 64;

/// Delivers what is due. Answers how many events were delivered.
///
/// # Errors
/// `unavailable`: what was not delivered is due again when its lease ends.
pub(crate) async fn tell(cx: &Context, port: Port<'_>) -> Result<usize> {
    let stored = tell_all(cx, port, keys::outbox_rows(port.channel())).await?;
    Ok(stored + tell_all(cx, port, keys::due_unread(port.channel(), cx.now())).await?)
}

/// Delivers what the rows of `range` name.
async fn tell_all(cx: &Context, port: Port<'_>, mut range: Range) -> Result<usize> {
    let mut told = 0;
    loop {
        let page = cx.db.page(&range).await?;
        let mut running = stream::iter(page.rows)
            .map(|(key, row)| async move { tell_one(cx, port, &key, &row).await })
            .buffer_unordered(AT_ONCE);
        let mut failure = None;
        while let Some(result) = running.next().await {
            match result {
                Ok(events) => told += events,
                Err(error) => failure = Some(error),
            }
        }
        drop(running);
        match (failure, page.next) {
            (Some(error), _) => return Err(error),
            (None, Some(next)) => range = range.after(&next),
            (None, None) => return Ok(told),
        }
    }
}

/// Delivers what one row of the outbox names.
async fn tell_one(cx: &Context, port: Port<'_>, key: &Key, found: &Row) -> Result<usize> {
    if let Port::Webhook(outside) = port
        && failed::is_id(&key.sort)
    {
        return Ok(usize::from(failed::attempt(cx, outside, key, found).await?));
    }
    tell_conversation(cx, port, key, found).await
}

/// Delivers the events of one conversation, up to its end or to one that fails.
async fn tell_conversation(cx: &Context, port: Port<'_>, key: &Key, found: &Row) -> Result<usize> {
    let Some(id) = keys::told_conversation(key) else { return Ok(0) };
    let keys = [keys::conversation(&id), keys::told(port.channel(), &id)];
    let mut rows = cx.db.get_many(&keys, Consistency::Strong).await?;
    let (told, conversation) = (rows.pop().flatten(), rows.pop().flatten());
    let Some(conversation) = conversation else { return Ok(0) };
    let conversation: ConversationRow = rows::decode(&conversation)?;
    let conversation = parts::complete(cx, &id, conversation).await?;
    let Some(mut leased) = lease::take(cx, port.channel(), id, conversation, told.as_ref()).await? else {
        return Ok(0);
    };
    let Some(due) = unread::tell_due(cx, port, &mut leased).await? else { return Ok(0) };
    let (delivered, is_done) = follow(cx, port, &mut leased).await?;
    if is_done {
        finish(cx, leased, key, found.version).await?;
    }
    Ok(due + delivered)
}

/// Delivers from the position of the lease to the end of the log. Answers how many events were delivered, and whether
/// that is all.
async fn follow(cx: &Context, port: Port<'_>, leased: &mut Leased) -> Result<(usize, bool)> {
    let (mut delivered, end) = (0, leased.conversation.log);
    loop {
        let Entries { entries, is_all } = event::entries(cx, leased.channel, &leased.id, leased.row.told, end).await?;
        for entry in entries {
            match tell_entry(cx, port, leased, &entry).await? {
                Some(events) => delivered += events,
                None => return Ok((delivered, false)),
            }
        }
        if is_all {
            // Entries that were not found have expired.
            leased.row.told = end;
            unread::expect_rest(cx, leased);
            return Ok((delivered, true));
        }
        if !lease::renew(cx, leased).await? {
            return Ok((delivered, false));
        }
    }
}

/// Delivers the events of one change. `None` when one failed, or the lease was lost.
async fn tell_entry(cx: &Context, port: Port<'_>, leased: &mut Leased, entry: &Entry) -> Result<Option<usize>> {
    let mut delivered = 0;
    if let Port::Webhook(outside) = port {
        let users = leased.conversation.users(&leased.id).into_owned();
        for event in entry.events(&leased.id, &users, outside.takes_content()) {
            match lease::tell(cx, leased, Outgoing::Event(outside, &event)).await? {
                Some(events) => delivered += events,
                None => return Ok(None),
            }
        }
    }
    if let Some(key) = entry.own_row(&leased.id) {
        cx.db.commit_unconditionally(cx.db.begin().delete(key, Condition::Any)).await?;
    }
    unread::expect(cx, leased, entry);
    leased.row.told = entry.after(leased.row.told);
    Ok(Some(delivered))
}

/// Ends the lease, and with it the row that named the conversation, unless that was written again since it was read.
async fn finish(cx: &Context, mut leased: Leased, key: &Key, found: Version) -> Result<()> {
    leased.row.not_before = 0;
    let mut commit = leased.put(cx.db.begin());
    if !leased.wakes.contains(key) {
        commit = commit.delete(key.clone(), Condition::Version(found));
    }
    if cx.db.commit(commit).await? != Outcome::Committed {
        lease::store(cx, &mut leased).await?;
        cx.signal(leased.channel).set();
    }
    Ok(())
}

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
pub(crate) async fn deliver_due(cx: &Context, port: Port<'_>) -> Result<usize> {
    let stored = deliver_all(cx, port, keys::outbox_rows(port.channel())).await?;
    Ok(stored + deliver_all(cx, port, keys::due_unread(port.channel(), cx.now())).await?)
}

/// Delivers what the rows of `range` name.
async fn deliver_all(cx: &Context, port: Port<'_>, mut range: Range) -> Result<usize> {
    let mut delivered = 0;
    loop {
        let page = cx.db.page(&range).await?;
        let mut running = stream::iter(page.rows)
            .map(|(key, row)| async move { deliver_one(cx, port, &key, &row).await })
            .buffer_unordered(AT_ONCE);
        let mut failure = None;
        while let Some(result) = running.next().await {
            match result {
                Ok(events) => delivered += events,
                Err(error) => failure = Some(error),
            }
        }
        drop(running);
        match (failure, page.next) {
            (Some(error), _) => return Err(error),
            (None, Some(next)) => range = range.after(&next),
            (None, None) => return Ok(delivered),
        }
    }
}

/// Delivers what one row of the outbox names.
async fn deliver_one(cx: &Context, port: Port<'_>, key: &Key, found: &Row) -> Result<usize> {
    if let Port::Webhook(receiver) = port
        && failed::is_id(&key.sort)
    {
        return Ok(usize::from(failed::attempt(cx, receiver, key, found).await?));
    }
    deliver_conversation(cx, port, key, found).await
}

/// Delivers the events of one conversation, up to its end or to one that fails.
async fn deliver_conversation(cx: &Context, port: Port<'_>, key: &Key, found: &Row) -> Result<usize> {
    let Some(id) = keys::conversation_of_outbox(key) else { return Ok(0) };
    let keys = [keys::conversation(&id), keys::delivery_progress(port.channel(), &id)];
    let mut rows = cx.db.get_many(&keys, Consistency::Strong).await?;
    let (progress, conversation) = (rows.pop().flatten(), rows.pop().flatten());
    let Some(conversation) = conversation else { return Ok(0) };
    let conversation: ConversationRow = rows::decode(&conversation)?;
    let conversation = parts::complete(cx, &id, conversation).await?;
    let Some(mut leased) = lease::take(cx, port.channel(), id, conversation, progress.as_ref()).await? else {
        return Ok(0);
    };
    let Some(due) = unread::notify_due(cx, port, &mut leased).await? else { return Ok(0) };
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
        let Entries { entries, is_all } =
            event::entries(cx, leased.channel, &leased.id, leased.row.delivered, end).await?;
        for entry in entries {
            match deliver_entry(cx, port, leased, &entry).await? {
                Some(events) => delivered += events,
                None => return Ok((delivered, false)),
            }
        }
        if is_all {
            // Entries that were not found have expired.
            leased.row.delivered = end;
            unread::schedule_later_checks(cx, leased);
            return Ok((delivered, true));
        }
        if !lease::renew(cx, leased).await? {
            return Ok((delivered, false));
        }
    }
}

/// Delivers the events of one change. `None` when one failed, or the lease was lost.
async fn deliver_entry(cx: &Context, port: Port<'_>, leased: &mut Leased, entry: &Entry) -> Result<Option<usize>> {
    let mut delivered = 0;
    if let Port::Webhook(receiver) = port {
        let users = leased.conversation.users(&leased.id).into_owned();
        for event in entry.events(&leased.id, &users, receiver.takes_content()) {
            match lease::deliver(cx, leased, Outgoing::Event(receiver, &event)).await? {
                Some(events) => delivered += events,
                None => return Ok(None),
            }
        }
    }
    if let Some(key) = entry.own_row(&leased.id) {
        cx.db.commit_unconditionally(cx.db.begin().delete(key, Condition::Any)).await?;
    }
    unread::schedule_check(cx, leased, entry);
    leased.row.delivered = entry.after(leased.row.delivered);
    Ok(Some(delivered))
}

/// Ends the lease, and with it the row that named the conversation, unless that was written again since it was read.
async fn finish(cx: &Context, mut leased: Leased, key: &Key, found: Version) -> Result<()> {
    leased.row.not_before = 0;
    let mut commit = leased.put(cx.db.begin());
    if !leased.wake_rows.contains(key) {
        commit = commit.delete(key.clone(), Condition::Version(found));
    }
    if cx.db.commit(commit).await? != Outcome::Committed {
        lease::store(cx, &mut leased).await?;
        cx.signal(leased.channel).set();
    }
    Ok(())
}

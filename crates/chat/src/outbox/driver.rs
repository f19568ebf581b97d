//! The driver: tells what the outbox names, in the order of each conversation.

use super::{
    event::{self, Entries, Entry},
    failed,
    port::{Delivery, Outside, OutsideEvent},
    row::ToldRow,
    unread,
};
use crate::{
    base::{
        error::Result,
        id::ConversationId,
        rows::{self, LAYOUT},
    },
    context::Context,
    conversation::row::ConversationRow,
    keys,
};
use futures_util::{StreamExt as _, stream};
use jobline_store::{CommitBuilder, Condition, Consistency, Key, Outcome, Range, Row, Version};

/// For how long a conversation belongs to the server that delivers its events.
pub(super) const LEASE_MS: u64 = 30_000;
/// With less than this left, a lease is renewed before the next attempt.
const RENEW_MS: u64 = 15_000;
/// The wait after the first failure; it doubles with each further one …
const FIRST_WAIT_MS: u64 = 5_000;
/// … up to this.
const LONGEST_WAIT_MS: u64 = 3_600_000;
/// For how long a delivery is tried again.
const DAY_MS: u64 = 86_400_000;
/// To how many conversations' events are delivered at the same time.
const AT_ONCE: usize = 16;

/// A conversation whose events this server delivers, until its lease ends.
pub(super) struct Leased {
    pub id: ConversationId,
    /// As it was just before the lease.
    pub conversation: ConversationRow,
    pub row: ToldRow,
    /// Rows that wake the driver later, to be written with the row.
    pub wakes: Vec<Key>,
    key: Key,
    version: Version,
}

impl Leased {
    /// Adds its row, if no other server has written that, and the rows that wake the driver later.
    fn put(&self, commit: CommitBuilder) -> CommitBuilder {
        let row = rows::encode(&self.row);
        let commit = commit.put(self.key.clone(), Condition::Version(self.version), row, None);
        self.wakes
            .iter()
            .fold(commit, |commit, key| commit.put(key.clone(), Condition::Any, rows::encode(&LAYOUT), None))
    }
}

/// Delivers what is due. Answers how many events were delivered.
///
/// # Errors
/// `unavailable`: what was not delivered is due again when its lease ends.
pub(crate) async fn tell(cx: &Context, outside: &dyn Outside) -> Result<usize> {
    let stored = tell_all(cx, outside, keys::outbox_rows()).await?;
    Ok(stored + tell_all(cx, outside, keys::due_unread(cx.now())).await?)
}

/// Delivers what the rows of `range` name.
async fn tell_all(cx: &Context, outside: &dyn Outside, mut range: Range) -> Result<usize> {
    let mut told = 0;
    loop {
        let page = cx.db.page(&range).await?;
        let mut running = stream::iter(page.rows)
            .map(|(key, row)| async move { tell_one(cx, outside, &key, &row).await })
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
async fn tell_one(cx: &Context, outside: &dyn Outside, key: &Key, found: &Row) -> Result<usize> {
    if failed::is_id(&key.sort) {
        return Ok(usize::from(failed::attempt(cx, outside, key, found).await?));
    }
    tell_conversation(cx, outside, key, found).await
}

/// Delivers the events of one conversation, up to its end or to one that fails.
async fn tell_conversation(cx: &Context, outside: &dyn Outside, key: &Key, found: &Row) -> Result<usize> {
    let Some(id) = keys::told_conversation(key) else { return Ok(0) };
    let keys = [keys::conversation(&id), keys::told(&id)];
    let mut rows = cx.db.get_many(&keys, Consistency::Strong).await?;
    let (told, conversation) = (rows.pop().flatten(), rows.pop().flatten());
    let Some(conversation) = conversation else { return Ok(0) };
    let conversation: ConversationRow = rows::decode(&conversation)?;
    let Some(mut leased) = lease(cx, id, conversation, told.as_ref()).await? else { return Ok(0) };
    let Some(due) = unread::tell_due(cx, outside, &mut leased).await? else { return Ok(0) };
    let (delivered, is_done) = follow(cx, outside, &mut leased).await?;
    if is_done {
        finish(cx, leased, key, found.version).await?;
    }
    Ok(due + delivered)
}

/// Takes a conversation for this server. `None` while it belongs to another one, or waits after a failure.
async fn lease(
    cx: &Context,
    id: ConversationId,
    conversation: ConversationRow,
    found: Option<&Row>,
) -> Result<Option<Leased>> {
    // A conversation that was reported may not have moved since there is somebody to tell.
    let from = conversation.outbox_from.unwrap_or(conversation.log);
    let begin = || ToldRow { v: LAYOUT, told: from, ..ToldRow::default() };
    let row = found.map(rows::decode::<ToldRow>).transpose()?.unwrap_or_else(begin);
    if row.not_before > cx.now() {
        return Ok(None);
    }
    let row = ToldRow { not_before: cx.now() + LEASE_MS, ..row };
    let key = keys::told(&id);
    let commit = cx.db.begin().put(key.clone(), rows::as_read(found), rows::encode(&row), None).build()?;
    let is_ours = cx.db.commit_built(&commit).await? == Outcome::Committed;
    let version = commit.version();
    Ok(is_ours.then(|| Leased { id, conversation, row, wakes: Vec::new(), key, version }))
}

/// Delivers from where the lease stands to the end of the log. Answers how many events were delivered, and whether that is all.
async fn follow(cx: &Context, outside: &dyn Outside, leased: &mut Leased) -> Result<(usize, bool)> {
    let (mut delivered, end) = (0, leased.conversation.log);
    loop {
        let Entries { entries, is_all } = event::entries(cx, &leased.id, leased.row.told, end).await?;
        for entry in entries {
            match tell_entry(cx, outside, leased, &entry).await? {
                Some(events) => delivered += events,
                None => return Ok((delivered, false)),
            }
        }
        if is_all {
            // What was not read has expired.
            leased.row.told = end;
            return Ok((delivered, true));
        }
        if !renew(cx, leased).await? {
            return Ok((delivered, false));
        }
    }
}

/// Delivers the events of one change. `None` when one failed, or the lease was lost.
async fn tell_entry(cx: &Context, outside: &dyn Outside, leased: &mut Leased, entry: &Entry) -> Result<Option<usize>> {
    let mut delivered = 0;
    for event in entry.events(&leased.id, outside.takes_content()) {
        match tell_event(cx, outside, leased, &event).await? {
            Some(events) => delivered += events,
            None => return Ok(None),
        }
    }
    if let Some(key) = entry.own_row(&leased.id) {
        cx.db.commit_unconditionally(cx.db.begin().delete(key, Condition::Any)).await?;
    }
    unread::expect(cx, leased, entry);
    leased.row.told = entry.after(leased.row.told);
    Ok(Some(delivered))
}

/// Delivers one event: 1, or 0 when it was given up. `None` when it failed, or the lease was lost.
pub(super) async fn tell_event(
    cx: &Context,
    outside: &dyn Outside,
    leased: &mut Leased,
    event: &OutsideEvent,
) -> Result<Option<usize>> {
    if leased.row.not_before < cx.now() + RENEW_MS && !renew(cx, leased).await? {
        return Ok(None);
    }
    let delivered = match outside.deliver(event).await {
        Delivery::Delivered => 1,
        Delivery::Failed { why, retry_after_ms } if !is_given_up(cx, &leased.row) => {
            wait(cx, leased, &why, retry_after_ms).await?;
            return Ok(None);
        }
        Delivery::Failed { why, .. } | Delivery::Refused { why } => {
            give_up(cx, event, &why).await?;
            0
        }
    };
    (leased.row.failures, leased.row.failing_since) = (0, 0);
    Ok(Some(delivered))
}

fn is_given_up(cx: &Context, row: &ToldRow) -> bool {
    row.failures > 0 && cx.now() >= row.failing_since + DAY_MS
}

/// Renews the lease, and keeps what was told. Answers whether it still belongs to this server.
async fn renew(cx: &Context, leased: &mut Leased) -> Result<bool> {
    leased.row.not_before = cx.now() + LEASE_MS;
    store(cx, leased).await
}

async fn store(cx: &Context, leased: &mut Leased) -> Result<bool> {
    let commit = leased.put(cx.db.begin()).build()?;
    let is_stored = cx.db.commit_built(&commit).await? == Outcome::Committed;
    if is_stored {
        leased.version = commit.version();
        leased.wakes.clear();
    }
    Ok(is_stored)
}

/// Ends the lease after a failure: the same event is due again later, and until then nothing after it.
async fn wait(cx: &Context, leased: &mut Leased, why: &str, asked: Option<u64>) -> Result<()> {
    let now = cx.now();
    let row = &mut leased.row;
    if row.failures == 0 {
        row.failing_since = now;
    }
    let doubled = FIRST_WAIT_MS << row.failures.min(12);
    row.failures += 1;
    row.not_before = now + doubled.max(asked.unwrap_or(0)).min(LONGEST_WAIT_MS);
    cx.outside.failed(why);
    store(cx, leased).await?;
    Ok(())
}

/// Keeps an event that could not be delivered for the host to see.
async fn give_up(cx: &Context, event: &OutsideEvent, why: &str) -> Result<()> {
    cx.outside.failed(why);
    failed::keep(cx, event, why).await
}

/// Ends the lease, and with it the row that named the conversation, unless that was written again since it was read.
async fn finish(cx: &Context, mut leased: Leased, key: &Key, found: Version) -> Result<()> {
    leased.row.not_before = 0;
    let mut commit = leased.put(cx.db.begin());
    if !leased.wakes.contains(key) {
        commit = commit.delete(key.clone(), Condition::Version(found));
    }
    if cx.db.commit(commit).await? != Outcome::Committed {
        store(cx, &mut leased).await?;
        cx.outside.set();
    }
    Ok(())
}

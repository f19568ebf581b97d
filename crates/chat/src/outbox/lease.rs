//! The lease of a conversation: one server at a time delivers its events, and a failed event delays those after it.

use super::{
    channel::Channel,
    failed,
    port::{Delivery, EventReceiver, HostEvent, Mail, UnreadNotice},
    row::{LEASE_MS, Notice, ProgressRow},
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
use jobline_store::{CommitBuilder, Condition, Key, Outcome, Row, Version};

/// With less than this left, a lease is renewed before the next attempt.
const RENEW_MS: u64 = 15_000;
/// The wait after the first failure; it doubles with each further one …
const FIRST_WAIT_MS: u64 = 5_000;
/// … up to this.
const LONGEST_WAIT_MS: u64 = 3_600_000;
/// For how long a delivery is tried again.
const DAY_MS: u64 = 86_400_000;

/// A conversation whose events this server delivers, until its lease ends.
pub(super) struct Leased {
    pub channel: Channel,
    pub id: ConversationId,
    /// As it was just before the lease.
    pub conversation: ConversationRow,
    pub row: ProgressRow,
    /// The keys of rows that start the driver later, to be written with the row.
    pub wake_rows: Vec<Key>,
    key: Key,
    version: Version,
}

impl Leased {
    /// Adds its row, if no other server has written that, and the rows that start the driver later.
    pub fn put(&self, commit: CommitBuilder) -> CommitBuilder {
        let row = rows::encode(&self.row);
        let commit = commit.put(self.key.clone(), Condition::Version(self.version), row, None);
        self.wake_rows
            .iter()
            .fold(commit, |commit, key| commit.put(key.clone(), Condition::Any, rows::encode(&LAYOUT), None))
    }
}

/// Takes a conversation for this server. `None` while another server has it, or while it waits after a failure.
pub(super) async fn take(
    cx: &Context,
    channel: Channel,
    id: ConversationId,
    conversation: ConversationRow,
    found: Option<&Row>,
) -> Result<Option<Leased>> {
    // A reported conversation may have no change since the webhook was configured: then `outbox_from` is not set.
    let from = conversation.outbox_from.unwrap_or(conversation.log);
    let begin = || ProgressRow { v: LAYOUT, delivered: from, ..ProgressRow::default() };
    let row = found.map(rows::decode::<ProgressRow>).transpose()?.unwrap_or_else(begin);
    if row.not_before > cx.now() {
        return Ok(None);
    }
    let mut row = ProgressRow { not_before: cx.now() + LEASE_MS, ..row };
    row.notices.resize(conversation.members.len().max(row.notices.len()), Notice::default());
    let key = keys::delivery_progress(channel, &id);
    let commit = cx.db.begin().put(key.clone(), rows::as_read(found), rows::encode(&row), None).build()?;
    let is_ours = cx.db.commit_built(&commit).await? == Outcome::Committed;
    let version = commit.version();
    Ok(is_ours.then(|| Leased { channel, id, conversation, row, wake_rows: Vec::new(), key, version }))
}

/// Delivers one event or notice: 1, or 0 when it was abandoned. `None` when it failed, or the lease was lost.
pub(super) async fn deliver(cx: &Context, leased: &mut Leased, outgoing: Outgoing<'_>) -> Result<Option<usize>> {
    if !has_time(cx, leased).await? {
        return Ok(None);
    }
    let delivered = match outgoing.deliver().await {
        Delivery::Delivered => 1,
        Delivery::Failed { why, retry_after_ms } if !is_given_up(cx, &leased.row) => {
            wait(cx, leased, &why, retry_after_ms).await?;
            return Ok(None);
        }
        Delivery::Failed { why, .. } | Delivery::Refused { why } => {
            cx.signal(leased.channel).failed(&why);
            outgoing.give_up(cx, &why).await?;
            cx.signal(leased.channel).gave_up();
            0
        }
    };
    (leased.row.failures, leased.row.failing_since) = (0, 0);
    Ok(Some(delivered))
}

/// Whether the lease lasts for one more attempt; renews it if needed.
pub(super) async fn has_time(cx: &Context, leased: &mut Leased) -> Result<bool> {
    Ok(leased.row.not_before >= cx.now() + RENEW_MS || renew(cx, leased).await?)
}

/// The wait after a failure that comes after `failures` others, where the receiver asked for at least `asked`.
pub(super) fn pause(failures: u32, asked: Option<u64>) -> u64 {
    (FIRST_WAIT_MS << failures.min(12)).max(asked.unwrap_or(0)).min(LONGEST_WAIT_MS)
}

/// What is delivered, and through which port.
#[derive(Clone, Copy)]
pub(super) enum Outgoing<'a> {
    Event(&'a dyn EventReceiver, &'a HostEvent),
    Notice(&'a dyn Mail, &'a UnreadNotice),
}

impl Outgoing<'_> {
    async fn deliver(self) -> Delivery {
        match self {
            Self::Event(receiver, event) => receiver.deliver(event).await,
            Self::Notice(mail, notice) => mail.send(notice).await,
        }
    }

    /// Keeps an event that could not be delivered for the host to see. A mail is useless later.
    async fn give_up(self, cx: &Context, why: &str) -> Result<()> {
        match self {
            Self::Event(_, event) => failed::keep(cx, event, why).await,
            Self::Notice(..) => Ok(()),
        }
    }
}

fn is_given_up(cx: &Context, row: &ProgressRow) -> bool {
    row.failures > 0 && cx.now() >= row.failing_since + DAY_MS
}

/// Renews the lease, and stores how far it has delivered. Returns whether this server still has it.
pub(super) async fn renew(cx: &Context, leased: &mut Leased) -> Result<bool> {
    leased.row.not_before = cx.now() + LEASE_MS;
    store(cx, leased).await
}

pub(super) async fn store(cx: &Context, leased: &mut Leased) -> Result<bool> {
    let commit = leased.put(cx.db.begin()).build()?;
    let is_stored = cx.db.commit_built(&commit).await? == Outcome::Committed;
    if is_stored {
        leased.version = commit.version();
        leased.wake_rows.clear();
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
    row.not_before = now + pause(row.failures, asked);
    row.failures += 1;
    cx.signal(leased.channel).failed(why);
    store(cx, leased).await?;
    Ok(())
}

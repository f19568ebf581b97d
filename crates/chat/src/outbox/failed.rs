//! Events that were abandoned: the host lists them, and has them delivered again.

use super::{
    port::{Delivery, EventReceiver, HostEvent},
    row::{FailedRow, LEASE_MS, RedeliveryRow},
};
use crate::{
    base::{
        clock::nanoid,
        error::{Error, Result},
        rows::{self, LAYOUT},
        text,
        time::iso,
    },
    context::Context,
    keys,
};
use futures_util::try_join;
use jobline_store::{Condition, Consistency, Key, Outcome, Row};
use jobline_wire::{FailedEvent, FailedEvents, ListFailedEvents};

/// For how long they are kept, so that a dead receiver does not fill the store.
const KEPT_MS: u64 = 30 * 86_400_000;
/// What the id of each begins with.
const PREFIX: &str = "failed_";

/// Stores an abandoned event.
pub(super) async fn keep(cx: &Context, event: &HostEvent, why: &str) -> Result<()> {
    let failed_at = cx.now();
    let id = format!("{PREFIX}{failed_at:014}_{}", nanoid(&*cx.random));
    let (event_id, body, why) = (event.id.clone(), event.body.clone(), why.to_owned());
    let row = FailedRow { v: LAYOUT, event_id, body, why, failed_at };
    let put = cx.db.begin().put(keys::failed(&id), Condition::Any, rows::encode(&row), expires(&row));
    cx.db.commit_unconditionally(put).await
}

/// Unix seconds.
fn expires(row: &FailedRow) -> Option<u64> {
    Some((row.failed_at + KEPT_MS).div_ceil(1_000))
}

/// The abandoned events, the oldest first.
///
/// # Errors
/// `invalid_request`, `unavailable`.
pub(crate) async fn list(cx: &Context, input: ListFailedEvents) -> Result<FailedEvents> {
    let limit = text::limit(input.limit)?;
    let since = input.since.as_deref().map(|since| text::since(since, PREFIX, is_id)).transpose()?;
    let mut found = cx.db.range(keys::failed_after(since.as_deref(), limit + 1)).await?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let due: Vec<Key> = found.iter().map(|(key, _)| keys::redelivery(&key.sort)).collect();
    let due = cx.db.get_many(&due, Consistency::Strong).await?;
    let read = |((key, row), due): (&(Key, Row), Option<Row>)| listed(&key.sort, &rows::decode(row)?, due.is_some());
    let events: Vec<FailedEvent> = found.iter().zip(due).map(read).collect::<Result<_>>()?;
    let cursor = events.last().map(|event| event.id.clone()).or(input.since);
    Ok(FailedEvents { events, has_more, cursor })
}

fn listed(id: &str, row: &FailedRow, is_due: bool) -> Result<FailedEvent> {
    let event = serde_json::from_str(&row.body).map_err(|error| Error::unavailable(error.to_string()))?;
    let (failed_at, reason) = (iso(row.failed_at), row.why.clone());
    Ok(FailedEvent { id: id.to_owned(), webhook_id: row.event_id.clone(), failed_at, reason, is_due, event })
}

/// Makes an abandoned event due for one more attempt. Repeating it while that waits changes nothing.
///
/// # Errors
/// `not_found`, `not_offered` where there is no webhook, `unavailable`.
pub(crate) async fn redeliver(cx: &Context, id: &str) -> Result<()> {
    let found = if is_id(id) { cx.db.get(&keys::failed(id), Consistency::Strong).await? } else { None };
    if found.is_none() {
        return Err(Error::not_found("event"));
    }
    if !cx.settings.outbox {
        let detail = "This deployment has no webhook: set --webhook-url and --webhook-secret, then ask again.";
        return Err(Error::new(jobline_wire::Code::NotOffered, detail));
    }
    let row = rows::encode(&RedeliveryRow { v: LAYOUT, not_before: 0 });
    let _is_due_already = cx.db.commit(cx.db.begin().put(keys::redelivery(id), Condition::Absent, row, None)).await?;
    cx.webhook.set();
    Ok(())
}

/// Makes the attempt that a redelivery row asks for, unless another server makes it. Answers whether the event was
/// delivered: then it is not listed any more, otherwise it stays listed with what happened.
pub(super) async fn attempt(cx: &Context, receiver: &dyn EventReceiver, key: &Key, found: &Row) -> Result<bool> {
    let row: RedeliveryRow = rows::decode(found)?;
    if row.not_before > cx.now() {
        return Ok(false);
    }
    let leased = rows::encode(&RedeliveryRow { not_before: cx.now() + LEASE_MS, ..row });
    let lease = cx.db.begin().put(key.clone(), Condition::Version(found.version), leased, None).build()?;
    let failed = keys::failed(&key.sort);
    let (outcome, event) = try_join!(cx.db.commit_built(&lease), cx.db.get(&failed, Consistency::Strong))?;
    if outcome != Outcome::Committed {
        return Ok(false);
    }
    let done = cx.db.begin().delete(key.clone(), Condition::Version(lease.version()));
    let Some(event) = event else {
        // It has expired.
        let _may_be_gone = cx.db.commit(done).await?;
        return Ok(false);
    };
    let row: FailedRow = rows::decode(&event)?;
    let (done, is_delivered) = match receiver.deliver(&row.event()).await {
        Delivery::Delivered => (done.delete(failed, Condition::Any), true),
        Delivery::Failed { why, .. } | Delivery::Refused { why } => {
            cx.webhook.failed(&why);
            let row = FailedRow { why, ..row };
            (done.put(failed, Condition::Any, rows::encode(&row), expires(&row)), false)
        }
    };
    Ok(cx.db.commit(done).await? == Outcome::Committed && is_delivered)
}

/// Whether `text` has the form of a failed event's id.
pub(super) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    text.starts_with(PREFIX) && text.len() <= 64 && text.bytes().all(plain)
}

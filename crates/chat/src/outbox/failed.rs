//! Events that could not be delivered for a day: the host lists them, and has them delivered again.

use super::{
    port::{Delivery, Outside, OutsideEvent},
    row::FailedRow,
};
use crate::{
    base::{
        clock::nanoid,
        error::{Error, Result},
        rows::{self, LAYOUT},
        time::iso,
    },
    context::Context,
    keys,
};
use jobline_store::{Condition, Consistency};

/// How many are listed at once.
const LISTED: usize = 100;

/// An event that could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedEvent {
    /// By which it is delivered again.
    pub id: String,
    /// When it was given up, ISO 8601.
    pub failed_at: String,
    /// What happened last.
    pub why: String,
    /// The event itself.
    pub event: OutsideEvent,
}

/// Keeps an event that was given up.
pub(super) async fn keep(cx: &Context, event: &OutsideEvent, why: &str) -> Result<()> {
    let failed_at = cx.now();
    let id = format!("failed_{failed_at:014}_{}", nanoid(&*cx.random));
    let (event_id, body, why) = (event.id.clone(), event.body.clone(), why.to_owned());
    let row = FailedRow { v: LAYOUT, event_id, body, why, failed_at };
    cx.db.commit_unconditionally(cx.db.begin().put(keys::failed(&id), Condition::Any, rows::encode(&row), None)).await
}

/// The oldest events that were given up, at most 100.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn list(cx: &Context) -> Result<Vec<FailedEvent>> {
    let rows = cx.db.range(keys::all_failed(LISTED)).await?;
    let read = |(key, row): &(jobline_store::Key, jobline_store::Row)| {
        let row: FailedRow = rows::decode(row)?;
        let (failed_at, event) = (iso(row.failed_at), row.event());
        Ok(FailedEvent { id: key.sort.clone(), failed_at, why: row.why, event })
    };
    rows.iter().map(read).collect()
}

/// Makes one attempt to deliver an event that was given up, and forgets it when it succeeds.
///
/// # Errors
/// `not_found`; `unavailable` when the attempt failed, and then it is still listed.
pub(crate) async fn redeliver(cx: &Context, outside: &dyn Outside, id: &str) -> Result<()> {
    let key = keys::failed(id);
    let found = cx.db.get(&key, Consistency::Strong).await?.filter(|_| id.starts_with("failed_"));
    let row: FailedRow = rows::decode(&found.ok_or_else(|| Error::not_found("event"))?)?;
    match outside.deliver(&row.event()).await {
        Delivery::Delivered => cx.db.commit_unconditionally(cx.db.begin().delete(key, Condition::Any)).await,
        Delivery::Failed { why, .. } | Delivery::Refused { why } => Err(Error::unavailable(why)),
    }
}

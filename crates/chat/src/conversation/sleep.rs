//! Crews that sleep. While a crew is awake, its members read its row with each poll, and what is written changes no
//! heads. An inactive crew goes to sleep, so that polls no longer read it; what is written in it next wakes it.

use super::{update::ConversationUpdate, update_read::Needs};
use crate::{
    base::{
        attempts::Attempts,
        error::Result,
        id::{ConversationId, JobId},
    },
    context::Context,
    tasks::row::{Work, put_task},
};
use jobline_store::{Consistency, Outcome};

/// Puts the crew of `job` to sleep, or adds a task that checks again later if it was active lately.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn let_sleep(cx: &Context, job: JobId) -> Result<()> {
    let id = ConversationId::crew(job);
    let needs = Needs { all_heads: true, ..Needs::default() };
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let Some(mut update) = ConversationUpdate::load(cx, &id, needs, Consistency::Strong, &[]).await? else {
            return Ok(());
        };
        if update.row.is_asleep() {
            return Ok(());
        }
        let due = update.row.updated + cx.settings.crew_sleeps_after_ms;
        let outcome = if cx.now() < due {
            cx.db.commit(put_task(cx, cx.db.begin(), due, Work::LetCrewSleep { job: job.get() })).await?
        } else {
            update.fall_asleep(job)?;
            update.commit(cx, cx.db.begin()).await?
        };
        match outcome {
            Outcome::Committed => return Ok(()),
            Outcome::Conflict(keys) => attempts.after_conflict(&keys).await?,
        }
    }
}

/// Wakes a crew before a change that needs a commit of its own.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn wake(cx: &Context, id: &ConversationId) -> Result<Outcome> {
    let update = ConversationUpdate::load(cx, id, Needs::default(), Consistency::Strong, &[]).await?;
    let Some(mut update) = update.filter(|update| update.row.is_asleep()) else { return Ok(Outcome::Committed) };
    update.tell(&[], update.row.log, cx.now())?;
    update.commit(cx, cx.db.begin()).await
}

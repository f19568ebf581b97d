//! Telling the members of conversations about a changed job or person, a page of conversations at a time.

use super::job_row::JobRow;
use crate::{
    base::{
        attempts::Attempts,
        error::Result,
        id::{ConversationId, JobId, UserId},
        rows,
    },
    context::Context,
    conversation::{crew, row::ConversationRow, update::ConversationUpdate, update_read::Needs},
    keys,
    log::{append, change::ChangeRow},
};
use futures_util::{StreamExt, TryStreamExt, future::BoxFuture, stream};
use jobline_store::{Consistency, Outcome, Range};

/// How many conversations are changed concurrently.
const AT_ONCE: usize = 8;

/// Appends a change to the conversations about `job` that do not have `revision` yet: a page of them, from the one
/// after `after` on. Answers where the next page begins.
///
/// # Errors
/// `unavailable`; some conversations may have been told then.
pub(crate) async fn job_changed(
    cx: &Context,
    job: JobId,
    revision: u64,
    after: Option<&str>,
) -> Result<Option<String>> {
    let stored = cx.db.get(&keys::job(job), Consistency::Strong).await?;
    let stored: Option<JobRow> = stored.as_ref().map(rows::decode).transpose()?;
    if stored.map_or(0, |job| job.revision) != revision {
        // The job has changed again since, and that change has its own task.
        return Ok(None);
    }
    for_page_of_conversations(cx, keys::job_conversations(job), after, |id| {
        Box::pin(announce_job(cx, id, job, revision))
    })
    .await
}

/// Appends a change to the conversations of `user`: a page of them, from the one after `after` on. Answers where the next
/// page begins.
///
/// # Errors
/// `unavailable`; some conversations may have been told then.
pub(crate) async fn person_changed(cx: &Context, user: &UserId, after: Option<&str>) -> Result<Option<String>> {
    for_page_of_conversations(cx, keys::memberships(user, None, 50), after, |id| {
        Box::pin(announce_person(cx, id, user))
    })
    .await
}

/// Calls `announce` for each conversation on the next page of `range`.
async fn for_page_of_conversations<'a>(
    cx: &'a Context,
    range: Range,
    after: Option<&str>,
    announce: impl Fn(ConversationId) -> BoxFuture<'a, Result<()>>,
) -> Result<Option<String>> {
    let range = match after {
        Some(after) => range.after(after),
        None => range,
    };
    let page = cx.db.page(&range).await?;
    let announcing: Vec<_> = keys::named_conversations(&page.rows).into_iter().map(announce).collect();
    stream::iter(announcing).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    Ok(page.next)
}

async fn announce_job(cx: &Context, id: ConversationId, job: JobId, revision: u64) -> Result<()> {
    if id.crew_job().is_some() {
        return crew::current(cx, job).await.map(drop);
    }
    append_change(cx, &id, |row, now| {
        row.job.filter(|(about, announced)| *about == job.get() && *announced != revision)?;
        let change = ChangeRow::job(row, now);
        row.job = Some((job.get(), revision));
        Some(change)
    })
    .await
}

async fn announce_person(cx: &Context, id: ConversationId, user: &UserId) -> Result<()> {
    // Other members still see the messages of a former member, with their name.
    append_change(cx, &id, |row, now| Some(ChangeRow::person(row, row.member(&id, user)?, now))).await
}

/// Appends the change that `next` makes for a conversation as it is now, if it makes one.
async fn append_change(
    cx: &Context,
    id: &ConversationId,
    next: impl Fn(&mut ConversationRow, u64) -> Option<ChangeRow>,
) -> Result<()> {
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let now = cx.now();
        let update = ConversationUpdate::load(cx, id, Needs::default(), attempts.consistency(), &[]).await?;
        let Some(mut update) = update else { return Ok(()) };
        let Some(change) = next(&mut update.row, now) else { return Ok(()) };
        // Nobody is about to write because of this, and an awake crew costs its members a read with every poll.
        update.stays_asleep = true;
        let members = update.row.all_in();
        match append::change(cx, &mut update, &change, &members, now).await? {
            Outcome::Committed => return Ok(()),
            Outcome::Conflict(keys) => attempts.after_conflict(&keys).await?,
        }
    }
}

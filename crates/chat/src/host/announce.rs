//! Telling the members of conversations about a changed job.

use crate::{
    base::{
        attempts::Attempts,
        error::Result,
        id::{ConversationId, JobId},
    },
    context::Context,
    conversation::update::ConversationUpdate,
    keys,
    log::{append, change::ChangeRow},
};
use jobline_store::Outcome;

/// Appends a change to every conversation about `job` whose members were not told of `revision` yet.
///
/// # Errors
/// `unavailable`; some conversations may have been told then, and calling it again tells the rest.
pub(crate) async fn job_changed(cx: &Context, job: JobId, revision: u64) -> Result<()> {
    for (key, _) in cx.db.range_all(keys::job_conversations(job)).await? {
        if let Some(conversation) = keys::named_conversation(&key) {
            tell_members(cx, &conversation, job, revision).await?;
        }
    }
    Ok(())
}

async fn tell_members(cx: &Context, id: &ConversationId, job: JobId, revision: u64) -> Result<()> {
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let now = cx.now();
        let update = ConversationUpdate::load(cx, id, attempts.consistency(), &[]).await?;
        let Some(mut update) = update else { return Ok(()) };
        if update.row.job.is_none_or(|(about, told)| about != job.get() || told == revision) {
            return Ok(());
        }
        let change = ChangeRow::job(&update.row, now);
        update.row.job = Some((job.get(), revision));
        match append::change(cx, &mut update, &change, [0, 1], now).await? {
            Outcome::Committed => return Ok(()),
            Outcome::Conflict(keys) => attempts.after_conflict(&keys).await?,
        }
    }
}

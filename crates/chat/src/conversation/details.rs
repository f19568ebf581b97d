//! `getConversation`: one conversation with its people and its job, also before anything was written in it.

use super::{access, crew, parts, render, row::ConversationRow};
use crate::{
    base::{
        error::{Error, Result},
        id::{ConversationId, JobId, UserId},
    },
    context::Context,
    host::permission,
    keys,
    user::blocks,
};
use jobline_store::Consistency;
use jobline_wire::{Code, ConversationDetails, GetConversation};
use std::collections::BTreeSet;

/// A conversation of `me`, and whether a send of theirs would be accepted now.
///
/// # Errors
/// `invalid_request`, `not_found`, `unavailable`.
pub(crate) async fn details(cx: &Context, me: &UserId, input: GetConversation) -> Result<ConversationDetails> {
    let (id, must_exist) = access::addressed(me, input.receiver_id.as_deref(), input.conversation_id.as_deref())?;
    let wanted = input.job_id.map(JobId::parse).transpose()?;
    if let Some(job) = id.crew_job() {
        return of_crew(cx, me, id, job).await;
    }
    let (_, other) = id.side(me).ok_or_else(|| Error::not_found("conversation"))?;
    let now = cx.now();
    let key = keys::conversation(&id);
    let found = cx.db.get(&key, Consistency::Strong).await?;
    let row = found.map(|row| cx.memos.conversations.decode(&key, &row)).transpose()?;
    let last = row.as_ref().and_then(|row| row.job).map(|(job, _)| job);
    let permitted = permission::check(cx, (me, other), wanted, last, Consistency::Strong).await;
    let permitted = permitted.map(|permit| permit.job);
    // A user whom the other one blocks learns that they cannot write, and nothing more.
    let permitted = match permitted {
        Ok(_) if blocks::is_blocked(cx, me, other).await? => Err(blocks::unavailable()),
        permitted => permitted,
    };
    let are_strangers = matches!(&permitted, Err(error) if error.code == Code::NotJobParticipant);
    let row = match row {
        Some(row) => row,
        // The id of a pair without a job is as good as any other id.
        None if are_strangers && must_exist => return Err(Error::not_found("conversation")),
        // To a user with no shared job nothing is revealed about the other, not even whether they exist.
        None if are_strangers => {
            let conversation = render::between_strangers(&id, now);
            let reason = Some(Code::NotJobParticipant);
            return Ok(ConversationDetails { conversation, can_send: false, reason });
        }
        None => as_shown(ConversationRow::new(now)),
    };
    let about = permitted.as_ref().ok().map(|job| (job.id, job.revision)).or(row.job);
    let about = ConversationRow { job: about, ..row };
    answer(cx, me, (id, about), permitted.map(drop), now).await
}

/// A crew of `me`, also one that does not exist yet.
async fn of_crew(cx: &Context, me: &UserId, id: ConversationId, job: JobId) -> Result<ConversationDetails> {
    let (crew, now) = (crew::current(cx, job).await?, cx.now());
    let not_found = || Error::not_found("conversation");
    let permitted = crew::may_write(cx, &crew, &id, me).and_then(|job| job.map(drop).ok_or_else(not_found));
    let begun = crew.row.filter(ConversationRow::has_messages);
    let row = match (begun, &crew.job) {
        (Some(mut row), _) => {
            parts::add_marks(cx, &id, &mut row).await?;
            let member = row.member(&id, me).ok_or_else(not_found)?;
            row.viewed_by(member)
        }
        // Before it exists, all participants of the job see the same of a crew, and nobody else anything.
        (None, Some(job)) if job.includes(me) && job.fits_crew() => as_shown(crew::empty_crew(job, now)),
        _ => return Err(not_found()),
    };
    answer(cx, me, (id, row), permitted, now).await
}

/// A conversation that does not exist yet was never changed: both of its times are the same.
fn as_shown(row: ConversationRow) -> ConversationRow {
    ConversationRow { updated: row.created, ..row }
}

async fn answer(
    cx: &Context,
    me: &UserId,
    shown: (ConversationId, ConversationRow),
    permitted: Result<()>,
    now: u64,
) -> Result<ConversationDetails> {
    let conversation = render::conversations(cx, me, &[shown], &BTreeSet::new(), now).await?.pop();
    let conversation = conversation.ok_or_else(|| Error::not_found("conversation"))?;
    match permitted {
        Ok(()) => Ok(ConversationDetails { conversation, can_send: true, reason: None }),
        Err(error) if error.code == Code::Unavailable => Err(error),
        Err(error) => Ok(ConversationDetails { conversation, can_send: false, reason: Some(error.code) }),
    }
}

//! `getConversation`: one conversation with its people and its job, also before anything was written in it.

use super::{access, render, row::ConversationRow};
use crate::{
    base::{
        error::{Error, Result},
        id::{JobId, UserId},
    },
    context::Context,
    host::permission,
    keys,
    user::blocks,
};
use jobline_store::Consistency;
use jobline_wire::{Code, ConversationDetails, GetConversation};

/// A conversation of `me`, and whether a send of theirs would be accepted now.
///
/// # Errors
/// `invalid_request`, `not_found`, `unavailable`.
pub(crate) async fn details(cx: &Context, me: &UserId, input: GetConversation) -> Result<ConversationDetails> {
    let (id, must_exist) = access::addressed(me, input.receiver_id.as_deref(), input.conversation_id.as_deref())?;
    let wanted = input.job_id.map(JobId::parse).transpose()?;
    let member = id.side(me).ok_or_else(|| Error::not_found("conversation"))?;
    let other = &id.pair()[1 - member];
    let now = cx.now();
    let key = keys::conversation(&id);
    let found = cx.db.get(&key, Consistency::Strong).await?;
    let row = found.map(|row| cx.memos.conversations.decode(&key, &row)).transpose()?;
    let last = row.as_ref().and_then(|row| row.job).map(|(job, _)| job);
    let permitted = permission::check(cx, (me, other), wanted, last, Consistency::Strong).await;
    let permitted = permitted.map(|permit| permit.job);
    // Whom the other one blocks learns that they cannot write, and nothing more.
    let permitted = match permitted {
        Ok(_) if blocks::is_blocked(cx, me, other).await? => Err(blocks::unavailable()),
        permitted => permitted,
    };
    let row = match row {
        Some(row) => row,
        None if must_exist => return Err(Error::not_found("conversation")),
        // Between users who share no job nothing is told of the other, not even whether they exist.
        None if matches!(&permitted, Err(error) if error.code == Code::NotJobParticipant) => {
            let conversation = render::between_strangers(&id, now);
            let reason = Some(Code::NotJobParticipant);
            return Ok(ConversationDetails { conversation, can_send: false, reason });
        }
        None => ConversationRow::new(now),
    };
    let about = permitted.as_ref().ok().map(|job| (job.id, job.revision)).or(row.job);
    let about = ConversationRow { job: about, ..row };
    let conversation = render::conversations(cx, me, &[(id, about)], now).await?.pop();
    let conversation = conversation.ok_or_else(|| Error::not_found("conversation"))?;
    match permitted {
        Ok(_) => Ok(ConversationDetails { conversation, can_send: true, reason: None }),
        Err(error) if error.code == Code::Unavailable => Err(error),
        Err(error) => Ok(ConversationDetails { conversation, can_send: false, reason: Some(error.code) }),
    }
}

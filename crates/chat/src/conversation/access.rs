//! Which conversation a request is about, and whether the user is a member of it.

use super::{crew, row::ConversationRow};
use crate::{
    base::{
        error::{Error, Result},
        id::{ConversationId, UserId},
    },
    context::Context,
    host::permission,
};

/// The conversation with this id, if `me` is a member of it or was one of a crew, and which member they are. No read for a
/// pair.
///
/// # Errors
/// `not_found`, in the same words for a conversation of others and for one that cannot exist; `unavailable`.
pub(crate) async fn of_member(cx: &Context, me: &UserId, conversation_id: &str) -> Result<(ConversationId, usize)> {
    let (id, member, _) = with_crew(cx, me, conversation_id).await?;
    Ok((id, member))
}

/// [`of_member`] with the row of a crew as it stands, without marks: it had to be read for this.
///
/// # Errors
/// As [`of_member`].
pub(crate) async fn with_crew(
    cx: &Context,
    me: &UserId,
    conversation_id: &str,
) -> Result<(ConversationId, usize, Option<ConversationRow>)> {
    let id = ConversationId::new(conversation_id).ok_or_else(no_conversation)?;
    if let Some(job) = id.crew_job() {
        let (member, row) = Box::pin(crew::member(cx, &id, job, me)).await?;
        return Ok((id, member, Some(row)));
    }
    let (member, _) = id.side(me).ok_or_else(no_conversation)?;
    Ok((id, member, None))
}

/// [`of_member`] for what those who left a crew cannot do any more.
///
/// # Errors
/// As [`of_member`]; `not_job_participant`.
pub(crate) async fn of_present_member(
    cx: &Context,
    me: &UserId,
    conversation_id: &str,
) -> Result<(ConversationId, usize)> {
    let (id, member, crew) = with_crew(cx, me, conversation_id).await?;
    if crew.is_some_and(|crew| !crew.is_in(member)) {
        return Err(permission::no_participant_any_more());
    }
    Ok((id, member))
}

fn no_conversation() -> Error {
    Error::not_found("conversation")
}

/// The conversation that a message or a file is for, and whether it has to exist already: a pair does where it is named by
/// its id. Whether `me` is a member of a crew is not known yet.
///
/// # Errors
/// `invalid_request`, `not_found`.
pub(crate) fn addressed(
    me: &UserId,
    receiver_id: Option<&str>,
    conversation_id: Option<&str>,
) -> Result<(ConversationId, bool)> {
    match (receiver_id, conversation_id) {
        (Some(receiver), None) => {
            let receiver = UserId::parse("receiverId", receiver)?;
            let id = ConversationId::of(me, &receiver);
            let id = id.ok_or_else(|| Error::invalid("receiverId", "receiverId is you. Name another user."))?;
            Ok((id, false))
        }
        (None, Some(id)) => {
            let id = ConversationId::new(id).ok_or_else(no_conversation)?;
            let is_of_me = id.crew_job().is_some() || id.side(me).is_some();
            if is_of_me { Ok((id, true)) } else { Err(no_conversation()) }
        }
        (None, None) => Err(Error::invalid("receiverId", "Name the recipient: send receiverId or conversationId.")),
        (Some(_), Some(_)) => {
            Err(Error::invalid("receiverId", "Name the recipient once: send receiverId or conversationId, not both."))
        }
    }
}

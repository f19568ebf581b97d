//! Which conversation a request is about, and whether the user is a member of it.

use crate::base::{
    error::{Error, Result},
    id::{ConversationId, UserId},
};

/// The conversation with this id, if `me` is a member of it, and which member they are.
///
/// # Errors
/// `not_found`, in the same words for a conversation of others and for one that cannot exist.
pub(crate) fn of_member(me: &UserId, conversation_id: &str) -> Result<(ConversationId, usize)> {
    let id = ConversationId::new(conversation_id).ok_or_else(|| Error::not_found("conversation"))?;
    let member = id.side(me).ok_or_else(|| Error::not_found("conversation"))?;
    Ok((id, member))
}

/// The conversation that a message or a file is for, and whether it has to exist already: it does where it is named by
/// its id.
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
        (None, Some(id)) => Ok((of_member(me, id)?.0, true)),
        (None, None) => Err(Error::invalid("receiverId", "Name the recipient: send receiverId or conversationId.")),
        (Some(_), Some(_)) => {
            Err(Error::invalid("receiverId", "Name the recipient once: send receiverId or conversationId, not both."))
        }
    }
}

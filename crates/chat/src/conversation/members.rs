//! `members`: who is in a conversation, and how far each has read.

use super::{access, read, render};
use crate::{
    base::{error::Result, id::UserId, time::iso},
    context::Context,
};
use jobline_store::Consistency;
use jobline_wire::{ConversationMember, ListMembers, Members};

/// The members of a conversation of `me`.
///
/// # Errors
/// `not_found`, `unavailable`.
pub(crate) async fn members(cx: &Context, me: &UserId, input: ListMembers) -> Result<Members> {
    let (id, _) = access::of_member(me, &input.conversation_id)?;
    let row = read::one(cx, &id, Consistency::Strong).await?;
    let people = render::people(cx, &id).await?;
    let members = people.into_iter().zip(row.members).map(|(person, member)| ConversationMember {
        id: person.id,
        name: person.name,
        avatar_url: person.avatar_url,
        joined_at: iso(row.created),
        read_up_to: member.read.number,
    });
    Ok(Members { members: members.collect() })
}

//! `members`: who is in a conversation, and how far each has read.

use super::{access, read, render, row::ConversationRow};
use crate::{
    base::{
        error::Result,
        id::{ConversationId, UserId},
        time::iso,
    },
    context::Context,
};
use jobline_store::Consistency;
use jobline_wire::{ConversationMember, ListMembers, Members};

/// The members of a conversation of `me`; of a crew that `me` has left, those who were in it then.
///
/// # Errors
/// `not_found`, `unavailable`.
pub(crate) async fn members(cx: &Context, me: &UserId, input: ListMembers) -> Result<Members> {
    let (id, viewer) = access::of_member(cx, me, &input.conversation_id).await?;
    let row = read::one(cx, &id, Consistency::Strong).await?;
    let shown = row.members_for(viewer);
    let people = render::people(cx, &users(&row, &id, &shown)).await?;
    let members = people.into_iter().zip(shown).map(|(person, member)| ConversationMember {
        id: person.id,
        name: person.name,
        avatar_url: person.avatar_url,
        joined_at: iso(joined(&row, member)),
        read_up_to: row.read_for(viewer, member),
    });
    Ok(Members { members: members.collect() })
}

fn users(row: &ConversationRow, id: &ConversationId, members: &[usize]) -> Vec<UserId> {
    let users = row.users(id);
    members.iter().filter_map(|member| users.get(*member).cloned()).collect()
}

/// When a member joined: those of a pair with the first message.
fn joined(row: &ConversationRow, member: usize) -> u64 {
    row.crew.as_ref().and_then(|crew| crew.roster.people.get(member)).map_or(row.created, |one| one.joined)
}

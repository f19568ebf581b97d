//! The users whom a user blocks, with their names.

use crate::{
    base::{
        error::Result,
        id::{ConversationId, UserId},
    },
    context::Context,
    conversation::render,
    keys,
};
use jobline_store::{Consistency, Key};
use jobline_wire::Person;

/// The users whom `me` blocks, in the order of their ids. Anybody can be blocked by their id, which is no reason to
/// tell their name: it gets events about those with whom there is a conversation.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn people(cx: &Context, me: &UserId) -> Result<Vec<Person>> {
    let rows = cx.db.range_all(keys::blocks(me)).await?;
    let users: Vec<UserId> = rows.iter().filter_map(|(key, _)| UserId::new(keys::blocked_user(key)?)).collect();
    let pairs: Vec<(UserId, ConversationId)> =
        users.into_iter().filter_map(|user| ConversationId::of(me, &user).map(|id| (user, id))).collect();
    let wanted: Vec<Key> = pairs.iter().map(|(_, id)| keys::membership(me, id)).collect();
    let found = cx.db.get_many(&wanted, Consistency::Strong).await?;
    let known: Vec<UserId> =
        pairs.iter().zip(&found).filter(|(_, row)| row.is_some()).map(|((user, _), _)| user.clone()).collect();
    let mut known = render::people(cx, &known).await?.into_iter();
    let stranger = |user: &UserId| Person { id: user.to_string(), name: user.to_string(), avatar_url: None };
    let shown = pairs.iter().zip(&found).filter_map(|((user, _), row)| match row {
        Some(_) => known.next(),
        None => Some(stranger(user)),
    });
    Ok(shown.collect())
}

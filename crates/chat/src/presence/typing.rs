//! Who may see that somebody writes.

use crate::{
    base::{error::Result, id::UserId},
    context::Context,
    conversation::access,
    host::permission,
    keys,
};
use jobline_store::Consistency;
use jobline_wire::Code;

/// The users who may see that `me` writes in a conversation: those who would get the message, unless one of the two blocks
/// the other.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn audience(cx: &Context, me: &UserId, conversation: &str) -> Result<Vec<UserId>> {
    let Ok((id, member)) = access::of_member(me, conversation) else { return Ok(Vec::new()) };
    let other = &id.pair()[1 - member];
    match permission::check(cx, (me, other), None, None, Consistency::Eventual).await {
        Ok(_) => {}
        Err(error) if error.code == Code::Unavailable => return Err(error),
        Err(_) => return Ok(Vec::new()),
    }
    let blocks = cx.db.get_many(&[keys::block(other, me), keys::block(me, other)], Consistency::Eventual).await?;
    Ok(if blocks.iter().all(Option::is_none) { vec![other.clone()] } else { Vec::new() })
}

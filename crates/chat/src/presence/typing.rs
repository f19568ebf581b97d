//! Which users may see that somebody is typing.

use crate::{
    base::{
        error::Result,
        id::{ConversationId, UserId},
    },
    context::Context,
    conversation::{access, crew},
    host::permission,
    keys,
};
use jobline_store::Consistency;
use jobline_wire::{Code, JobStatus};

/// The users who may see that `me` writes in a conversation: those who would get the message; in a pair not where one
/// of the two blocks the other. Read strongly, since it is requested right after a block or the end of a job, and
/// cached for a while.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn audience(cx: &Context, me: &UserId, conversation: &str) -> Result<Vec<UserId>> {
    let id = match access::of_present_member(cx, me, conversation).await {
        Ok((id, _)) => id,
        Err(error) if error.code == Code::Unavailable => return Err(error),
        Err(_) => return Ok(Vec::new()),
    };
    let Some((_, other)) = id.side(me) else { return in_crew(cx, me, &id).await };
    match permission::check(cx, (me, other), None, None, Consistency::Strong).await {
        Ok(_) => {}
        Err(error) if error.code == Code::Unavailable => return Err(error),
        Err(_) => return Ok(Vec::new()),
    }
    let blocks = cx.db.get_many(&[keys::block(other, me), keys::block(me, other)], Consistency::Strong).await?;
    Ok(if blocks.iter().all(Option::is_none) { vec![other.clone()] } else { Vec::new() })
}

/// The others in a crew whose job is open.
async fn in_crew(cx: &Context, me: &UserId, id: &ConversationId) -> Result<Vec<UserId>> {
    let Some(job) = id.crew_job() else { return Ok(Vec::new()) };
    let crew = crew::current(cx, job).await?;
    let Some(row) = crew.row.filter(|_| crew.job.is_some_and(|job| job.status == JobStatus::Open)) else {
        return Ok(Vec::new());
    };
    let users = row.users(id);
    let others = row.all_in().into_iter().filter_map(|member| users.get(member));
    Ok(others.filter(|user| *user != me).cloned().collect())
}

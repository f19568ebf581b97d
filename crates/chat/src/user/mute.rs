//! Muting: for a while a member gets no mail and no push about a conversation.

use crate::{
    base::{
        attempts::Attempts,
        error::{Error, Result},
        id::UserId,
        time::{iso, parse_iso},
    },
    context::Context,
    conversation::{access, update::ConversationUpdate},
};
use jobline_store::Outcome;
use jobline_wire::{Mute, Muted};

/// Mutes a conversation until an instant, or ends that. An instant that has passed ends it, too.
///
/// # Errors
/// `invalid_request`, `not_found`, `unavailable`.
pub(crate) async fn mute(cx: &Context, me: &UserId, input: Mute) -> Result<Muted> {
    let (id, member) = access::of_member(cx, me, &input.conversation_id).await?;
    let until = match input.until.as_deref() {
        None => 0,
        Some(text) => parse_iso(text).ok_or_else(|| {
            Error::invalid("until", "until is an ISO 8601 time such as 2025-11-14T10:30:00.000Z, or null.")
        })?,
    };
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let now = cx.now();
        let until = if until > now { until } else { 0 };
        let update = ConversationUpdate::load_for(cx, &id, member, &[]).await?;
        let mut update = update.ok_or_else(|| Error::not_found("conversation"))?;
        let muted_until = shown(until, now);
        if update.row.members[member].muted_until == until {
            return Ok(Muted { conversation_id: id.as_str().to_owned(), muted_until });
        }
        let before = update.row.log;
        update.row.members[member].muted_until = until;
        update.bump_heads(&[member], before, now)?;
        match update.commit(cx, cx.db.begin()).await? {
            Outcome::Committed => return Ok(Muted { conversation_id: id.as_str().to_owned(), muted_until }),
            Outcome::Conflict(keys) => attempts.after_conflict(&keys).await?,
        }
    }
}

/// The end of a mute as it is answered: not at all once it has passed.
pub(crate) fn shown(until: u64, now: u64) -> Option<String> {
    (until > now).then(|| iso(until))
}

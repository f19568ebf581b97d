//! Which users see each other's presence, and what they see.
//!
//! Two users see each other when they share an open job, both show their presence, and neither blocks the other.
//! Nothing is said of anybody else, whatever the reason.

use super::{preferences, seen};
use crate::{
    base::{
        error::{Error, Result},
        id::UserId,
        time::iso,
    },
    context::Context,
    host::permission,
    keys,
};
use jobline_store::{Consistency, Key};
use jobline_wire::{Code, Presence, PresenceState};
use std::collections::BTreeSet;

/// How long somebody counts as online after they were active.
const ONLINE_MS: u64 = 120_000;
/// How long they count as having been there recently.
const RECENT_MS: u64 = 86_400_000;
/// What of the time they were last online is shown.
const HOUR_MS: u64 = 3_600_000;

/// The users whom `me` sees, and who see `me`: nobody where presence is off. Read strongly, since it is requested right
/// after a block or the end of a job, and cached until the next change.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn presence_peers(cx: &Context, me: &UserId) -> Result<Vec<UserId>> {
    if !cx.settings.presence {
        return Ok(Vec::new());
    }
    let people = permission::sharing_open_jobs(cx, me, Consistency::Strong).await?;
    Ok(who_show(cx, me, people, Consistency::Strong).await?.into_iter().map(|(user, _)| user).collect())
}

/// What `me` sees of `users`; those whom `me` does not see are left out. `active` says when a user was last active, for
/// those of whom the server knows.
///
/// # Errors
/// `not_offered` where presence is off; `unavailable`.
pub(crate) async fn of(
    cx: &Context,
    me: &UserId,
    users: &BTreeSet<UserId>,
    active: impl Fn(&UserId) -> Option<u64> + Send,
) -> Result<Vec<Presence>> {
    if !cx.settings.presence {
        return Err(Error::new(Code::NotOffered, "This deployment does not show who is there."));
    }
    let mut people = permission::sharing_open_jobs(cx, me, Consistency::Eventual).await?;
    people.retain(|user| users.contains(user));
    let now = cx.now();
    let shown = who_show(cx, me, people, Consistency::Eventual).await?.into_iter();
    Ok(shown.map(|(user, seen)| presence(&user, seen.max(active(&user)), now)).collect())
}

/// Those among `people` who show their presence, with when they were last seen; nobody when `me` does not show theirs.
async fn who_show(
    cx: &Context,
    me: &UserId,
    people: BTreeSet<UserId>,
    consistency: Consistency,
) -> Result<Vec<(UserId, Option<u64>)>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let people: Vec<UserId> = people.into_iter().collect();
    let of_each = people
        .iter()
        .flat_map(|user| [keys::preferences(user), keys::seen(user), keys::block(user, me), keys::block(me, user)]);
    let wanted: Vec<Key> = std::iter::once(keys::preferences(me)).chain(of_each).collect();
    let rows = cx.db.get_many(&wanted, consistency).await?;
    if !preferences::decode(rows[0].as_ref())?.presence {
        return Ok(Vec::new());
    }
    let mut shown = Vec::new();
    for (user, rows) in people.into_iter().zip(rows[1..].chunks(4)) {
        let blocked = rows[2].is_some() || rows[3].is_some();
        if !blocked && preferences::decode(rows[0].as_ref())?.presence {
            shown.push((user, seen::decode(rows[1].as_ref())?));
        }
    }
    Ok(shown)
}

fn presence(user: &UserId, last_active: Option<u64>, now: u64) -> Presence {
    let ago = last_active.map(|at| now.saturating_sub(at));
    let state = match ago {
        Some(0..ONLINE_MS) => PresenceState::Online,
        Some(ONLINE_MS..RECENT_MS) => PresenceState::Recent,
        _ => PresenceState::Away,
    };
    let last_active_at = last_active.map(|at| iso(at - at % HOUR_MS));
    Presence { id: user.to_string(), state, last_active_at }
}

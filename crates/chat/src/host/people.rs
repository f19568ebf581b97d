//! Users' names, pictures and addresses, as the host defines them.

use super::profile::ProfileRow;
use crate::{
    base::{
        error::{Error, Result},
        id::UserId,
        rows::{self, LAYOUT},
        text,
    },
    context::Context,
    keys,
};
use jobline_store::{Condition, Consistency};
use jobline_wire::{HostUser, HostUserInput, limits};

/// Creates or replaces a user's profile. The same again changes nothing.
///
/// # Errors
/// `invalid_request`, `unavailable`.
pub(crate) async fn put(cx: &Context, id: &UserId, input: HostUserInput) -> Result<HostUser> {
    text::line("name", &input.name)?;
    check_url(input.avatar_url.as_deref())?;
    check_email(input.email.as_deref())?;
    let row = ProfileRow { v: LAYOUT, name: input.name, avatar: input.avatar_url, email: input.email };
    let key = keys::profile(id);
    let stored = cx.db.get(&key, Consistency::Strong).await?;
    if stored.as_ref().map(rows::decode::<ProfileRow>).transpose()?.as_ref() != Some(&row) {
        cx.db.commit_unconditionally(cx.db.begin().put(key, Condition::Any, rows::encode(&row), None)).await?;
    }
    Ok(host_user(id, row))
}

/// A user's profile.
///
/// # Errors
/// `not_found`, `unavailable`.
pub(crate) async fn get(cx: &Context, id: &UserId) -> Result<HostUser> {
    match cx.db.get(&keys::profile(id), Consistency::Strong).await? {
        Some(row) => Ok(host_user(id, rows::decode(&row)?)),
        None => Err(Error::not_found("user")),
    }
}

/// Deletes a user's profile; their messages stay. No error when there is none.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn delete(cx: &Context, id: &UserId) -> Result<()> {
    cx.db.commit_unconditionally(cx.db.begin().delete(keys::profile(id), Condition::Any)).await
}

fn host_user(id: &UserId, row: ProfileRow) -> HostUser {
    HostUser { id: id.to_string(), name: row.name, avatar_url: row.avatar, email: row.email }
}

fn check_url(url: Option<&str>) -> Result<()> {
    let Some(url) = url else { return Ok(()) };
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let plain = |rest: &str| !rest.is_empty() && !rest.chars().any(|c| c.is_control() || c.is_whitespace());
    if url.len() <= limits::URL_BYTES && rest.is_some_and(plain) {
        return Ok(());
    }
    Err(Error::invalid("avatarUrl", "avatarUrl is an http or https URL of at most 2048 bytes."))
}

fn check_email(email: Option<&str>) -> Result<()> {
    let Some(email) = email else { return Ok(()) };
    let halves = email.rsplit_once('@').filter(|(user, domain)| !user.is_empty() && !domain.is_empty());
    let plain = !email.chars().any(|c| c.is_control() || c.is_whitespace());
    if email.len() <= limits::EMAIL_BYTES && halves.is_some() && plain {
        return Ok(());
    }
    Err(Error::invalid("email", "email is an address such as anna@example.com, of at most 254 bytes."))
}

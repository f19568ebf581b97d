//! Users' names, pictures and addresses, as the host defines them.

use super::{ended_row, profile::ProfileRow};
use crate::{
    base::{
        attempts::Attempts,
        error::{Error, Result},
        id::UserId,
        rows::{self, LAYOUT},
        text,
    },
    context::Context,
    keys,
    tasks::{
        row::Work,
        run::{self, Task},
    },
    user::pushes,
};
use jobline_store::{Condition, Consistency, Outcome};
use jobline_wire::{HostUser, HostUserInput, limits};

/// Creates or replaces a user's profile. A task announces a new name or picture to those who share a conversation. The
/// same again changes nothing.
///
/// # Errors
/// `invalid_request`, `unavailable`.
pub(crate) async fn put(cx: &Context, id: &UserId, input: HostUserInput) -> Result<HostUser> {
    text::line("name", &input.name)?;
    check_url(input.avatar_url.as_deref())?;
    check_email(input.email.as_deref())?;
    text::language(input.language.as_deref())?;
    let HostUserInput { name, avatar_url: avatar, email, language } = input;
    let row = ProfileRow { v: LAYOUT, name, avatar, email, language };
    replace(cx, id, Some(&row)).await?;
    Ok(host_user(id, row))
}

/// Stores `wanted`, or deletes the profile and ends the user's tokens where there is none.
async fn replace(cx: &Context, id: &UserId, wanted: Option<&ProfileRow>) -> Result<()> {
    let keys = [keys::profile(id), keys::head(id), keys::ended(id)];
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let found = cx.db.get_many(&keys, Consistency::Strong).await?;
        let stored: Option<ProfileRow> = found[0].as_ref().map(rows::decode).transpose()?;
        let ended = found[2].as_ref().map(rows::decode).transpose()?;
        let end = match wanted {
            Some(_) => ended_row::after_creation(ended, cx.now()),
            None => ended_row::after_deletion(ended, stored.is_some(), cx.now()),
        };
        if stored.as_ref() == wanted && end.is_none() {
            return Ok(());
        }
        let mut commit = cx.db.begin();
        let as_read = |at: usize| rows::as_read(found[at].as_ref());
        commit = match wanted {
            Some(row) => commit.put(keys[0].clone(), as_read(0), rows::encode(row), None),
            None => commit.delete(keys[0].clone(), as_read(0)),
        };
        if let Some(end) = end {
            commit = commit.put(keys[2].clone(), as_read(2), rows::encode(&end), None);
        }
        let telling = Task::new(cx, Work::TellPerson { user: id.to_string(), after: None });
        let is_told = look(stored.as_ref()) != look(wanted) && found[1].is_some();
        commit = match found[1] {
            _ if is_told => telling.put(commit),
            // Nobody has a conversation with the user, who has no head; if one begins meanwhile, they are told.
            None => commit.check(keys[1].clone(), Condition::Absent),
            Some(_) => commit,
        };
        let commit = commit.build()?;
        match cx.db.commit_built(&commit).await? {
            Outcome::Committed => {
                cx.ended.forget(id);
                // The update waits for its own turns.
                drop(attempts);
                if is_told {
                    run::begin(cx, telling, commit.version()).await;
                }
                return Ok(());
            }
            Outcome::Conflict(keys) => attempts.after_conflict(&keys).await?,
        }
    }
}

/// What others see of a profile.
fn look(row: Option<&ProfileRow>) -> Option<(&str, Option<&str>)> {
    row.map(|row| (row.name.as_str(), row.avatar.as_deref()))
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

/// Deletes a user's profile, ends their tokens and forgets their browsers; their messages stay. No error when there is none.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn delete(cx: &Context, id: &UserId) -> Result<()> {
    replace(cx, id, None).await?;
    pushes::remove_all(cx, id).await
}

fn host_user(id: &UserId, row: ProfileRow) -> HostUser {
    let ProfileRow { name, avatar: avatar_url, email, language, .. } = row;
    HostUser { id: id.to_string(), name, avatar_url, email, language }
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
    let halves = email.split_once('@').filter(|(user, domain)| !user.is_empty() && !domain.is_empty());
    // Characters that delimit an address in a mail header.
    let plain = |c: char| !(c.is_control() || c.is_whitespace() || "<>()[],;:\\\"".contains(c));
    let plain = email.chars().filter(|c| *c == '@').count() == 1 && email.chars().all(plain);
    if email.len() <= limits::EMAIL_BYTES && halves.is_some() && plain {
        return Ok(());
    }
    Err(Error::invalid("email", "email is an address such as anna@example.com, of at most 254 bytes."))
}

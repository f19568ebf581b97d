//! Preferences: what others see of a user, and how the user is told of messages.

use crate::{
    base::{
        attempts::Attempts,
        error::Result,
        id::UserId,
        rows::{self, LAYOUT},
    },
    context::Context,
    keys,
};
use jobline_store::{Condition, Consistency, Outcome};
use jobline_wire::{Preferences, SetPreferences};
use serde::{Deserialize, Serialize};

/// `USER#<id>` / `PREFERENCES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct PreferencesRow {
    v: u8,
    presence: bool,
    mail: bool,
    push: bool,
}

impl Default for PreferencesRow {
    /// Everything is on until the user says otherwise.
    fn default() -> Self {
        Self { v: LAYOUT, presence: true, mail: true, push: true }
    }
}

impl From<PreferencesRow> for Preferences {
    fn from(row: PreferencesRow) -> Self {
        Self { show_presence: row.presence, mail: row.mail, push: row.push }
    }
}

/// The user's preferences.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn get(cx: &Context, me: &UserId) -> Result<Preferences> {
    let row = cx.db.get(&keys::preferences(me), Consistency::Strong).await?;
    let row: Option<PreferencesRow> = row.as_ref().map(rows::decode).transpose()?;
    Ok(row.unwrap_or_default().into())
}

/// Changes what `input` names, and answers all.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn set(cx: &Context, me: &UserId, input: SetPreferences) -> Result<Preferences> {
    let key = keys::preferences(me);
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let stored = cx.db.get(&key, Consistency::Strong).await?;
        let known: Option<PreferencesRow> = stored.as_ref().map(rows::decode).transpose()?;
        let known = known.unwrap_or_default();
        let row = PreferencesRow {
            v: known.v,
            presence: input.show_presence.unwrap_or(known.presence),
            mail: input.mail.unwrap_or(known.mail),
            push: input.push.unwrap_or(known.push),
        };
        if row == known {
            return Ok(row.into());
        }
        let condition = stored.map_or(Condition::Absent, |stored| Condition::Version(stored.version));
        match cx.db.commit(cx.db.begin().put(key.clone(), condition, rows::encode(&row), None)).await? {
            Outcome::Committed => return Ok(row.into()),
            Outcome::Conflict(keys) => attempts.after_conflict(&keys).await?,
        }
    }
}

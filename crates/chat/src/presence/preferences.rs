//! What a user prefers: to show when they are online, and to be written to elsewhere.

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
use jobline_store::{Consistency, Outcome, Row};
use jobline_wire::{Preferences, SetPreferences};
use serde::{Deserialize, Serialize};

/// `USER#<id>` / `PREFERENCES`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PreferencesRow {
    v: u8,
    presence: bool,
    mail: bool,
    push: bool,
}

/// A user's preferences: everything is on until they say otherwise.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn get(cx: &Context, me: &UserId) -> Result<Preferences> {
    decode(cx.db.get(&keys::preferences(me), Consistency::Strong).await?.as_ref())
}

/// Changes those that are named; the others stay. The same again changes nothing.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn set(cx: &Context, me: &UserId, input: SetPreferences) -> Result<Preferences> {
    let key = keys::preferences(me);
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let stored = cx.db.get(&key, attempts.consistency()).await?;
        let before = decode(stored.as_ref())?;
        let after = Preferences {
            show_presence: input.show_presence.unwrap_or(before.show_presence),
            mail: input.mail.unwrap_or(before.mail),
            push: input.push.unwrap_or(before.push),
        };
        if after == before {
            return Ok(after);
        }
        let condition = rows::as_read(stored.as_ref());
        let row = PreferencesRow { v: LAYOUT, presence: after.show_presence, mail: after.mail, push: after.push };
        match cx.db.commit(cx.db.begin().put(key.clone(), condition, rows::encode(&row), None)).await? {
            Outcome::Committed => return Ok(after),
            Outcome::Conflict(keys) => attempts.after_conflict(&keys).await?,
        }
    }
}

/// The preferences in a row, or those of a user who has none.
///
/// # Errors
/// `unavailable` for a row that cannot be read.
pub(super) fn decode(row: Option<&Row>) -> Result<Preferences> {
    let row: Option<PreferencesRow> = row.map(rows::decode).transpose()?;
    Ok(match row {
        Some(row) => Preferences { show_presence: row.presence, mail: row.mail, push: row.push },
        None => Preferences { show_presence: true, mail: true, push: true },
    })
}

//! What a user prefers: to show when they are online, and to be written to elsewhere.

use crate::{
    base::{
        attempts::Attempts,
        error::Result,
        id::UserId,
        rows::{self, LAYOUT},
        text,
    },
    context::Context,
    keys,
    user::blocked,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
}

/// A user's preferences: everything is on until they say otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredPreferences {
    pub presence: bool,
    pub mail: bool,
    pub push: bool,
    /// That of mail and push, if they chose one.
    pub language: Option<String>,
}

/// A user's preferences.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn stored(cx: &Context, me: &UserId) -> Result<StoredPreferences> {
    decode(cx.db.get(&keys::preferences(me), Consistency::Strong).await?.as_ref())
}

/// A user's preferences, with whom they block.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn get(cx: &Context, me: &UserId) -> Result<Preferences> {
    answer(cx, me, stored(cx, me).await?).await
}

async fn answer(cx: &Context, me: &UserId, stored: StoredPreferences) -> Result<Preferences> {
    let StoredPreferences { presence, mail, push, language } = stored;
    let blocked = blocked::people(cx, me).await?;
    Ok(Preferences { show_presence: presence, mail, push, language, push_key: None, blocked })
}

/// Changes those that are named; the others stay. The same again changes nothing.
///
/// # Errors
/// `invalid_request`, `unavailable`.
pub(crate) async fn set(cx: &Context, me: &UserId, input: SetPreferences) -> Result<Preferences> {
    text::language(input.language.as_ref().and_then(Option::as_deref))?;
    let key = keys::preferences(me);
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let stored = cx.db.get(&key, attempts.consistency()).await?;
        let before = decode(stored.as_ref())?;
        let after = StoredPreferences {
            presence: input.show_presence.unwrap_or(before.presence),
            mail: input.mail.unwrap_or(before.mail),
            push: input.push.unwrap_or(before.push),
            language: input.language.clone().unwrap_or_else(|| before.language.clone()),
        };
        if after == before {
            return answer(cx, me, after).await;
        }
        let condition = rows::as_read(stored.as_ref());
        let StoredPreferences { presence, mail, push, language } = after.clone();
        let row = PreferencesRow { v: LAYOUT, presence, mail, push, language };
        match cx.db.commit(cx.db.begin().put(key.clone(), condition, rows::encode(&row), None)).await? {
            Outcome::Committed => {
                if after.presence != before.presence {
                    cx.announcer.relations_changed(&[me]);
                }
                return answer(cx, me, after).await;
            }
            Outcome::Conflict(keys) => attempts.after_conflict(&keys).await?,
        }
    }
}

/// The preferences in a row, or the defaults if there is none.
///
/// # Errors
/// `unavailable` for a row that cannot be read.
pub(super) fn decode(row: Option<&Row>) -> Result<StoredPreferences> {
    let row: Option<PreferencesRow> = row.map(rows::decode).transpose()?;
    Ok(match row {
        Some(PreferencesRow { presence, mail, push, language, .. }) => {
            StoredPreferences { presence, mail, push, language }
        }
        None => StoredPreferences { presence: true, mail: true, push: true, language: None },
    })
}

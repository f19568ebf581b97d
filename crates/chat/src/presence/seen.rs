//! When a user was last online, which others see afterwards.

use crate::{
    base::{
        error::Result,
        id::UserId,
        rows::{self, LAYOUT},
    },
    context::Context,
    keys,
};
use jobline_store::{Condition, Row};
use serde::{Deserialize, Serialize};

/// `USER#<id>` / `SEEN`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SeenRow {
    v: u8,
    at: u64,
}

/// Records that `me` is there now, unless presence is off. One write; callers make it at most every few minutes.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn record(cx: &Context, me: &UserId) -> Result<()> {
    if !cx.settings.presence {
        return Ok(());
    }
    let row = SeenRow { v: LAYOUT, at: cx.now() };
    cx.db.commit_unconditionally(cx.db.begin().put(keys::seen(me), Condition::Any, rows::encode(&row), None)).await
}

/// When the user of this row was last there, in Unix milliseconds.
///
/// # Errors
/// `unavailable` for a row that cannot be read.
pub(super) fn decode(row: Option<&Row>) -> Result<Option<u64>> {
    let row: Option<SeenRow> = row.map(rows::decode).transpose()?;
    Ok(row.map(|row| row.at))
}

//! The retention under which the rows of a table were written so far.

use super::{
    clock::Random,
    error::Result,
    retention::Retention,
    rows::{self, LAYOUT},
};
use crate::{Settings, keys};
use jobline_store::{Commit, Consistency, Store, Token};
use serde::{Deserialize, Serialize};

/// `SYSTEM` / `RETENTION`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RetentionRow {
    v: u8,
    message_days: u32,
    file_days: u32,
}

/// Stores the retention of this start, and returns a warning if the previous one was shorter: rows carry the time at
/// which the engine deletes them, so rows written under a shorter retention are still deleted by it.
///
/// If several servers start at once with different settings, the last one is stored.
///
/// # Errors
/// `unavailable`, if the row cannot be read or written.
pub async fn retention_warning(table: &dyn Store, random: &dyn Random, settings: Settings) -> Result<Option<String>> {
    let now = settings.retention();
    let mine = RetentionRow { v: LAYOUT, message_days: now.message_days, file_days: now.file_days };
    let row = table.get(&keys::retention(), Consistency::Strong).await?;
    let before: Option<RetentionRow> = row.as_ref().map(rows::decode).transpose()?;
    if before == Some(mine) {
        return Ok(None);
    }
    let condition = rows::as_read(row.as_ref());
    let put = Commit::builder(Token(random.bits())).put(keys::retention(), condition, rows::encode(&mine), None);
    // A conflict means that another server has just stored its own.
    let _outcome = table.commit(&put.build()?).await?;
    Ok(before.and_then(|before| {
        let before = Retention { message_days: before.message_days, file_days: before.file_days };
        warning("--retention-days", before.message_days, now.message_days)
            .or_else(|| warning("--file-retention-days", before.file_days, now.file_days))
    }))
}

/// The warning when `flag` went from `before` to `now` days, if that is longer; 0 days means unlimited.
fn warning(flag: &str, before: u32, now: u32) -> Option<String> {
    let longer = before > 0 && (now == 0 || now > before);
    longer.then(|| {
        format!(
            "{flag} was {before} until now: what was written meanwhile is still deleted after {before} days; {now} holds \
             for what is written from this start on"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::warning;

    #[test]
    fn a_longer_retention_is_warned_about_and_a_shorter_one_is_not() {
        assert_eq!(warning("--retention-days", 30, 30), None);
        assert_eq!(warning("--retention-days", 30, 7), None);
        assert_eq!(warning("--retention-days", 0, 7), None);
        assert!(warning("--retention-days", 30, 90).is_some_and(|text| text.starts_with("--retention-days was 30")));
        assert!(warning("--retention-days", 30, 0).is_some_and(|text| text.contains("after 30 days")));
    }
}

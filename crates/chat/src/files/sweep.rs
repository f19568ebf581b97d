//! Sweeping: bytes that no message uses, and expired ones.
//!
//! Ids begin with the time when a file was announced and are listed in that order. So a sweep reads the files older
//! than the retention, which come first, and those announced since the last sweep that can no longer be sent. Files
//! without a row are not touched: it may belong to a table that was restored from a backup and knows less than there
//! is.

use super::{
    accept::file_of,
    port::Kept,
    row::{CLOCKS_MS, FileRow, GRACE_MS, WAIT_MS},
};
use crate::{
    base::{
        error::Result,
        id::MessageId,
        rows::{self, LAYOUT},
    },
    context::Context,
    keys,
};
use jobline_store::{Condition, Consistency, Key, Outcome, Row};
use serde::{Deserialize, Serialize};

/// How many files a sweep processes between two reads.
const PAGE: usize = 100;
/// How far back the first sweep looks.
const FIRST_MS: u64 = 2 * 86_400_000;

/// `SYSTEM` / `SWEEP`: everything announced before this instant was processed.
#[derive(Serialize, Deserialize)]
struct SweepRow {
    v: u8,
    to: u64,
}

/// Deletes the bytes of files that no message can use any more, or that have expired. Answers how many.
///
/// # Errors
/// `unavailable`; deleted files stay deleted, and the next sweep continues.
pub(crate) async fn sweep(cx: &Context) -> Result<usize> {
    let now = cx.now();
    let over = now.saturating_sub(WAIT_MS + GRACE_MS);
    let never_kept = cx.files.drop_uploads(over).await?;
    let expired = sweep_expired(cx, now).await?;
    Ok(never_kept + expired + sweep_left_over(cx, over.saturating_sub(CLOCKS_MS)).await?)
}

/// From the oldest on, as long as they are older than what is kept.
async fn sweep_expired(cx: &Context, now: u64) -> Result<usize> {
    let (horizon, mut deleted) = (cx.retention.file_horizon(now), 0);
    if horizon == 0 {
        return Ok(0);
    }
    loop {
        let page = cx.files.list(None, PAGE).await?;
        // A message names a file within this time of when it was announced.
        let within = WAIT_MS + CLOCKS_MS;
        let expired = page.iter().take_while(|kept| announced_at(kept).is_some_and(|at| at + within < horizon));
        let before = deleted;
        for kept in expired {
            cx.files.delete(&kept.id).await?;
            deleted += 1;
        }
        if deleted - before < PAGE {
            return Ok(deleted);
        }
    }
}

/// Files announced before `over` and since the last sweep that were not sent.
async fn sweep_left_over(cx: &Context, over: u64) -> Result<usize> {
    let known = cx.db.get(&keys::sweep(), Consistency::Strong).await?;
    let known: Option<SweepRow> = known.as_ref().map(rows::decode).transpose()?;
    let from = known.map_or_else(|| over.saturating_sub(FIRST_MS), |row| row.to);
    let (mut after, mut deleted) = (format!("file_{from}"), 0);
    loop {
        let mut page = cx.files.list(Some(&after), PAGE).await?;
        page.retain(|kept| announced_at(kept).is_some_and(|at| at < over));
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        deleted += delete_unused(cx, &page).await?;
    }
    if from < over {
        let row = rows::encode(&SweepRow { v: LAYOUT, to: over });
        cx.db.commit_unconditionally(cx.db.begin().put(keys::sweep(), Condition::Any, row, None)).await?;
    }
    Ok(deleted)
}

async fn delete_unused(cx: &Context, page: &[Kept]) -> Result<usize> {
    let mut wanted: Vec<_> = page.iter().map(|kept| keys::file(file_of(&kept.id))).collect();
    wanted.dedup();
    let found = cx.db.get_many(&wanted, Consistency::Strong).await?;
    let (mut deleted, mut dropped) = (0, None);
    for kept in page {
        let key = keys::file(file_of(&kept.id));
        let row = wanted.iter().position(|one| *one == key).and_then(|at| found[at].as_ref());
        let Some(row) = row else { continue };
        // Expired rows that the engine has not deleted yet are used as well.
        let file: FileRow = rows::decode(row)?;
        let is_unused = match file.used {
            Some(_) => !file.is_sent_as(&kept.id),
            // Several attempts to send it may have left something.
            None => dropped.as_ref() == Some(&key) || drop_row(cx, &key, row).await?,
        };
        if is_unused {
            cx.files.delete(&kept.id).await?;
            (deleted, dropped) = (deleted + 1, file.used.is_none().then_some(key));
        }
    }
    Ok(deleted)
}

/// Deletes the row of a file that was not sent, so that a send which is under way after all fails. `false` when it has
/// happened.
async fn drop_row(cx: &Context, key: &Key, row: &Row) -> Result<bool> {
    let drop = cx.db.begin().delete(key.clone(), Condition::Version(row.version));
    Ok(cx.db.commit(drop).await? == Outcome::Committed)
}

impl FileRow {
    /// Whether a message names the file under `name`.
    fn is_sent_as(&self, name: &str) -> bool {
        let used = self.used.as_deref().and_then(MessageId::new);
        used.is_some() && self.kept.as_ref().map_or(file_of(name), |kept| kept.name.as_str()) == name
    }
}

/// When the id of a file was made: `file_<unix ms>_<nanoid>`.
fn announced_at(kept: &Kept) -> Option<u64> {
    kept.id.strip_prefix("file_")?.split_once('_')?.0.parse().ok()
}

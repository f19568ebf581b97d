//! Sweeping: bytes that no message names, and those whose time is over.
//!
//! Ids begin with the time when a file was announced and are listed in that order. So a sweep looks at what is older than
//! the retention, which is at the beginning, and at what was announced since the last sweep and can be sent no more. What
//! no row tells of is left alone: it may belong to a table that was restored from a backup and knows less than there is.

use crate::{
    base::error::Result,
    base::id::MessageId,
    base::rows::{self, LAYOUT},
    chat::Chat,
    files::accept::file_of,
    files::port::Kept,
    files::row::{CLOCKS_MS, FileRow, GRACE_MS, WAIT_MS},
    keys,
};
use jobline_store::{Condition, Consistency, Key, Outcome, Row};
use serde::{Deserialize, Serialize};

/// How many files one sweep looks at between two reads.
const PAGE: usize = 100;
/// How far back the first sweep looks.
const FIRST_MS: u64 = 2 * 86_400_000;

/// `SYSTEM` / `SWEEP`: everything announced before this instant was looked at.
#[derive(Serialize, Deserialize)]
struct SweepRow {
    v: u8,
    to: u64,
}

impl Chat {
    /// Deletes the bytes of files that no message will ever name, or whose time is over. Answers how many.
    ///
    /// # Errors
    /// `unavailable`; what was deleted stays deleted, and the next sweep goes on.
    pub async fn sweep(&self) -> Result<usize> {
        let now = self.now();
        let over = now.saturating_sub(WAIT_MS + GRACE_MS);
        let never_kept = self.files().drop_uploads(over).await?;
        let expired = self.sweep_expired(now).await?;
        Ok(never_kept + expired + self.sweep_left_over(over.saturating_sub(CLOCKS_MS)).await?)
    }

    /// From the oldest on, as long as they are older than what is kept.
    async fn sweep_expired(&self, now: u64) -> Result<usize> {
        let (horizon, mut deleted) = (self.file_horizon(now), 0);
        if horizon == 0 {
            return Ok(0);
        }
        loop {
            let page = self.files().list(None, PAGE).await?;
            // A message names a file within this time of when it was announced.
            let within = WAIT_MS + CLOCKS_MS;
            let expired = page.iter().take_while(|kept| announced_at(kept).is_some_and(|at| at + within < horizon));
            let before = deleted;
            for kept in expired {
                self.files().delete(&kept.id).await?;
                deleted += 1;
            }
            if deleted - before < PAGE {
                return Ok(deleted);
            }
        }
    }

    /// What was announced before `over` and since the last sweep, and did not come into a message.
    async fn sweep_left_over(&self, over: u64) -> Result<usize> {
        let known = self.get(&keys::sweep(), Consistency::Strong).await?;
        let known: Option<SweepRow> = known.as_ref().map(rows::decode).transpose()?;
        let from = known.map_or_else(|| over.saturating_sub(FIRST_MS), |row| row.to);
        let (mut after, mut deleted) = (format!("file_{from}"), 0);
        loop {
            let mut page = self.files().list(Some(&after), PAGE).await?;
            page.retain(|kept| announced_at(kept).is_some_and(|at| at < over));
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            deleted += self.delete_unused(&page).await?;
        }
        if from < over {
            let row = rows::encode(&SweepRow { v: LAYOUT, to: over });
            self.commit_unconditionally(self.begin().put(keys::sweep(), Condition::Any, row, None)).await?;
        }
        Ok(deleted)
    }

    async fn delete_unused(&self, page: &[Kept]) -> Result<usize> {
        let mut wanted: Vec<_> = page.iter().map(|kept| keys::file(file_of(&kept.id))).collect();
        wanted.dedup();
        let found = self.get_many(&wanted, Consistency::Strong).await?;
        let (mut deleted, mut dropped) = (0, None);
        for kept in page {
            let key = keys::file(file_of(&kept.id));
            let row = wanted.iter().position(|one| *one == key).and_then(|at| found[at].as_ref());
            let Some(row) = row else { continue };
            // A row that has expired and is still there tells the same.
            let file: FileRow = rows::decode(row)?;
            let is_unused = match file.used {
                Some(_) => !file.is_sent_as(&kept.id),
                // Several attempts to send it may have left something.
                None => dropped.as_ref() == Some(&key) || self.drop_row(&key, row).await?,
            };
            if is_unused {
                self.files().delete(&kept.id).await?;
                (deleted, dropped) = (deleted + 1, file.used.is_none().then_some(key));
            }
        }
        Ok(deleted)
    }

    /// Deletes the row of a file that was not sent, so that a send which is under way after all fails. `false` when it has
    /// happened.
    async fn drop_row(&self, key: &Key, row: &Row) -> Result<bool> {
        let drop = self.begin().delete(key.clone(), Condition::Version(row.version));
        Ok(self.commit(drop).await? == Outcome::Committed)
    }
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

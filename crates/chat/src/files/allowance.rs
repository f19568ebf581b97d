//! What a user may announce: so many files a minute, and so many bytes that wait for their message at a time.
//!
//! Both are kept in one row of the user's, so they hold on every server alike. A send does not touch that row: which of
//! the files were sent is only looked up when the limit is reached.

use super::row::{FileRow, WAIT_MS};
use crate::{
    base::{
        error::{Error, Result},
        rate::Bucket,
        rows::{self, LAYOUT},
    },
    context::Context,
    keys,
};
use jobline_store::{Consistency, Row};
use jobline_wire::Code;
use serde::{Deserialize, Serialize};

/// Bytes that a user may have announced and not sent.
const WAITING_BYTES: u64 = 100 * 1024 * 1024;
/// The least that a file counts for, which also keeps the row small: 200 files at a time.
const LEAST_BYTES: u64 = 512 * 1024;

/// A file that was announced: its id, its size, when that was.
type Waiting = (String, u64, u64);

/// `USER#<id>` / `UPLOADS`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UploadsRow {
    v: u8,
    /// What may still be announced in this minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bucket: Option<Bucket>,
    /// What was announced within the last hour, and not found to be sent.
    waiting: Vec<Waiting>,
}

impl Default for UploadsRow {
    fn default() -> Self {
        Self { v: LAYOUT, bucket: None, waiting: Vec::new() }
    }
}

impl UploadsRow {
    fn fits(&self, size: u64) -> bool {
        let bytes: u64 = self.waiting.iter().map(|(_, size, _)| (*size).max(LEAST_BYTES)).sum();
        bytes + size.max(LEAST_BYTES) <= WAITING_BYTES
    }
}

/// The user's row after one more announcement, and why the file of `size` bytes is refused, if it is. A refusal counts
/// as an announcement, too: it had to look up which files were sent.
///
/// # Errors
/// `rate_limited`, when not even the row is to be written; `unavailable`.
pub(crate) async fn allow(
    cx: &Context,
    row: Option<&Row>,
    id: &str,
    size: u64,
    now: u64,
) -> Result<(UploadsRow, Option<Error>)> {
    let mut uploads: UploadsRow = rows::live(row, now)?.unwrap_or_default();
    let rate = cx.settings.upload_rate;
    if rate > 0 {
        let bucket = uploads.bucket.unwrap_or_else(|| Bucket::full(rate, now));
        uploads.bucket = Some(bucket.take(rate, now).map_err(|wait| too_many(rate, wait))?);
    }
    uploads.waiting.retain(|(.., at)| at + WAIT_MS > now);
    if !uploads.fits(size) {
        remove_sent_files(cx, &mut uploads).await?;
    }
    if !uploads.fits(size) {
        let oldest = uploads.waiting.iter().map(|(.., at)| *at).min().unwrap_or(now);
        return Ok((uploads, Some(too_much((oldest + WAIT_MS).saturating_sub(now)))));
    }
    uploads.waiting.push((id.to_owned(), size, now));
    Ok((uploads, None))
}

/// Removes from the waiting files those that are in a message, or gone.
async fn remove_sent_files(cx: &Context, uploads: &mut UploadsRow) -> Result<()> {
    let wanted: Vec<_> = uploads.waiting.iter().map(|(id, ..)| keys::file(id)).collect();
    let found = cx.db.get_many(&wanted, Consistency::Strong).await?;
    let mut waits = Vec::with_capacity(found.len());
    for row in &found {
        let file: Option<FileRow> = row.as_ref().map(rows::decode).transpose()?;
        waits.push(file.is_some_and(|file| file.used.is_none()));
    }
    let mut waits = waits.into_iter();
    uploads.waiting.retain(|_| waits.next().unwrap_or(true));
    Ok(())
}

fn too_many(rate: u32, wait: u64) -> Error {
    let detail =
        format!("At most {rate} files a minute are accepted. Announce it again in {} s.", wait.div_ceil(1_000));
    Error { retry_after_ms: Some(wait), ..Error::new(Code::RateLimited, detail) }
}

fn too_much(wait: u64) -> Error {
    let detail = "At most 100 MB, or 200 files, may wait for their messages at a time. Send what was uploaded, or wait \
                  until it expires an hour after it was announced.";
    Error { retry_after_ms: Some(wait.max(1)), ..Error::new(Code::RateLimited, detail) }
}

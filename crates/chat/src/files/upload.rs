//! Files: announced, uploaded, used once, swept when nobody did.

use crate::{
    base::clock::nanoid,
    base::error::{Error, Result},
    base::id::UserId,
    base::rows::{self, LAYOUT},
    chat::Chat,
    files::media,
    files::port::{Kept, UploadGrant},
    keys,
    messages::send::addressed,
};
use jobline_store::{Condition, Consistency};
use jobline_wire::{UploadFile, UploadTarget};
use serde::{Deserialize, Serialize};

/// How long an upload URL is good for.
const UPLOAD_MS: u64 = 5 * 60_000;
/// How long a file may wait for its message.
const WAIT_MS: u64 = 24 * 3_600_000;
/// How much longer its bytes stay.
const GRACE_MS: u64 = 3_600_000;
/// How many files one sweep looks at between two reads.
const SWEEP_PAGE: usize = 100;

/// `FILE#<id>` / `FILE#<id>`: what was announced, by whom, for which conversation, and which message it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRow {
    pub v: u8,
    pub owner: String,
    pub conversation: String,
    pub name: String,
    pub size: u64,
    #[serde(rename = "type")]
    pub content_type: String,
    /// When it was announced.
    pub at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<String>,
}

impl FileRow {
    /// Whether it waited for its message as long as files may. Its bytes stay an hour longer, so that no send that is
    /// under way finds them gone.
    pub fn is_stale(&self, now: u64) -> bool {
        self.at + WAIT_MS < now
    }
}

impl Chat {
    /// Where to put a file's bytes, for five minutes, and what to name in `send` afterwards.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_file`, `file_too_large`, `not_found`, `not_job_participant`, `job_closed`,
    /// `unavailable`.
    pub async fn upload_file(&self, me: &UserId, input: UploadFile) -> Result<UploadTarget> {
        let (id, must_exist) = addressed(me, input.receiver_id.as_deref(), input.conversation_id.as_deref())?;
        let content_type = media::announced(&input.file_name, input.file_size, &input.content_type)?;
        let sha256 = input.sha256.as_deref().map(check_sha256).transpose()?;
        if must_exist && self.get(&keys::conversation(&id), Consistency::Strong).await?.is_none() {
            return Err(Error::not_found("conversation"));
        }
        let side = id.side(me).ok_or_else(|| Error::not_found("conversation"))?;
        self.permit((me, &id.pair()[1 - side]), None, None, Consistency::Strong).await?;
        let now = self.now();
        let file_id = format!("file_{now}_{}", nanoid(self.random()));
        let row = FileRow {
            v: LAYOUT,
            owner: me.to_string(),
            conversation: id.as_str().to_owned(),
            name: input.file_name,
            size: input.file_size,
            content_type,
            at: now,
            used: None,
        };
        let expires = Some((now + WAIT_MS + GRACE_MS).div_ceil(1_000));
        let put = self.begin().put(keys::file(&file_id), Condition::Absent, rows::encode(&row), expires);
        self.commit_unconditionally(put).await?;
        let grant = UploadGrant {
            id: &file_id,
            size: row.size,
            content_type: &row.content_type,
            sha256: sha256.as_deref(),
            expires_ms: now + UPLOAD_MS,
        };
        self.files().upload_target(&grant).await
    }

    /// When the engine may drop the row of a file whose message was accepted at `at`.
    pub(crate) fn file_expires(&self, at: u64) -> Option<u64> {
        let settings = self.settings();
        let days =
            [settings.retention_days, settings.file_retention_days].into_iter().filter(|days| *days > 0).min()?;
        Some((at + u64::from(days) * 86_400_000).div_ceil(1_000))
    }

    /// Deletes the bytes of files that no message will ever name, or whose time is over. Answers how many.
    ///
    /// # Errors
    /// `unavailable`; what was deleted stays deleted, and the next sweep goes on.
    pub async fn sweep(&self) -> Result<usize> {
        let (mut deleted, mut after) = (0, None);
        loop {
            let page = self.files().list(after.as_deref(), SWEEP_PAGE).await?;
            let Some(last) = page.last() else { return Ok(deleted) };
            after = Some(last.id.clone());
            let wanted: Vec<_> = page.iter().map(|kept| keys::file(&kept.id)).collect();
            let found = self.get_many(&wanted, Consistency::Strong).await?;
            let now = self.now();
            for (kept, row) in page.iter().zip(found) {
                if self.is_over(kept, rows::live(row.as_ref(), now)?, now) {
                    self.files().delete(&kept.id).await?;
                    deleted += 1;
                }
            }
        }
    }

    fn is_over(&self, kept: &Kept, row: Option<FileRow>, now: u64) -> bool {
        match row {
            // The row is written before the URL is given out, so bytes without one are left over.
            None => announced_at(kept).is_none_or(|at| at + GRACE_MS < now),
            Some(FileRow { used: Some(message), .. }) => crate::base::id::MessageId::new(&message)
                .is_some_and(|message| message.at_ms() < self.file_horizon(now)),
            Some(file) => file.at + WAIT_MS + GRACE_MS < now,
        }
    }
}

/// When the id of a file was made: `file_<unix ms>_<nanoid>`.
fn announced_at(kept: &Kept) -> Option<u64> {
    kept.id.strip_prefix("file_")?.split_once('_')?.0.parse().ok()
}

fn check_sha256(text: &str) -> Result<String> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(Error::invalid("sha256", "sha256 has 64 hexadecimal digits."))
}

//! Files: announced, uploaded, used once.

use crate::{
    chat::Chat,
    clock::nanoid,
    error::{Error, Result},
    files::UploadGrant,
    id::UserId,
    keys, media,
    rows::{self, LAYOUT},
    send::addressed,
};
use jobline_store::{Condition, Consistency, Outcome};
use jobline_wire::{Code, UploadFile, UploadTarget};
use serde::{Deserialize, Serialize};

/// How long an upload URL is good for.
const UPLOAD_MS: u64 = 5 * 60_000;
/// How long a file may wait for its message.
pub(crate) const WAIT_MS: u64 = 3_600_000;
/// How much longer its bytes stay, so that no send that is under way finds them gone.
pub(crate) const GRACE_MS: u64 = 5 * 60_000;
/// How long its row stays, which tells the sweep that nobody sent the file.
const ROW_MS: u64 = 86_400_000;

/// How the bytes of a file are kept that a message names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptAs {
    /// What the engine knows them by: the file's id, or that and a suffix.
    pub name: String,
    /// Bytes, which are fewer than were announced when metadata was removed.
    pub size: u64,
    /// Of an image that browsers show: pixels as it is seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}

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
    /// Missing in what older servers sent: those files are known by their ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<KeptAs>,
}

impl FileRow {
    /// Whether it waited for its message as long as files may.
    pub fn is_stale(&self, now: u64) -> bool {
        self.at + WAIT_MS < now
    }
}

impl Chat {
    /// Where to put a file's bytes, for five minutes, and what to name in `send` afterwards.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_file`, `file_too_large`, `not_found`, `not_job_participant`, `job_closed`,
    /// `rate_limited`, `unavailable`.
    pub async fn upload_file(&self, me: &UserId, input: UploadFile) -> Result<UploadTarget> {
        let (id, must_exist) = addressed(me, input.receiver_id.as_deref(), input.conversation_id.as_deref())?;
        let announced = media::announced(&input.file_name, input.file_size, &input.content_type)?;
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
            name: announced.name,
            size: input.file_size,
            content_type: announced.content_type.to_owned(),
            at: now,
            used: None,
            kept: None,
        };
        let grant = UploadGrant {
            id: &file_id,
            size: row.size,
            content_type: &row.content_type,
            sha256: sha256.as_deref(),
            expires_ms: now + UPLOAD_MS,
        };
        // First, for an engine without room refuses here.
        let target = self.files().upload_target(&grant).await?;
        self.announce(me, &file_id, &row).await?;
        Ok(target)
    }

    /// Writes the row of a file together with what it takes of the user's allowance.
    async fn announce(&self, me: &UserId, id: &str, file: &FileRow) -> Result<()> {
        let (key, now) = (keys::uploads(me), file.at);
        let mut attempts = self.attempts();
        loop {
            let row = self.get(&key, attempts.consistency()).await?;
            let uploads = match self.allow_upload(row.as_ref(), id, file.size, now).await {
                // What was read may have been stale.
                Err(refusal) if attempts.may_be_stale() && refusal.code != Code::Unavailable => {
                    attempts.insist();
                    continue;
                }
                decided => rows::encode(&decided?),
            };
            let condition = row.map_or(Condition::Absent, |row| Condition::Version(row.version));
            let expires = |ms: u64| Some((now + ms).div_ceil(1_000));
            let commit = self.begin().put(key.clone(), condition, uploads, expires(WAIT_MS));
            let commit = commit.put(keys::file(id), Condition::Absent, rows::encode(file), expires(ROW_MS));
            match self.commit(commit).await? {
                Outcome::Committed => return Ok(()),
                Outcome::Conflict(keys) => attempts.again(&keys).await?,
            }
        }
    }

    /// When the engine may drop the row of a file whose message was accepted at `at`.
    pub(crate) fn file_expires(&self, at: u64) -> Option<u64> {
        let settings = self.settings();
        let days =
            [settings.retention_days, settings.file_retention_days].into_iter().filter(|days| *days > 0).min()?;
        Some((at + u64::from(days) * 86_400_000).div_ceil(1_000))
    }
}

fn check_sha256(text: &str) -> Result<String> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(Error::invalid("sha256", "sha256 has 64 hexadecimal digits."))
}

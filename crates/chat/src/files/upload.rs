//! Files: announced, uploaded, used once.

use crate::{
    base::clock::nanoid,
    base::error::{Error, Result},
    base::id::UserId,
    base::rows::{self, LAYOUT},
    chat::Chat,
    files::{
        media,
        port::UploadGrant,
        row::{FileRow, ROW_MS, WAIT_MS},
    },
    keys,
    messages::send::addressed,
};
use jobline_store::{Condition, Consistency, Outcome};
use jobline_wire::{Code, UploadFile, UploadTarget};

/// How long an upload URL is good for.
const UPLOAD_MS: u64 = 5 * 60_000;
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

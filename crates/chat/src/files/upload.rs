//! `uploadFile`: announcing a file, and where to put its bytes.

use super::{
    allowance,
    port::UploadGrant,
    row::{FileRow, ROW_MS, WAIT_MS},
};
use crate::{
    base::{
        attempts::Attempts,
        clock::nanoid,
        error::{Error, Result},
        id::{ConversationId, UserId},
        rows::{self, LAYOUT},
    },
    context::Context,
    conversation::{access, crew},
    host::permission,
    keys,
    user::blocks,
};
use jobline_store::{Condition, Consistency, Outcome};
use jobline_wire::{Code, UploadFile, UploadTarget};

/// How long an upload URL is valid.
const UPLOAD_MS: u64 = 5 * 60_000;

/// Where to upload a file's bytes, for five minutes, and the URL to pass to `send` afterwards.
///
/// # Errors
/// `invalid_request`, `invalid_file`, `file_too_large`, `not_found`, `not_job_participant`, `job_closed`, `rate_limited`,
/// `unavailable`.
pub(crate) async fn upload_file(cx: &Context, me: &UserId, input: UploadFile) -> Result<UploadTarget> {
    let (id, must_exist) = access::addressed(me, input.receiver_id.as_deref(), input.conversation_id.as_deref())?;
    let announced = jobline_media::announced(&input.file_name, input.file_size, &input.content_type)?;
    let sha256 = input.sha256.as_deref().map(check_sha256).transpose()?;
    check_permission(cx, me, &id, must_exist).await?;
    let now = cx.now();
    let file_id = format!("file_{now}_{}", nanoid(&*cx.random));
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
    // Before the row is written, because an engine without room refuses here.
    let target = cx.files.upload_target(&grant).await?;
    announce(cx, me, &file_id, &row).await?;
    Ok(target)
}

/// Whether `me` may write in the conversation now.
async fn check_permission(cx: &Context, me: &UserId, id: &ConversationId, must_exist: bool) -> Result<()> {
    if let Some(job) = id.crew_job() {
        return crew::writer(cx, id, job, me).await.map(drop);
    }
    if must_exist && cx.db.get(&keys::conversation(id), Consistency::Strong).await?.is_none() {
        return Err(Error::not_found("conversation"));
    }
    let (_, other) = id.side(me).ok_or_else(|| Error::not_found("conversation"))?;
    permission::check(cx, (me, other), None, None, Consistency::Strong).await?;
    if blocks::is_blocked(cx, me, other).await? { Err(blocks::unavailable()) } else { Ok(()) }
}

/// Writes the row of a file together with what it takes of the user's allowance.
async fn announce(cx: &Context, me: &UserId, id: &str, file: &FileRow) -> Result<()> {
    let (key, now) = (keys::uploads(me), file.at);
    let mut attempts = Attempts::new(&cx.db);
    loop {
        let row = cx.db.get(&key, attempts.consistency()).await?;
        let (uploads, refusal) = match allowance::allow(cx, row.as_ref(), id, file.size, now).await {
            // The row may have been stale.
            Err(Error { code: Code::RateLimited, .. }) | Ok((_, Some(_))) if attempts.may_be_stale() => {
                attempts.read_strongly();
                continue;
            }
            decided => decided?,
        };
        let condition = rows::as_read(row.as_ref());
        let expires = |ms: u64| Some((now + ms).div_ceil(1_000));
        let mut commit = cx.db.begin().put(key.clone(), condition, rows::encode(&uploads), expires(WAIT_MS));
        if refusal.is_none() {
            commit = commit.put(keys::file(id), Condition::Absent, rows::encode(file), expires(ROW_MS));
        }
        match cx.db.commit(commit).await? {
            Outcome::Committed => return refusal.map_or(Ok(()), Err),
            Outcome::Conflict(keys) => attempts.after_conflict(&keys).await?,
        }
    }
}

fn check_sha256(text: &str) -> Result<String> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(Error::invalid("sha256", "sha256 has 64 hexadecimal digits."))
}

//! The S3 engine of Jobline's files.
//!
//! Clients send bytes to the bucket and fetch them from there; the server signs these requests and never carries bytes to
//! readers. Uploads arrive under `incoming/`, where a URL may write more than once while it is good; the bytes that
//! were proved are copied to `kept/`, which no URL can write, under a key that nothing else is ever written to.
//! `docs/decisions/0006-s3-files.md` has the reasons.
//!
//! What the bucket must be: this deployment's alone, private, in the configured region, with a CORS rule for the pages that
//! upload, and lifecycle rules that delete what is older than two days under `incoming/`, and older than the retention
//! under `kept/`.

mod claim;
mod connect;
mod failure;
mod listing;
mod object;
mod prefix;
mod presign;
#[cfg(feature = "testing")]
pub mod testing;

pub use connect::Unusable;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use jobline_chat::{Arrived, Clock, DownloadGrant, Error, Files, Keep, Kept, Result, UploadGrant, is_file_id};
use jobline_wire::UploadTarget;
use prefix::Prefix;
use std::path::Path;
use std::sync::Arc;

/// Files in a bucket. Clones share connections and credentials.
#[derive(Clone)]
pub struct S3Files {
    client: Client,
    bucket: String,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Files for S3Files {
    async fn upload_target(&self, grant: &UploadGrant<'_>) -> Result<UploadTarget> {
        checked(grant.id)?;
        self.presign_upload(grant).await
    }

    fn file_id(&self, file_url: &str) -> Option<String> {
        prefix::uploaded_id(file_url, &self.bucket).map(str::to_owned)
    }

    async fn download_url(&self, grant: &DownloadGrant<'_>) -> Result<String> {
        checked(grant.id)?;
        self.presign_download(grant).await
    }

    /// One ranged read returns size, first bytes and ETag, all of the same state of the object.
    async fn arrived(&self, id: &str, head: usize) -> Result<Option<Arrived>> {
        if !is_file_id(id) {
            return Ok(None);
        }
        for prefix in [Prefix::Incoming, Prefix::of(id)] {
            if let Some(part) = self.part(prefix, id, 0, head).await? {
                return Ok(Some(Arrived { size: part.size, head: part.bytes, tag: part.etag }));
            }
        }
        Ok(None)
    }

    /// No key is written twice, so it refers to the verified bytes as long as it exists.
    async fn keep(&self, arrived: &Arrived, keep: Keep<'_>) -> Result<Option<String>> {
        let (id, name) = (checked(keep.id)?, checked(keep.name)?);
        let kept = match keep.bytes {
            Some(bytes) => self.put_kept(name, keep.content_type, bytes).await.map(|()| true)?,
            None => self.copy_to_kept(id, name, &arrived.tag).await?,
        };
        Ok(kept.then(|| name.to_owned()))
    }

    async fn delete(&self, id: &str) -> Result<()> {
        if !is_file_id(id) {
            return Ok(());
        }
        let (kept, incoming) = futures_util::join!(self.remove(Prefix::of(id), id), self.remove(Prefix::Incoming, id));
        kept.and(incoming)
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<Kept>> {
        let after = after.unwrap_or_default();
        let prefixes = [Prefix::Files, Prefix::Kept, Prefix::Incoming];
        let [files, kept, incoming] = prefixes.map(|prefix| self.listed(prefix, after, limit));
        let (files, kept, incoming) = futures_util::join!(files, kept, incoming);
        Ok(listing::merged([files?, kept?, incoming?], limit))
    }

    async fn read(&self, id: &str, offset: u64, length: usize) -> Result<Vec<u8>> {
        checked(id)?;
        for prefix in [Prefix::of(id), Prefix::Incoming] {
            if let Some(part) = self.part(prefix, id, offset, length).await? {
                return Ok(part.bytes);
            }
        }
        Err(Error::not_found("file"))
    }

    async fn write(&self, id: &str, content_type: &str, path: &Path) -> Result<()> {
        self.upload(checked(id)?, content_type, path).await
    }
}

/// The id, if it can be a part of a key.
fn checked(id: &str) -> Result<&str> {
    if is_file_id(id) { Ok(id) } else { Err(Error::not_found("file")) }
}

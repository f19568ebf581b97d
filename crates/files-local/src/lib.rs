//! Files in a folder of this machine, behind URLs that carry their own permission.
//!
//! What a bucket with presigned URLs does, in spirit: `uploadFile` answers a URL that takes exactly the bytes that were
//! announced, once and for five minutes; readers get URLs that are good for an hour. A URL is signed, so nothing is kept
//! about it, and one for uploading is worth nothing for downloading.

mod disk;
mod download;
mod folder;
mod grant;
mod range;
mod upload;

#[cfg(test)]
mod tests;

pub use folder::private_folder;

use async_trait::async_trait;
use axum::Router;
use axum::routing::put;
use disk::Disk;
use grant::{Download, Signer, Upload};
use http::{HeaderMap, HeaderValue, header};
use jobline_chat::{Arrived, Clock, DownloadGrant, Error, Files, Kept, Result, UploadGrant, is_file_id, iso};
use jobline_http::Failure;
use jobline_wire::UploadTarget;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files in a folder, as an engine of the domain and as the handlers behind its URLs.
pub struct LocalFiles {
    disk: Arc<Disk>,
    /// `{public_url}/files/`, to which an id is appended.
    base: String,
    signer: Signer,
    clock: Arc<dyn Clock>,
}

impl LocalFiles {
    /// Files in `folder`, which is made if it is not there; what uploads that broke off left in it is removed. URLs
    /// start with `public_url` and are signed with `key`, which must outlive them.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn new(
        folder: impl Into<PathBuf>,
        public_url: &str,
        key: &[u8; 32],
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let base = format!("{}/files/", public_url.trim_end_matches('/'));
        Ok(Self { disk: Arc::new(Disk::open(folder.into())?), base, signer: Signer::new(key), clock })
    }

    /// Runs what may wait for the disk where waiting harms nobody.
    async fn on_disk<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Disk) -> io::Result<T> + Send + 'static,
    {
        let disk = Arc::clone(&self.disk);
        match tokio::task::spawn_blocking(move || work(&disk)).await {
            Ok(done) => done.map_err(|error| failed(&error)),
            Err(error) => Err(Error::unavailable(format!("files: {error}"))),
        }
    }
}

/// `PUT`, `GET` and `HEAD /files/{id}`. The layers around it must let a body of 10 MB and slow transfers through.
pub fn router<S>(files: Arc<LocalFiles>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    Router::new().route("/files/{id}", put(upload::put).get(download::get)).with_state(files)
}

#[async_trait]
impl Files for LocalFiles {
    async fn upload_target(&self, grant: &UploadGrant<'_>) -> Result<UploadTarget> {
        let upload = Upload {
            size: grant.size,
            content_type: grant.content_type.to_owned(),
            sha256: grant.sha256.map(str::to_owned),
            expires_ms: grant.expires_ms,
        };
        let file_url = format!("{}{}", self.base, checked(grant.id)?);
        Ok(UploadTarget {
            upload_url: format!("{file_url}?{}", self.signer.upload_query(grant.id, &upload)),
            method: "PUT".to_owned(),
            // The length is not among them: browsers set it themselves and refuse to have it set.
            headers: BTreeMap::from([("content-type".to_owned(), upload.content_type)]),
            file_url,
            expires_at: iso(grant.expires_ms),
        })
    }

    fn file_id(&self, file_url: &str) -> Option<String> {
        let id = file_url.strip_prefix(&self.base)?;
        is_file_id(id).then(|| id.to_owned())
    }

    async fn download_url(&self, grant: &DownloadGrant<'_>) -> Result<String> {
        let download = Download {
            name: grant.name.to_owned(),
            content_type: grant.content_type.to_owned(),
            inline: grant.inline,
            expires_ms: grant.expires_ms,
        };
        Ok(format!("{}{}?{}", self.base, checked(grant.id)?, self.signer.download_query(grant.id, &download)))
    }

    async fn arrived(&self, id: &str, head: usize) -> Result<Option<Arrived>> {
        if !is_file_id(id) {
            return Ok(None);
        }
        let id = id.to_owned();
        self.on_disk(move |disk| {
            let Some((_, size)) = disk.open_file(&id)? else { return Ok(None) };
            let head = disk.read(&id, 0, head)?;
            Ok(head.map(|head| Arrived { size, head, tag: String::new() }))
        })
        .await
    }

    async fn delete(&self, id: &str) -> Result<()> {
        if !is_file_id(id) {
            return Ok(());
        }
        let id = id.to_owned();
        self.on_disk(move |disk| disk.delete(&id)).await
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<Kept>> {
        let after = after.unwrap_or_default().to_owned();
        self.on_disk(move |disk| disk.list(&after, limit)).await
    }

    async fn read(&self, id: &str, offset: u64, length: usize) -> Result<Vec<u8>> {
        let id = checked(id)?.to_owned();
        let bytes = self.on_disk(move |disk| disk.read(&id, offset, length)).await?;
        bytes.ok_or_else(|| Error::not_found("file"))
    }

    async fn write(&self, id: &str, _content_type: &str, path: &Path) -> Result<()> {
        let (id, path) = (checked(id)?.to_owned(), path.to_owned());
        self.on_disk(move |disk| disk.import(&id, &path)).await
    }
}

/// The id, if no path can be made of it.
fn checked(id: &str) -> Result<&str> {
    if is_file_id(id) { Ok(id) } else { Err(Error::not_found("file")) }
}

fn failed(error: &io::Error) -> Error {
    Error::unavailable(format!("files: {error}"))
}

/// Answers of this module that are problems are never kept by a cache: the next URL may be a good one.
fn refuse(error: Error) -> axum::response::Response {
    let mut response = axum::response::IntoResponse::into_response(Failure::from(error));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A header as text, when it is there once and is text.
fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

//! Files in a folder of this machine, behind URLs that carry their own permission.
//!
//! It works like a bucket with presigned URLs: `uploadFile` returns a URL that accepts exactly the announced bytes, once and
//! for five minutes; readers get URLs that are valid for an hour. A URL is signed, so nothing is stored about it, and an
//! upload URL is not valid for downloading.

mod disk;
mod download;
mod folder;
mod grant;
mod range;
mod space;
mod upload;
mod writers;

#[cfg(test)]
mod tests;

pub use folder::private_folder;
pub use space::{FreeSpace, Space, SystemSpace};

use async_trait::async_trait;
use axum::Router;
use axum::routing::put;
use disk::Disk;
use grant::{Download, Signer, Upload};
use http::{HeaderMap, HeaderValue, header};
use jobline_chat::{
    Arrived, Clock, DownloadGrant, Error, Files, Keep, Kept, Random, Result, UploadGrant, is_file_id, iso,
};
use jobline_http::Failure;
use jobline_wire::UploadTarget;
use space::Room;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use writers::Writers;

/// Files in a folder: an engine of the domain, and the handlers of its URLs.
pub struct LocalFiles {
    disk: Arc<Disk>,
    /// `{public_url}/files/`, to which an id is appended.
    base: String,
    signer: Signer,
    clock: Arc<dyn Clock>,
    room: Room,
    writers: Writers,
    /// Locked for as long as this lives.
    _lock: Option<File>,
}

/// The file in the folder that its process holds a lock on.
const LOCK: &str = "lock";

impl LocalFiles {
    /// Files in `folder`, which is created if it does not exist. Leftovers of interrupted uploads are removed. URLs
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
        let (disk, signer) = (Arc::new(Disk::open(folder.into())?), Signer::new(key));
        let (room, writers) = (Room::new(Box::new(SystemSpace)), Writers::default());
        Ok(Self { disk, base, signer, clock, room, writers, _lock: None })
    }

    /// [`LocalFiles::new`] for this process alone, for as long as the result lives.
    ///
    /// # Errors
    /// Also when another process holds the folder.
    pub fn alone(
        folder: impl Into<PathBuf>,
        public_url: &str,
        key: &[u8; 32],
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let folder = folder.into();
        private_folder(&folder)?;
        let lock = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
        lock.try_lock().map_err(|_| {
            io::Error::other(format!("another process uses the files in {}: stop it first", folder.display()))
        })?;
        Ok(Self { _lock: Some(lock), ..Self::new(folder, public_url, key, clock)? })
    }

    /// The same with another source of free space.
    #[must_use]
    pub fn with_space(self, space: Box<dyn FreeSpace>) -> Self {
        Self { room: Room::new(space), ..self }
    }

    /// Runs blocking disk access on a thread that may block.
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

/// The file with the folder's identity.
const IDENTITY: &str = "identity";

/// The identity of the folder: random digits, written into it the first time.
///
/// # Errors
/// When they can be neither read nor written.
pub fn folder_id(folder: &Path, random: &dyn Random) -> io::Result<String> {
    let path = folder.join(IDENTITY);
    match std::fs::read_to_string(&path) {
        Ok(text) if !text.trim().is_empty() => return Ok(text.trim().to_owned()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let id = format!("{:032x}", random.bits());
    let mut file = File::create(&path)?;
    file.write_all(id.as_bytes())?;
    file.sync_all()?;
    folder::sync_folder(folder)?;
    Ok(id)
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
        // Checked before anything is written, and again when the bytes arrive.
        drop(self.room.promise(self.disk.root(), grant.size)?);
        Ok(UploadTarget {
            upload_url: format!("{file_url}?{}", self.signer.upload_query(grant.id, &upload)),
            method: "PUT".to_owned(),
            // The length is not among them: browsers set it themselves and do not let pages set it.
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
            let Some(size) = disk.size(&id)? else { return Ok(None) };
            let head = disk.read(&id, 0, head)?;
            Ok(head.map(|head| Arrived { size, head, tag: String::new() }))
        })
        .await
    }

    /// What arrived never changes, so it may keep its id.
    async fn keep(&self, _arrived: &Arrived, keep: Keep<'_>) -> Result<Option<String>> {
        let (id, name) = (checked(keep.id)?.to_owned(), checked(keep.name)?.to_owned());
        let bytes = keep.bytes;
        self.on_disk(move |disk| match bytes {
            Some(bytes) => disk.keep_as(&name, &bytes).map(|()| Some(name)),
            None => disk.keep(&id).map(|kept| kept.then_some(id)),
        })
        .await
    }

    async fn drop_uploads(&self, before_ms: u64) -> Result<usize> {
        self.on_disk(move |disk| disk.drop_uploads(before_ms)).await
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

/// Problems from this module are never cached, because the next URL may be valid.
fn refuse(error: Error) -> axum::response::Response {
    let mut response = axum::response::IntoResponse::into_response(Failure::from(error));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A header as text, when it is there once and is text.
fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

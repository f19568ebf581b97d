//! The port of the file engines: a local folder, or a bucket.
//!
//! Clients and readers move the bytes by URLs that carry their own signature and expiry. The domain verifies the
//! uploaded bytes before a message may use them; what it then keeps is written once, under a name that is random, and
//! never changed.

use crate::base::error::Result;
use async_trait::async_trait;
use jobline_wire::UploadTarget;

/// What `uploadFile` grants: exactly these bytes, once, until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadGrant<'a> {
    /// The file's id: `file_<unix ms>_<nanoid>`.
    pub id: &'a str,
    /// The exact size in bytes.
    pub size: u64,
    /// The exact media type.
    pub content_type: &'a str,
    /// 64 lower-case hexadecimal digits that the bytes must hash to.
    pub sha256: Option<&'a str>,
    /// Unix milliseconds after which nothing is accepted.
    pub expires_ms: u64,
}

/// What a download URL grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadGrant<'a> {
    /// The name that the file is kept under.
    pub id: &'a str,
    /// The name to save it under.
    pub name: &'a str,
    /// The media type to serve it as.
    pub content_type: &'a str,
    /// Whether a browser may show it in place; anything else is an attachment.
    pub inline: bool,
    /// Unix milliseconds after which the URL is dead.
    pub expires_ms: u64,
}

/// What arrived of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Its size in bytes.
    pub size: u64,
    /// Its first bytes, as many as were asked for or as there are.
    pub head: Vec<u8>,
    /// Which bytes these are, in words of the engine's own: for [`Files::keep`]. Empty where what arrived never changes.
    pub tag: String,
}

/// How what arrived is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep<'a> {
    /// The id that it was uploaded under.
    pub id: &'a str,
    /// A name that nothing was kept under before: of the form of an id, and behind the id in the order of names.
    pub name: &'a str,
    /// The media type that was proved.
    pub content_type: &'a str,
    /// What to keep instead of what arrived.
    pub bytes: Option<Vec<u8>>,
}

/// A file as the engine keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The file's id, or the name that it is kept under.
    pub id: String,
    /// Its size in bytes.
    pub size: u64,
}

/// Whether `id` has the form `file_<unix ms>_<nanoid>`, which is safe as the name of a file and in a URL.
#[must_use]
pub fn is_file_id(id: &str) -> bool {
    let Some((ms, nanoid)) = id.strip_prefix("file_").and_then(|rest| rest.split_once('_')) else { return false };
    (1..=14).contains(&ms.len())
        && ms.bytes().all(|byte| byte.is_ascii_digit())
        && (1..=32).contains(&nanoid.len())
        && nanoid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// The storage of files.
#[async_trait]
pub trait Files: Send + Sync + 'static {
    /// Where to upload the bytes, and the URL to pass to `send` afterwards ([`UploadTarget::file_url`]).
    ///
    /// # Errors
    /// `unavailable`.
    async fn upload_target(&self, grant: &UploadGrant<'_>) -> Result<UploadTarget>;

    /// The file id in a `fileUrl` that [`Files::upload_target`] answered; `None` for any other string.
    fn file_id(&self, file_url: &str) -> Option<String>;

    /// A URL from which the bytes can be read until the grant expires.
    ///
    /// # Errors
    /// `unavailable`.
    async fn download_url(&self, grant: &DownloadGrant<'_>) -> Result<String>;

    /// What arrived under `id`, with at most `head` of its first bytes; `None` when nothing did.
    ///
    /// # Errors
    /// `unavailable`.
    async fn arrived(&self, id: &str, head: usize) -> Result<Option<Arrived>>;

    /// Makes what arrived permanent, once it is proved, and answers the name that it is kept under: `keep.name`, or the
    /// id where what arrived under that never changes. From then on the name refers to exactly these bytes, whatever is
    /// done with the upload URL. `None` when the bytes were replaced since `arrived`.
    ///
    /// # Errors
    /// `unavailable`; then something may be kept that nothing names.
    async fn keep(&self, arrived: &Arrived, keep: Keep<'_>) -> Result<Option<String>>;

    /// Deletes what was uploaded under ids made before this instant and never kept; answers how many. Nothing where
    /// something else does it, such as a rule of the bucket's.
    ///
    /// # Errors
    /// `unavailable`.
    async fn drop_uploads(&self, _before_ms: u64) -> Result<usize> {
        Ok(0)
    }

    /// Deletes the bytes; no error when they are not there.
    ///
    /// # Errors
    /// `unavailable`.
    async fn delete(&self, id: &str) -> Result<()>;

    /// Files in the order of their ids, after `after`: for sweeping, export and import. An empty answer is the end.
    ///
    /// # Errors
    /// `unavailable`.
    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<Kept>>;

    /// At most `length` bytes from `offset`, for export; empty at the end.
    ///
    /// # Errors
    /// `unavailable`, `not_found`.
    async fn read(&self, id: &str, offset: u64, length: usize) -> Result<Vec<u8>>;

    /// Writes a whole file from `path` on this machine, for import; replaces what is there.
    ///
    /// # Errors
    /// `unavailable`.
    async fn write(&self, id: &str, content_type: &str, path: &std::path::Path) -> Result<()>;
}

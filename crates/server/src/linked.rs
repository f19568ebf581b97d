//! Files of this server, with links that begin like the URL of the caller's request.

use async_trait::async_trait;
use jobline_chat::{Arrived, DownloadGrant, Files, Keep, Kept, Result, UploadGrant};
use jobline_http::base_url;
use jobline_wire::UploadTarget;
use std::path::Path;
use std::sync::Arc;

/// Files whose engine names them by a path of this server (`/files/…`), with the beginning that leads the caller there.
pub struct LinkedFiles {
    files: Arc<dyn Files>,
    /// The public URL, if it is set.
    public: Option<String>,
    /// The URL if neither that nor the request has one.
    fallback: String,
}

impl LinkedFiles {
    /// `public` and `fallback` are URLs without a slash at the end.
    #[must_use]
    pub fn new(files: Arc<dyn Files>, public: Option<String>, fallback: String) -> Self {
        Self { files, public, fallback }
    }

    fn link(&self, path: &str) -> String {
        let base = self.public.clone().or_else(base_url).unwrap_or_else(|| self.fallback.clone());
        format!("{base}{path}")
    }

    /// The path within this server. Under which of its names a client met a file makes no difference: what it may do with
    /// the file is decided by the file.
    fn path<'a>(&self, url: &'a str) -> Option<&'a str> {
        let public = self.public.as_deref().and_then(|public| url.strip_prefix(public));
        public.filter(|path| path.starts_with('/')).or_else(|| {
            let (scheme, rest) = url.split_once("://")?;
            let path = &rest[rest.find('/')?..];
            matches!(scheme, "http" | "https").then_some(path)
        })
    }
}

#[async_trait]
impl Files for LinkedFiles {
    async fn upload_target(&self, grant: &UploadGrant<'_>) -> Result<UploadTarget> {
        let target = self.files.upload_target(grant).await?;
        let (upload_url, file_url) = (self.link(&target.upload_url), self.link(&target.file_url));
        Ok(UploadTarget { upload_url, file_url, ..target })
    }

    fn file_id(&self, file_url: &str) -> Option<String> {
        self.files.file_id(self.path(file_url)?)
    }

    async fn download_url(&self, grant: &DownloadGrant<'_>) -> Result<String> {
        Ok(self.link(&self.files.download_url(grant).await?))
    }

    async fn arrived(&self, id: &str, head: usize) -> Result<Option<Arrived>> {
        self.files.arrived(id, head).await
    }

    async fn keep(&self, arrived: &Arrived, keep: Keep<'_>) -> Result<Option<String>> {
        self.files.keep(arrived, keep).await
    }

    async fn drop_uploads(&self, before_ms: u64) -> Result<usize> {
        self.files.drop_uploads(before_ms).await
    }

    async fn delete(&self, id: &str) -> Result<()> {
        self.files.delete(id).await
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<Kept>> {
        self.files.list(after, limit).await
    }

    async fn read(&self, id: &str, offset: u64, length: usize) -> Result<Vec<u8>> {
        self.files.read(id, offset, length).await
    }

    async fn write(&self, id: &str, content_type: &str, path: &Path) -> Result<()> {
        self.files.write(id, content_type, path).await
    }
}

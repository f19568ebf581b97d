//! Files over the router, in temporary folders.

mod disk;
mod download;
mod interrupted;
mod keep;
#[cfg(feature = "power-cut-tests")]
mod power_cut;
mod space;
mod upload;

use super::{FreeSpace, LocalFiles, Space, router};
use async_trait::async_trait;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use jobline_chat::{Clock, DownloadGrant, Files, UploadGrant};
use jobline_wire::UploadTarget;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt as _;

const NOW_MS: u64 = 1_790_000_000_000;
const ID: &str = "file_1790000000000_V1StGXR8_Z5jdHi6B-myT";
const BASE: &str = "https://chat.example/deep";
const KEY: [u8; 32] = [7; 32];

/// A clock that tests move, and that wakes sleepers.
struct Manual(watch::Sender<u64>);

impl Manual {
    fn pass(&self, ms: u64) {
        self.0.send_modify(|now_ms| *now_ms += ms);
    }
}

#[async_trait]
impl Clock for Manual {
    fn now_ms(&self) -> u64 {
        *self.0.borrow()
    }

    async fn sleep(&self, duration: Duration) {
        let until = self.now_ms() + u64::try_from(duration.as_millis()).unwrap();
        self.0.subscribe().wait_for(|now_ms| *now_ms >= until).await.unwrap();
    }
}

/// Unlimited disk space.
struct Plenty;

impl FreeSpace for Plenty {
    fn of(&self, _: &Path) -> std::io::Result<Space> {
        Ok(Space { free: u64::MAX, total: u64::MAX })
    }
}

/// A folder with files, their clock, and the handlers.
struct Stage {
    folder: PathBuf,
    clock: Arc<Manual>,
    files: Arc<LocalFiles>,
    _temporary: Option<TempDir>,
}

impl Stage {
    fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut stage = Self::at(temporary.path());
        stage._temporary = Some(temporary);
        stage
    }

    fn at(folder: &Path) -> Self {
        let folder = folder.join("files");
        let clock = Arc::new(Manual(watch::Sender::new(NOW_MS)));
        let files = LocalFiles::new(&folder, &format!("{BASE}/"), &KEY, Arc::clone(&clock) as _).unwrap();
        let files = files.with_space(Box::new(Plenty));
        Self { folder, clock, files: Arc::new(files), _temporary: None }
    }

    async fn grant(&self, id: &str, size: u64, content_type: &str) -> UploadTarget {
        let grant = UploadGrant { id, size, content_type, sha256: None, expires_ms: NOW_MS + 300_000 };
        self.files.upload_target(&grant).await.unwrap()
    }

    async fn link(&self, name: &str, content_type: &str, inline: bool) -> String {
        let grant = DownloadGrant { id: ID, name, content_type, inline, expires_ms: NOW_MS + 3_600_000 };
        self.files.download_url(&grant).await.unwrap()
    }

    /// Uploads `bytes` under `ID` the regular way.
    async fn put(&self, bytes: &[u8]) {
        let target = self.grant(ID, bytes.len() as u64, "image/png").await;
        let answer = self.send(upload(&target, Body::from(bytes.to_vec()))).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }

    async fn send(&self, request: Request<Body>) -> Response {
        router::<()>(Arc::clone(&self.files)).oneshot(request).await.unwrap()
    }

    async fn get(&self, url: &str, headers: &[(header::HeaderName, &str)]) -> Response {
        self.ask(Method::GET, url, headers).await
    }

    async fn ask(&self, method: Method, url: &str, headers: &[(header::HeaderName, &str)]) -> Response {
        let mut request = Request::builder().method(method).uri(path(url));
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// The names of all files except those that are in their place.
    fn left_over(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.join("incoming")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    async fn kept(&self) -> Vec<(String, u64)> {
        let kept = self.files.list(None, 1_000).await.unwrap();
        kept.into_iter().map(|kept| (kept.id, kept.size)).collect()
    }
}

/// The request target as the proxy passes it on, without host and prefix.
fn path(url: &str) -> &str {
    url.strip_prefix(BASE).unwrap()
}

fn upload(target: &UploadTarget, body: Body) -> Request<Body> {
    assert_eq!(target.method, "PUT");
    let mut request = Request::put(path(&target.upload_url));
    for (name, value) in &target.headers {
        request = request.header(name, value);
    }
    request.body(body).unwrap()
}

async fn bytes(response: Response) -> Bytes {
    response.into_body().collect().await.unwrap().to_bytes()
}

/// Status, code and detail of a problem.
async fn problem(response: Response) -> (u16, String, String) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    let problem: jobline_wire::Problem = serde_json::from_slice(&bytes(response).await).unwrap();
    assert_eq!(problem.status, status);
    (status, problem.code.as_str().to_owned(), problem.detail)
}

fn value<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

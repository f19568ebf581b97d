//! The web app over HTTP: its page at `/`, its files, and the element that other pages embed.
//!
//! The files come from `jobline-web` and were compressed when the program was built. Browsers cache files with a hash in
//! their name for a year. All others are revalidated each time, with a 304 if they are unchanged.

mod encoding;
mod policy;

pub use policy::{Embedding, policy};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use jobline_http::{Representation, Served};
use jobline_web::{ABSENT, ASSETS, Asset};
use std::sync::Arc;

/// The page; it is served at `/`.
const PAGE: &str = "index.html";
/// The path of the installed app.
const MANIFEST: &str = "manifest.webmanifest";
/// The prefix of the names of scripts that pages of the host load from another origin: the custom element, and the
/// scripts that it loads from its own folder.
const ELEMENT: &str = "jobline-";
/// Files in this folder have a hash of their content in their name.
const HASHED: &str = "assets/";
/// Calls need camera, microphone and screen, which the browser asks the user for; pages that show the app in a frame allow
/// them there as well. Every permission that the app does not need is refused.
const PERMISSIONS: &str =
    "camera=(self), display-capture=(self), geolocation=(), microphone=(self), midi=(), payment=(), usb=()";
const SERVED: Served = Served { procedure: "web", frequent: true };

/// A file of the app with everything that is the same for all requests.
struct File {
    representations: Vec<Representation>,
    headers: HeaderMap,
}

/// The routes of the app in this build, or of a page that says why it has none.
pub fn routes(embedding: &Embedding) -> Router {
    match ABSENT {
        None => routes_of(ASSETS, embedding),
        Some(why) => Router::new().route("/", get(move || no_app(why))),
    }
}

/// Whether the app is in this build.
#[must_use]
pub fn is_embedded() -> bool {
    ABSENT.is_none()
}

/// The routes of an app with these files.
pub fn routes_of(assets: &[Asset], embedding: &Embedding) -> Router {
    let policy = policy(embedding);
    assets.iter().fold(Router::new(), |router, asset| {
        let file = Arc::new(File::new(asset, &policy, &embedding.path));
        let handler = get(move |headers: HeaderMap| {
            let file = Arc::clone(&file);
            async move { file.answer(&headers) }
        });
        let router = if asset.path == PAGE { router.route("/", handler.clone()) } else { router };
        router.route(&format!("/{}", asset.path), handler)
    })
}

/// The page at `/` in a build without the app.
async fn no_app(why: &'static str) -> Response {
    let text = format!(
        "Jobline {}: messaging for job marketplaces.\n\
         The API is described at /openapi.json.\n\
         The web app is not in this build: {why}. Then build again, with JOBLINE_WEB=on.\n",
        env!("CARGO_PKG_VERSION")
    );
    let mut response = text.into_response();
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    response.extensions_mut().insert(SERVED);
    response
}

impl File {
    fn new(asset: &Asset, policy: &HeaderValue, path: &str) -> Self {
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
        set(CONTENT_TYPE, content_type(asset.path));
        set(CACHE_CONTROL, cache_control(asset.path));
        // Caches may store one response for each encoding.
        set(VARY, "accept-encoding");
        set(REFERRER_POLICY, "no-referrer");
        if asset.path.starts_with(ELEMENT) {
            set(ACCESS_CONTROL_ALLOW_ORIGIN, "*");
            set(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");
        } else {
            set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
        }
        if asset.path == PAGE {
            set(HeaderName::from_static("permissions-policy"), PERMISSIONS);
            set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        }
        // On every file, because a worker runs under the policy of its own script.
        headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
        let representations = match moved(asset, path) {
            Some(text) => Representation::all_of(text.into()),
            None => encoding::representations(asset),
        };
        Self { representations, headers }
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let mut response = Representation::answer(&self.representations, asked, self.headers.clone());
        response.extensions_mut().insert(SERVED);
        response
    }
}

/// The file with `path` before the names of other files in it, for an app below the path of a public URL.
fn moved(asset: &Asset, path: &str) -> Option<String> {
    let text = std::str::from_utf8(asset.identity).ok().filter(|_| !path.is_empty())?;
    match asset.path {
        PAGE => {
            let text = text.replace("=\"/", &format!("=\"{path}/"));
            // The path of API and files for the app; the policy forbids a `<base>`.
            Some(text.replacen("<head>", &format!("<head><meta name=\"jobline-base\" content=\"{path}/\" />"), 1))
        }
        MANIFEST => Some(text.replace("\"/", &format!("\"{path}/"))),
        _ => None,
    }
}

fn cache_control(path: &str) -> &'static str {
    match path {
        _ if path.starts_with(HASHED) => "public, max-age=31536000, immutable",
        // Its URL is in the host's pages and does not change, so a new version must reach browsers within minutes.
        _ if path.starts_with(ELEMENT) => "public, max-age=300, stale-while-revalidate=86400",
        _ => "no-cache",
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

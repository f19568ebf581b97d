//! The web app over HTTP: its page at `/`, its files, and the element that other pages embed.
//!
//! The files come from `jobline-web` and were compressed when the program was built. Browsers keep files with a hash in
//! their name for a year. For all others they ask each time, and get 304 when the file is the same.

mod encoding;
mod policy;

pub use policy::{Embedding, policy};

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use encoding::Representation;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, REFERRER_POLICY, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jobline_http::Served;
use jobline_web::{ABSENT, ASSETS, Asset};
use std::sync::Arc;

/// The page; it is served at `/`.
const PAGE: &str = "index.html";
/// The script of the custom element, which pages of the host load from another origin.
const ELEMENT: &str = "jobline-chat.js";
/// Files in this folder have a hash of their content in their name.
const HASHED: &str = "assets/";
/// Every permission that the app does not need is refused.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), usb=()";
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
        let file = Arc::new(File::new(asset, &policy));
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
    fn new(asset: &Asset, policy: &HeaderValue) -> Self {
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
        set(CONTENT_TYPE, content_type(asset.path));
        set(CACHE_CONTROL, cache_control(asset.path));
        // Caches on the way may keep one response for each encoding.
        set(VARY, "accept-encoding");
        set(REFERRER_POLICY, "no-referrer");
        if asset.path == ELEMENT {
            set(ACCESS_CONTROL_ALLOW_ORIGIN, "*");
            set(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");
        } else {
            set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
        }
        if asset.path == PAGE {
            set(HeaderName::from_static("permissions-policy"), PERMISSIONS);
            set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        }
        // On every file: a worker runs under the policy of its own script.
        headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
        Self { representations: encoding::representations(asset), headers }
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let chosen = encoding::choose(&self.representations, asked);
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.clone_from(&self.headers);
        headers.insert(ETAG, chosen.etag.clone());
        if let Some(coding) = chosen.coding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        if asked.get_all(IF_NONE_MATCH).iter().any(|known| matches(known, &chosen.etag)) {
            response.headers_mut().remove(CONTENT_ENCODING);
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            *response.body_mut() = Body::from(Bytes::from_static(chosen.bytes));
        }
        response.extensions_mut().insert(SERVED);
        response
    }
}

/// Whether an `If-None-Match` names this tag. The comparison is the weak one: a proxy may have weakened the tag.
fn matches(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (known, tag) = (known.to_str().unwrap_or_default(), tag.to_str().unwrap_or_default());
    known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

fn cache_control(path: &str) -> &'static str {
    match path {
        _ if path.starts_with(HASHED) => "public, max-age=31536000, immutable",
        // Its URL is in the host's pages and does not change, so a new version must reach browsers within minutes.
        ELEMENT => "public, max-age=300, stale-while-revalidate=86400",
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

//! For those who run the server: health, metrics and the description of the API. Open to everyone, so none of them says
//! anything about users.

use crate::app::App;
use crate::readiness::Readiness;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};
use jobline_http::{Failure, Representation};
use std::sync::Arc;

/// `GET /healthz`: the process lives.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store answers.
///
/// # Errors
/// `unavailable`.
pub async fn readyz(app: App, readiness: Arc<Readiness>) -> Result<&'static str, Failure> {
    readiness.check(&app).await?;
    Ok("ready\n")
}

/// `GET /metrics`: OpenMetrics for scrapers that accept it, the Prometheus text format for all others.
pub async fn metrics(app: App, headers: HeaderMap) -> Response {
    let accepts = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let (kind, text) = if accepts.contains("application/openmetrics-text") {
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", app.metrics.open_metrics())
    } else {
        ("text/plain; version=0.0.4; charset=utf-8", app.metrics.text())
    };
    ([(CONTENT_TYPE, kind)], text).into_response()
}

/// What the page of the API may do: nothing but show its own styles.
const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// A description of the API with this content type, at `/openapi.json`, `/docs` and `/docs.css`. Caches ask each time
/// whether it is still the same.
pub async fn description(forms: &[Representation], kind: &'static str, asked: HeaderMap) -> Response {
    let mut headers = HeaderMap::new();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(CONTENT_TYPE, kind);
    set(VARY, "accept-encoding");
    set(CACHE_CONTROL, "no-cache");
    set(CONTENT_SECURITY_POLICY, PAGE_POLICY);
    Representation::answer(forms, &asked, headers)
}

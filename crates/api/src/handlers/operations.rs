//! For those who run the server: health, metrics and the description of the API. Open to everyone, so none of them says
//! anything about users.

use crate::app::App;
use crate::readiness::Readiness;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE, VARY};
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

/// `GET /openapi.json`
pub async fn openapi(forms: &[Representation], asked: HeaderMap) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    Representation::answer(forms, &asked, headers)
}

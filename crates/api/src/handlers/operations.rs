//! For those who run the server: health, metrics and the description of the API. Open to everyone, so none of them says
//! anything about users.

use crate::app::App;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use jobline_http::Failure;

/// `GET /healthz`: the process lives.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store answers.
///
/// # Errors
/// `unavailable`.
pub async fn readyz(app: App) -> Result<&'static str, Failure> {
    app.chat.ready().await?;
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
pub async fn openapi(document: bytes::Bytes) -> Response {
    ([(CONTENT_TYPE, "application/json")], document).into_response()
}

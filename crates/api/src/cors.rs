//! Cross-origin requests (CORS): only pages of the origins that the operator named may call.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use std::sync::{Arc, Mutex, PoisonError};

/// How many origins that may not call are logged.
const LOGGED_ORIGINS: usize = 20;
/// The longest origin that is logged, in bytes.
const LOGGED_BYTES: usize = 300;

/// The origins that may call. Cookies are never allowed: the token is in a header that the page sets itself.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    allowed: Vec<HeaderValue>,
    /// Those that asked, may not call, and are in the log.
    logged: Arc<Mutex<Vec<HeaderValue>>>,
}

impl Origins {
    /// These origins and no others.
    #[must_use]
    pub fn new(origins: &[String]) -> Self {
        let allowed = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
        Self { allowed, logged: Arc::default() }
    }

    /// The caller's origin, if it may call.
    #[must_use]
    pub fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        self.allowed.iter().find(|allowed| *allowed == origin).cloned()
    }

    /// Whether a page that sent `headers` may open a live connection: a page of this server, or of an origin that may call.
    /// A client that sends no `Origin` is no page.
    #[must_use]
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        match headers.get_all(ORIGIN).iter().count() {
            0 => true,
            1 => is_same_origin(headers) || self.allowed(headers).is_some(),
            // No browser says so.
            _ => false,
        }
    }

    /// The response to a preflight; `None` when `request` is not one. To other origins it grants nothing.
    #[must_use]
    pub fn preflight(&self, request: &Request<Body>) -> Option<Response> {
        let asks =
            || request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD) && request.headers().contains_key(ORIGIN);
        if request.method() != Method::OPTIONS || !asks() {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        if self.allowed(request.headers()).is_some() {
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, DELETE"));
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, sendable(request.headers()));
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
        } else if let Some(origin) = request.headers().get(ORIGIN) {
            self.log_once(origin);
        }
        Some(response)
    }

    /// Browsers do not tell a page why its call failed, so the operator is told: once for an origin.
    fn log_once(&self, origin: &HeaderValue) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.len() >= LOGGED_ORIGINS || origin.len() > LOGGED_BYTES || logged.contains(origin) {
            return;
        }
        logged.push(origin.clone());
        let origin = origin.to_str().unwrap_or("one that is no text");
        tracing::warn!(
            origin,
            "a page of an origin that may not call asked to; if it is yours, add it to --allowed-origins"
        );
    }

    /// Adds the headers that let a page of `origin` read the response, problems included.
    pub fn add_headers(&self, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
        if self.allowed.is_empty() {
            return;
        }
        headers.append(VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            let response_headers = "x-request-id, retry-after";
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(response_headers));
        }
    }
}

/// Whether `Origin` is that of the page's own server, under the name by which the request came.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let origin = text(ORIGIN).and_then(|origin| origin.split_once("://"));
    matches!((origin, text(HOST)), (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host))
}

/// The headers that a page which may call may send: those that it asks for. Headers that monitoring adds to every
/// request of a page are not refused.
fn sendable(headers: &HeaderMap) -> HeaderValue {
    let listed = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~, ".contains(byte);
    let asked = headers.get(ACCESS_CONTROL_REQUEST_HEADERS);
    let asked = asked.filter(|asked| !asked.is_empty() && asked.as_bytes().iter().all(listed));
    asked.cloned().unwrap_or(HeaderValue::from_static("authorization, content-type, x-request-id"))
}

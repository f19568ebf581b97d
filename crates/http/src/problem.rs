//! Errors as responses: `application/problem+json` (RFC 9457), with the headers that belong to the status.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use jobline_wire::{Code, Problem};

/// The most characters of a field name that a problem repeats: the name of an unknown field is the caller's text.
const FIELD_CHARS: usize = 64;

/// The default of when to try again, in milliseconds.
const RETRY_AFTER_MS: u64 = 1_000;

/// Why a call failed: what the caller gets, and what only goes into the log.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What the caller gets. Boxed, so that a result is small: most calls succeed.
    pub problem: Box<Problem>,
    /// The cause, for the operator's log.
    pub cause: Option<String>,
}

/// What the log says about a failure; travels in the extensions of the response.
#[derive(Debug, Clone)]
pub struct FailureRecord {
    /// The problem's code.
    pub code: Code,
    /// The internal cause.
    pub cause: Option<String>,
}

impl Failure {
    /// A failure of `code`.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        jobline_chat::Error::new(code, detail).into()
    }

    /// `invalid_request`, naming the field.
    pub fn invalid(field: &str, detail: impl Into<String>) -> Self {
        let mut failure = Self::new(Code::InvalidRequest, detail);
        let shown: String = field.chars().filter(|char| !char.is_control()).take(FIELD_CHARS).collect();
        failure.problem.field = Some(shown);
        failure
    }

    /// `unavailable`, with the cause for the log.
    pub fn unavailable(cause: impl Into<String>) -> Self {
        jobline_chat::Error::unavailable(cause).into()
    }

    /// `unauthenticated`.
    #[must_use]
    pub fn unauthenticated(detail: &str) -> Self {
        Self::new(Code::Unauthenticated, detail)
    }
}

impl From<jobline_chat::Error> for Failure {
    /// Adds `retryAfterMs` where the caller has to try again later and the domain did not say when.
    fn from(error: jobline_chat::Error) -> Self {
        let mut problem = Box::new(error.problem());
        if matches!(problem.code, Code::Unavailable | Code::RateLimited) {
            problem.retry_after_ms.get_or_insert(RETRY_AFTER_MS);
        }
        Self { problem, cause: error.cause }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self { problem, cause } = self;
        // The shapes of `wire` always serialise; an empty body would still carry the right status.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if problem.code == Code::Unauthenticated {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(ms) = problem.retry_after_ms {
            headers.insert(RETRY_AFTER, HeaderValue::from(ms.div_ceil(1000)));
        }
        response.extensions_mut().insert(FailureRecord { code: problem.code, cause });
        response
    }
}

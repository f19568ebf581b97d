//! Errors as they leave: `application/problem+json`, with the headers that go with their status.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use jobline_wire::{Code, Problem};

/// Characters of a field name that a problem repeats; an unknown field's name is the caller's own text.
const FIELD_CHARS: usize = 64;

/// When to try again where nothing better is known.
const RETRY_AFTER_MS: u64 = 1_000;

/// A refusal or failure on its way out: what the caller sees, and what only the log does.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What the caller sees. Boxed, because every answer has room for a failure and few are one.
    pub problem: Box<Problem>,
    /// For the operator's log.
    pub cause: Option<String>,
}

/// In the extensions of an answer: what the log should say about a failure.
#[derive(Debug, Clone)]
pub struct Reported {
    /// The problem's code.
    pub code: Code,
    /// What happened behind it.
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

    /// `unavailable`, with what is behind it for the log.
    pub fn unavailable(cause: impl Into<String>) -> Self {
        jobline_chat::Error::unavailable(cause).into()
    }

    /// `unauthenticated`; the same words whatever is wrong with the token, so that nobody learns by trying.
    #[must_use]
    pub fn unauthenticated(detail: &str) -> Self {
        Self::new(Code::Unauthenticated, detail)
    }
}

impl From<jobline_chat::Error> for Failure {
    /// Whoever is asked to come back later is always told when.
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
        response.extensions_mut().insert(Reported { code: problem.code, cause });
        response
    }
}

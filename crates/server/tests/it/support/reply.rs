use axum::response::Response;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use jobline_http::Payload;
use jobline_wire::{Code, Problem};
use serde_json::Value;

/// A whole response.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: bytes::Bytes,
}

impl Reply {
    pub async fn read(response: Response<Payload>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self { status: parts.status, headers: parts.headers, body }
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// Asserts the status; returns the response.
    #[track_caller]
    pub fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// Asserts that it is a complete problem with this code.
    #[track_caller]
    pub fn is_problem(&self, code: Code) -> Problem {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem: Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem.code, code, "{self:?}");
        assert_eq!(self.status, code.status(), "{self:?}");
        assert_eq!(problem.status, code.status());
        assert_eq!(problem.kind, format!("urn:jobline:problem:{}", code.as_str()));
        assert_eq!(problem.title, code.title());
        assert!(!problem.detail.is_empty());
        problem
    }

    /// Asserts that it is `invalid_request` about this field.
    #[track_caller]
    pub fn is_invalid(&self, field: &str) -> Problem {
        let problem = self.is_problem(Code::InvalidRequest);
        assert_eq!(problem.field.as_deref(), Some(field), "{problem:?}");
        problem
    }
}

//! An HTTP client with a time limit, and checks of its replies.

use super::TIMEOUT;
use super::outcome::{StepError, StepResult, failed, printable};
use http::{HeaderMap, Method, Request};
use jobline_wire::{Code, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The most bytes of a reply that are read.
const ANSWER_BYTES: u64 = 4 * 1024 * 1024;

pub(crate) struct Client {
    agent: ureq::Agent,
    base: String,
}

/// A reply.
pub(crate) struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Client {
    /// The error says what is wrong with `url`.
    pub(crate) fn new(url: &str, timeout: Duration) -> Result<Self, String> {
        let base = url.trim_end_matches('/').to_owned();
        let accepted = base.parse::<http::Uri>().ok().filter(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
        });
        if accepted.is_none_or(|uri| uri.query().is_some()) {
            return Err(format!("{} is not a URL such as https://chat.example.com", printable(url)));
        }
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .timeout_connect(Some(timeout.min(TIMEOUT / 2)))
            .http_status_as_error(false)
            // No redirects: tokens are sent only to the given address.
            .max_redirects(0)
            .user_agent(concat!("jobline-check/", env!("CARGO_PKG_VERSION")));
        Ok(Self { agent: config.build().new_agent(), base })
    }

    pub(crate) fn get(&self, path: &str, token: Option<&str>) -> StepResult<Reply> {
        self.call(Method::GET, path, token, None)
    }

    pub(crate) fn send<T: Serialize>(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &T,
    ) -> StepResult<Reply> {
        let body = serde_json::to_vec(body).map_err(|error| StepError::Failed(error.to_string()))?;
        self.call(method, path, token, Some(body))
    }

    pub(crate) fn delete(&self, path: &str, token: Option<&str>) -> StepResult<Reply> {
        self.call(Method::DELETE, path, token, None)
    }

    fn call(&self, method: Method, path: &str, token: Option<&str>, body: Option<Vec<u8>>) -> StepResult<Reply> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        self.run(request, body)
    }

    /// Sends a request to any URL, such as that of a file.
    pub(crate) fn run(&self, request: http::request::Builder, body: Option<Vec<u8>>) -> StepResult<Reply> {
        let unusable = |error: http::Error| StepError::Failed(format!("the URL or a header is not valid: {error}"));
        let answer = match body {
            Some(body) => self.agent.run(request.body(body).map_err(unusable)?),
            None => self.agent.run(request.body(()).map_err(unusable)?),
        };
        let no_answer = |error: ureq::Error| StepError::NoAnswer(printable(&error.to_string()));
        let mut answer = answer.map_err(no_answer)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec().map_err(no_answer)?;
        Ok(Reply { status, headers, body })
    }
}

impl Reply {
    /// Fails unless the status is this one.
    pub(crate) fn expect(self, status: u16) -> StepResult<Self> {
        if self.status == status {
            return Ok(self);
        }
        failed(format!("status {status}"), self.description())
    }

    /// Reads the body of a reply with status 200.
    pub(crate) fn json<T: DeserializeOwned>(self) -> StepResult<T> {
        let reply = self.expect(200)?;
        serde_json::from_slice(&reply.body)
            .or_else(|error| failed(format!("JSON of the contract ({error})"), String::from_utf8_lossy(&reply.body)))
    }

    /// Fails unless the reply is this error.
    pub(crate) fn refused(self, code: Code) -> StepResult<Problem> {
        let expected = format!("status {} with code {}", code.status(), code.as_str());
        match serde_json::from_slice::<Problem>(&self.body) {
            Ok(problem) if self.status == code.status() && problem.code == code => Ok(problem),
            _ => failed(expected, self.description()),
        }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn description(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}

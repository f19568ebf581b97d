//! Writing what clients of tRPC expect: envelopes, error codes, and the forms of a batch.

use crate::answer;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use jobline_http::{Failure, Payload};
use jobline_wire::Code;
use serde_json::{Value, json};

/// The most calls of a stream that is refused as a whole to which the answer says so.
const REFUSED_CALLS: usize = 100;

/// The outcome of one call.
pub struct Outcome<'a> {
    /// The path of the procedure.
    pub name: &'a str,
    /// Its output as JSON, or why it failed.
    pub result: Result<Bytes, Failure>,
}

impl Outcome<'_> {
    /// The HTTP status of this call alone.
    pub fn status(&self) -> u16 {
        self.result.as_ref().err().map_or(200, |failure| failure.problem.status)
    }

    /// The answer to the call where it is alone in its request.
    pub async fn answer(self, superjson: Option<bool>, headers: &HeaderMap) -> Response<Payload> {
        let body = Bytes::from(self.envelope(superjson));
        let mut response = answer::json(body, headers.get(ACCEPT_ENCODING)).await;
        if let Err(failure) = self.result {
            *response.status_mut() = status(failure.problem.status);
            describe(&mut response, failure);
        }
        response
    }

    /// The envelope of the call.
    fn envelope(&self, superjson: Option<bool>) -> Vec<u8> {
        match &self.result {
            Ok(output) if superjson == Some(true) => {
                [b"{\"result\":{\"data\":{\"json\":", &output[..], b"}}}"].concat()
            }
            Ok(output) => [b"{\"result\":{\"data\":", &output[..], b"}}"].concat(),
            Err(failure) => error(failure, Some(self.name), superjson).to_string().into_bytes(),
        }
    }
}

/// How a client wants the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One envelope.
    Single,
    /// An array of envelopes (`httpBatchLink`).
    Batch,
    /// JSON lines (`httpBatchStreamLink` of tRPC 11): the first says which lines follow, each of them is a call.
    Lines,
    /// An object with a line for each of so many calls (`unstable_httpBatchStreamLink` of tRPC 10).
    Object(usize),
}

impl Form {
    /// The form that a request asks for.
    #[must_use]
    pub fn asked(uri: &Uri, headers: &HeaderMap) -> Self {
        if !uri.query().unwrap_or_default().split('&').any(|pair| pair == "batch=1") {
            return Self::Single;
        }
        let lines = |value: &HeaderValue| {
            value.to_str().is_ok_and(|value| value.split(',').any(|one| one.trim() == "application/jsonl"))
        };
        match headers.get("trpc-accept").or(headers.get(ACCEPT)) {
            Some(accept) if lines(accept) => Self::Lines,
            _ if headers.get("trpc-batch-mode").is_some_and(|mode| mode == "stream") => {
                Self::Object(uri.path().split(',').take(REFUSED_CALLS).count())
            }
            _ => Self::Batch,
        }
    }

    /// Whether there may be several calls.
    #[must_use]
    pub fn is_batch(self) -> bool {
        self != Self::Single
    }

    /// The answer to a batch, with the outcome of every call.
    pub async fn answer(
        self,
        outcomes: Vec<Outcome<'_>>,
        superjson: Option<bool>,
        headers: &HeaderMap,
    ) -> Response<Payload> {
        // Lines have no form that clients with superjson and without both understand; one error for all calls has.
        if let (Self::Lines, None) = (self, superjson)
            && let Some(failure) = outcomes.iter().find_map(|outcome| outcome.result.as_ref().err())
        {
            return self.refuse(failure.clone());
        }
        let envelopes: Vec<Vec<u8>> = outcomes.iter().map(|one| self.envelope(one, superjson)).collect();
        let body = match self {
            Self::Single | Self::Batch => [b"[", envelopes.join(&b","[..]).as_slice(), b"]"].concat(),
            Self::Lines => lines(&envelopes, superjson == Some(true)),
            Self::Object(_) => object(&envelopes),
        };
        let mut response = answer::json(body.into(), headers.get(ACCEPT_ENCODING)).await;
        response.headers_mut().append(VARY, HeaderValue::from_static("trpc-accept, accept, trpc-batch-mode"));
        *response.status_mut() = self.status(&outcomes);
        let failures = outcomes.into_iter().filter_map(|outcome| outcome.result.err());
        if let Some(failure) = failures.max_by_key(|failure| failure.problem.status) {
            describe(&mut response, failure);
        }
        response
    }

    /// The answer when no call could run.
    #[must_use]
    pub fn refuse(self, failure: Failure) -> Response<Payload> {
        let envelope = error(&failure, None, None).to_string().into_bytes();
        let body = match self {
            Self::Single | Self::Batch | Self::Lines => envelope,
            Self::Object(calls) => object(&vec![envelope; calls]),
        };
        let mut response = Response::new(Payload::from(Bytes::from(body)));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *response.status_mut() = status(failure.problem.status);
        describe(&mut response, failure);
        response
    }

    fn envelope(self, outcome: &Outcome<'_>, superjson: Option<bool>) -> Vec<u8> {
        // Of lines, superjson writes the whole line.
        outcome.envelope(if self == Self::Lines { Some(false) } else { superjson })
    }

    /// The status that all calls have, or 207. A stream begins before its calls end: it has 200.
    fn status(self, outcomes: &[Outcome<'_>]) -> StatusCode {
        let first = outcomes.first().map_or(200, Outcome::status);
        match self {
            Self::Lines | Self::Object(_) => StatusCode::OK,
            _ if outcomes.iter().all(|outcome| outcome.status() == first) => status(first),
            _ => StatusCode::MULTI_STATUS,
        }
    }
}

/// A line that promises a line for each call, and those.
fn lines(envelopes: &[Vec<u8>], superjson: bool) -> Vec<u8> {
    let promises: Vec<String> =
        (0..envelopes.len()).map(|place| format!("\"{place}\":[[0],[null,0,{place}]]")).collect();
    let head = format!("{{{}}}", promises.join(",")).into_bytes();
    let calls = envelopes
        .iter()
        .enumerate()
        .map(|(place, envelope)| [format!("[{place},0,[[").as_bytes(), envelope, b"]]]"].concat());
    let mut text = Vec::new();
    for line in std::iter::once(head).chain(calls) {
        let (before, after): (&[u8], &[u8]) = if superjson { (b"{\"json\":", b"}\n") } else { (b"", b"\n") };
        text.extend([before, &line, after].concat());
    }
    text
}

/// An object with a field for each call by its place, each on a line.
fn object(envelopes: &[Vec<u8>]) -> Vec<u8> {
    let mut text = Vec::new();
    for (place, envelope) in envelopes.iter().enumerate() {
        let before = format!("{}\"{place}\":", if place == 0 { '{' } else { ',' });
        text.extend([before.as_bytes(), envelope, b"\n"].concat());
    }
    text.push(b'}');
    text
}

/// The envelope of an error. When it is not known whether the client uses superjson, both kinds of client find the error
/// in it.
fn error(failure: &Failure, path: Option<&str>, superjson: Option<bool>) -> Value {
    let mut shape = shape(failure, path);
    match superjson {
        Some(false) => {}
        Some(true) => shape = json!({ "json": shape }),
        None => shape["json"] = shape.clone(),
    }
    json!({ "error": shape })
}

fn shape(failure: &Failure, path: Option<&str>) -> Value {
    let problem = &failure.problem;
    let (code, number) = code(problem.status);
    let mut data = json!({"code": code, "httpStatus": problem.status, "reason": problem.code.as_str()});
    let known = [
        ("path", path.map(Value::from)),
        ("field", problem.field.clone().map(Value::from)),
        ("retryAfterMs", problem.retry_after_ms.map(Value::from)),
    ];
    for (field, value) in known {
        if let Some(value) = value {
            data[field] = value;
        }
    }
    json!({"message": problem.detail, "code": number, "data": data})
}

/// What tRPC calls an HTTP status, and its number in JSON-RPC.
fn code(status: u16) -> (&'static str, i32) {
    match status {
        400 => ("BAD_REQUEST", -32600),
        401 => ("UNAUTHORIZED", -32001),
        403 => ("FORBIDDEN", -32003),
        404 => ("NOT_FOUND", -32004),
        405 => ("METHOD_NOT_SUPPORTED", -32005),
        409 => ("CONFLICT", -32009),
        413 => ("PAYLOAD_TOO_LARGE", -32013),
        415 => ("UNSUPPORTED_MEDIA_TYPE", -32015),
        429 => ("TOO_MANY_REQUESTS", -32029),
        503 => ("SERVICE_UNAVAILABLE", -32603),
        _ => ("INTERNAL_SERVER_ERROR", -32603),
    }
}

fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Adds what goes with a failure besides the body: for the log, and headers where the status is that of the failure.
fn describe(response: &mut Response<Payload>, failure: Failure) {
    let status = response.status();
    let code = failure.problem.code;
    let problem = failure.into_response();
    response.extensions_mut().extend(problem.extensions().clone());
    if problem.status() != status {
        return;
    }
    for name in [WWW_AUTHENTICATE, RETRY_AFTER] {
        if let Some(value) = problem.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    if code == Code::MethodNotAllowed {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
    }
}

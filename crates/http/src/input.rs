//! Reads input strictly, with errors that name the wrong field.

use super::percent::decode;
use super::problem::Failure;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::BodyExt;
use jobline_chat::Clock;
use jobline_wire::{Code, limits::BODY_BYTES};
use schemars::JsonSchema;
use serde::de::value::{Error as ValueError, MapDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use std::borrow::Cow;
use std::time::Duration;

/// How much of a body that is too large is still read, so that its sender gets to see the answer.
pub const DRAINED_BYTES: usize = 4 * 1024 * 1024;
/// How long at most: far less than a request may take, so that this never causes a timeout.
const DRAINED_FOR: Duration = Duration::from_secs(3);

/// The input of procedures that take none.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// How long a body may take to arrive: less than the request may, so that its sender learns why it was refused.
const BODY_WITHIN: Duration = Duration::from_secs(8);

/// The whole body, if it is JSON by its headers and not too large. Without any body and type: `None`. It has to arrive within
/// eight seconds.
///
/// # Errors
/// `unsupported_media_type`, `payload_too_large`, `invalid_request` when the body breaks off, and `unavailable` when it does not
/// arrive in time.
pub async fn read_body(headers: &HeaderMap, body: Body, clock: &dyn Clock) -> Result<Option<Bytes>, Failure> {
    let kind = headers.get(CONTENT_TYPE);
    if kind.is_some_and(|kind| !is_json(kind.as_bytes())) {
        return Err(not_json());
    }
    refuse_encoded(headers)?;
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    // A body larger than what is drained is not waited for: its sender would send all of it for nothing.
    if announced.is_some_and(|length| length > DRAINED_BYTES as u64) {
        return Err(too_large());
    }
    let expected = usize::try_from(announced.unwrap_or(0)).unwrap_or(usize::MAX).min(BODY_BYTES);
    let bytes = tokio::select! {
        biased;
        bytes = collect(body, expected, clock) => bytes?,
        // If the body has already arrived, nothing waits.
        () = async { clock.sleep(BODY_WITHIN).await } => return Err(too_slow()),
    };
    match kind {
        None if bytes.is_empty() => Ok(None),
        None => Err(not_json()),
        // Many clients send a type also with an empty body: then the error names the missing fields.
        Some(_) if bytes.is_empty() => Ok(Some(Bytes::from_static(b"{}"))),
        Some(_) => Ok(Some(bytes)),
    }
}

/// Refuses a body that is compressed: none is unpacked here.
///
/// # Errors
/// `unsupported_media_type`.
pub fn refuse_encoded(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get(CONTENT_ENCODING) {
        Some(encoding) if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") => {
            Err(Failure::new(Code::UnsupportedMediaType, "Send the body as it is, without a Content-Encoding."))
        }
        _ => Ok(()),
    }
}

/// `unsupported_media_type`.
pub fn not_json() -> Failure {
    Failure::new(Code::UnsupportedMediaType, "Send the body as JSON, with Content-Type: application/json.")
}

fn is_json(kind: &[u8]) -> bool {
    essence(kind).eq_ignore_ascii_case(b"application/json")
}

/// Whether a `Content-Type` names lines of JSON, by one of the names that are in use.
#[must_use]
pub fn is_ndjson(kind: &[u8]) -> bool {
    let kinds = ["application/x-ndjson", "application/ndjson", "application/jsonl"];
    kinds.iter().any(|one| essence(kind).eq_ignore_ascii_case(one.as_bytes()))
}

/// A `Content-Type` without its parameters.
fn essence(kind: &[u8]) -> &[u8] {
    kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}

async fn collect(mut body: Body, expected: usize, clock: &dyn Clock) -> Result<Bytes, Failure> {
    let mut all = BytesMut::with_capacity(expected);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Failure::new(Code::InvalidRequest, "The body broke off. Send it again."))?;
        let Some(data) = frame.data_ref() else { continue };
        if all.len() + data.len() > BODY_BYTES {
            let came = all.len() + data.len();
            tokio::select! {
                biased;
                () = drain(body, came) => {}
                () = clock.sleep(DRAINED_FOR) => {}
            }
            return Err(too_large());
        }
        all.extend_from_slice(data);
    }
    Ok(all.freeze())
}

/// Continues reading after the first `came` bytes, up to [`DRAINED_BYTES`].
async fn drain(mut body: Body, mut came: usize) {
    while let Some(Ok(frame)) = body.frame().await {
        came += frame.data_ref().map_or(0, Bytes::len);
        if came > DRAINED_BYTES {
            break;
        }
    }
}

fn too_slow() -> Failure {
    let within = BODY_WITHIN.as_secs();
    let detail = format!("The body did not arrive within {within} s. Nothing was changed; send it again.");
    let mut failure = Failure::unavailable("the body did not arrive in time");
    failure.problem.detail = detail;
    failure
}

fn too_large() -> Failure {
    let detail = format!("The body is larger than {BODY_BYTES} bytes. Send less in one call.");
    Failure::new(Code::PayloadTooLarge, detail)
}

/// The input in a JSON body.
///
/// # Errors
/// `invalid_request`, naming the field where there is one.
pub fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    // Derived structs would also accept an array of their fields in order, which no client intends.
    if body.trim_ascii_start().first().is_some_and(|byte| *byte != b'{') {
        return Err(Failure::new(Code::InvalidRequest, "The body is not a JSON object."));
    }
    let mut parser = serde_json::Deserializer::from_slice(body);
    // Tracking the path costs an allocation for each field, so a body is parsed with it only after an error.
    let input = T::deserialize(&mut parser).or_else(|_| {
        parser = serde_json::Deserializer::from_slice(body);
        serde_path_to_error::deserialize(&mut parser).map_err(|error| refuse_json(body, &error))
    })?;
    parser.end().map_err(|_| Failure::new(Code::InvalidRequest, "Something follows the JSON object in the body."))?;
    Ok(input)
}

fn refuse_json(body: &[u8], error: &serde_path_to_error::Error<serde_json::Error>) -> Failure {
    use serde_json::error::Category;
    let inner = error.inner();
    // There a number in place of an enum value counts as broken JSON, although it is not.
    let is_json = || serde_json::from_slice::<serde_json::Value>(body).is_ok();
    match inner.classify() {
        Category::Data => refuse_field(&error.path().to_string(), &inner.to_string()),
        Category::Syntax if is_json() => refuse_field(&error.path().to_string(), &inner.to_string()),
        _ => Failure::new(
            Code::InvalidRequest,
            format!("The body is not JSON: line {}, column {}.", inner.line(), inner.column()),
        ),
    }
}

/// The input in a query. A bare `+` is a plus: no parameter is text that may hold a space, and a person who writes a
/// cursor or a time zone by hand means what is written.
///
/// Parameters are looked at one after the other and only up to the first that is refused, so that the cost grows with the
/// query and no faster.
///
/// # Errors
/// `invalid_request`, naming the parameter where there is one.
pub fn from_query<T: DeserializeOwned>(query: Option<&str>) -> Result<T, Failure> {
    // Tracking the path costs allocations, so a query is parsed with it only after an error.
    let mut broken = None;
    let input = T::deserialize(MapDeserializer::<_, ValueError>::new(pairs(query, &mut broken)));
    if let (Ok(input), None) = (input, &broken) {
        return Ok(input);
    }
    let input = serde_path_to_error::deserialize(MapDeserializer::<_, ValueError>::new(pairs(query, &mut broken)));
    match (input, broken) {
        (_, Some(failure)) => Err(failure),
        (Ok(input), None) => Ok(input),
        (Err(error), None) => Err(refuse_field(&error.path().to_string(), &error.inner().to_string())),
    }
}

/// The parameters of a query, up to the first that cannot be decoded, which is left in `broken`.
fn pairs<'a>(
    query: Option<&'a str>,
    broken: &'a mut Option<Failure>,
) -> impl Iterator<Item = (Cow<'a, str>, Text<'a>)> {
    let parts = query.unwrap_or_default().split('&').filter(|part| !part.is_empty());
    parts.map_while(|part| pair(part).map_err(|failure| *broken = Some(failure)).ok())
}

/// One parameter, decoded.
fn pair(part: &str) -> Result<(Cow<'_, str>, Text<'_>), Failure> {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    let name = decode(name, false).ok_or_else(undecodable)?;
    let value = decode(value, false).ok_or_else(|| Failure::invalid(&name, "Its percent-encoding is broken."))?;
    Ok((name, Text(value)))
}

fn undecodable() -> Failure {
    Failure::new(Code::InvalidRequest, "The percent-encoding of the query is broken.")
}

/// `message` is what serde says; where it names a field (unknown, missing, duplicate), that is the one at fault, and
/// otherwise the one that was being read.
fn refuse_field(path: &str, message: &str) -> Failure {
    let named = |prefix: &str| message.strip_prefix(prefix)?.split('`').next();
    if let Some(field) = named("unknown field `") {
        return Failure::invalid(field, "There is no such field here. Check its spelling, or leave it out.");
    }
    if let Some(field) = named("missing field `") {
        return Failure::invalid(field, "This field is missing.");
    }
    if let Some(field) = named("duplicate field `") {
        return Failure::invalid(field, "This field is there more than once.");
    }
    let said: String = message.split(" at line ").next().unwrap_or_default().chars().take(200).collect();
    Failure::invalid(path, format!("{path} does not fit: {}.", in_terms_of_json(&said)))
}

/// The message of serde, in terms of JSON. The text before "expected" is the caller's input and stays unchanged.
fn in_terms_of_json(said: &str) -> String {
    let (found, expected) = said.rsplit_once(", expected ").unwrap_or((said, ""));
    let found = match found {
        "invalid type: map" => "it is an object",
        "invalid type: sequence" => "it is an array",
        found => found,
    };
    let expected = match expected {
        "" => return found.to_owned(),
        "u64" | "u32" => "a whole number",
        "a sequence" => "an array",
        expected => expected,
    };
    format!("{found}, expected {expected}")
}

/// One value of a query: text, until a field asks for a number.
#[derive(Debug)]
struct Text<'a>(Cow<'a, str>);

impl<'de> IntoDeserializer<'de, ValueError> for Text<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl Text<'_> {
    /// Digits only: `u64::from_str` would also take a plus sign.
    fn number(&self) -> Result<u64, ValueError> {
        let digits = !self.0.is_empty() && self.0.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| self.0.parse().ok()).flatten();
        number.ok_or_else(|| serde::de::Error::custom("a whole number is expected"))
    }
}

impl<'de> Deserializer<'de> for Text<'de> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0 {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use futures_util::stream::{self, StreamExt};
    use std::{convert::Infallible, time::Instant};

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Page {
        since: String,
        limit: Option<u32>,
    }

    fn refused(query: &str) -> Option<String> {
        from_query::<Page>(Some(query)).expect_err("it should be refused").problem.field
    }

    /// A clock in which only sleeping takes time.
    struct Still;

    #[async_trait]
    impl Clock for Still {
        fn now_ms(&self) -> u64 {
            0
        }

        async fn sleep(&self, _: Duration) {}
    }

    async fn code_of(body: Body) -> Option<Code> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, "application/json".parse().unwrap())]);
        read_body(&headers, body, &Still).await.err().map(|failure| failure.problem.code)
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_refused_also_when_its_end_does_not_come() {
        let chunk = |length: usize| Ok::<_, Infallible>(Bytes::from(vec![b'a'; length]));
        for (chunks, code) in [
            (vec![BODY_BYTES], None),
            (vec![BODY_BYTES, 1], Some(Code::PayloadTooLarge)),
            (vec![DRAINED_BYTES, 1], Some(Code::PayloadTooLarge)),
        ] {
            let begun = stream::iter(chunks.into_iter().map(chunk).collect::<Vec<_>>());
            assert_eq!(code_of(Body::from_stream(begun.clone())).await, code);
            if code.is_some() {
                assert_eq!(code_of(Body::from_stream(begun.chain(stream::pending()))).await, code);
            }
        }
    }

    #[test]
    fn a_bare_plus_is_a_plus() {
        let page = from_query::<Page>(Some("since=2025-11-14T10:30:00+02:00&limit=5")).ok();
        assert_eq!(page, Some(Page { since: "2025-11-14T10:30:00+02:00".to_owned(), limit: Some(5) }));
        let page = from_query::<Page>(Some("since=a%2Bb%20c")).ok();
        assert_eq!(page, Some(Page { since: "a+b c".to_owned(), limit: None }));
    }

    #[test]
    fn the_first_parameter_at_fault_is_named() {
        assert_eq!(refused("since=a&since=b").as_deref(), Some("since"));
        assert_eq!(refused("since=a&x=1&y=%zz").as_deref(), Some("x"));
        assert_eq!(refused("since=%zz").as_deref(), Some("since"));
        assert_eq!(refused("limit=5").as_deref(), Some("since"));
    }

    #[test]
    fn the_cost_of_a_query_grows_no_faster_than_the_query() {
        fn parsed_in(names: usize, times: usize) -> Duration {
            let query: String = (0..names).map(|name| format!("&{name:x}")).collect();
            let begun = Instant::now();
            for _ in 0..times {
                assert!(from_query::<std::collections::BTreeMap<String, String>>(Some(&query)).is_ok());
            }
            begun.elapsed()
        }
        parsed_in(1_000, 16);
        let (small, large) = (parsed_in(1_000, 16), parsed_in(16_000, 1));
        assert!(large < small * 6, "the same names: {small:?} in 16 queries, {large:?} in one");
    }
}

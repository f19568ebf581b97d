//! Reading a tRPC request: which procedures, with which input, and how the client wants the answer.

use super::answer::Form;
use super::{BATCH_CALLS, PREFIX};
use axum::body::Body;
use bytes::Bytes;
use http::Method;
use http::request::Parts;
use jobline_chat::Clock;
use jobline_http::{Failure, decode, read_body};
use jobline_wire::Code;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// What a request asks for, as far as path and headers say.
pub struct TrpcRequest<'a> {
    /// The path of the procedure; of a batch those of all, with commas between them.
    pub path: Cow<'a, str>,
    /// The form of the answer; a batch may have one call.
    pub form: Form,
}

impl<'a> TrpcRequest<'a> {
    /// Reads path, query and headers.
    ///
    /// # Errors
    /// `method_not_allowed`, and `invalid_request` for a batch that is too large or a path that cannot be decoded.
    pub fn read(parts: &'a Parts) -> Result<Self, Failure> {
        if !matches!(parts.method, Method::GET | Method::POST) {
            let detail = "Call queries by GET or POST, and mutations by POST.";
            return Err(Failure::new(Code::MethodNotAllowed, detail));
        }
        let path = parts.uri.path().strip_prefix(PREFIX).and_then(|path| decode(path, false));
        let path = path.ok_or_else(|| invalid("The percent-encoding of the path is broken."))?;
        let asked = Self { path, form: Form::asked(&parts.uri, &parts.headers) };
        if asked.form.is_batch() && asked.names().count() > BATCH_CALLS {
            let detail = format!("A batch has at most {BATCH_CALLS} calls. Set maxItems: {BATCH_CALLS} in the link.");
            return Err(invalid(detail));
        }
        Ok(asked)
    }

    /// The paths of the procedures of a batch, in the order of the calls.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.path.split(',')
    }
}

/// What came as input: in a GET a part of the query, in a POST the body.
enum Text<'a> {
    Query(Cow<'a, str>),
    Body(Bytes),
}

impl<'a> Text<'a> {
    /// `None`: nothing came.
    ///
    /// # Errors
    /// `invalid_request`, `payload_too_large`, `unsupported_media_type`, `unavailable`.
    async fn read(parts: &'a Parts, body: Body, clock: &dyn Clock) -> Result<Option<Self>, Failure> {
        if parts.method == Method::GET {
            let input = parameter(parts, "input").filter(|input| !input.is_empty());
            let decoded = input.map(|input| decode(input, true).ok_or_else(undecodable)).transpose()?;
            Ok(decoded.map(Self::Query))
        } else {
            Ok(read_body(&parts.headers, body, clock).await?.map(Self::Body))
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Query(text) => text.as_bytes(),
            Self::Body(bytes) => bytes,
        }
    }

    fn parse(&self) -> Result<Value, Failure> {
        serde_json::from_slice(self.bytes()).map_err(|error| not_json(&error))
    }
}

/// The input of a call that is alone in its request.
pub struct GivenInput<'a> {
    text: Option<Text<'a>>,
    /// Whether the client uses superjson, and so expects it; `None`: no input came that would tell.
    pub superjson: Option<bool>,
    /// Whether it was read as JSON already. Otherwise the procedure does, and who is refused by it may have sent none.
    is_json: bool,
}

impl<'a> GivenInput<'a> {
    /// Reads the input. One that is not superjson is passed on as it came, so that a field that is there twice is refused.
    ///
    /// # Errors
    /// `invalid_request`, `payload_too_large`, `unsupported_media_type`, `unavailable`.
    pub async fn read(parts: &'a Parts, body: Body, clock: &dyn Clock) -> Result<Self, Failure> {
        let Some(text) = Text::read(parts, body, clock).await? else {
            return Ok(Self { text: None, superjson: None, is_json: true });
        };
        if !may_be_superjson(text.bytes()) {
            // Most calls: the procedure reads the text, and nothing else has to know what is in it.
            return Ok(Self { text: Some(text), superjson: Some(false), is_json: false });
        }
        Ok(match Given::of(text.parse()?) {
            Given::Superjson(input) => {
                let text = input.map(|input| Text::Body(written(input)));
                Self { text, superjson: Some(true), is_json: true }
            }
            Given::Plain(_) => Self { text: Some(text), superjson: Some(false), is_json: true },
        })
    }

    /// The JSON of the input; `None` where the client sent none.
    pub fn text(&self) -> Option<&[u8]> {
        self.text.as_ref().map(|text| text.bytes().trim_ascii())
    }

    /// Refuses an input that is no JSON.
    ///
    /// # Errors
    /// `invalid_request`, with its place.
    pub fn check_json(&self) -> Result<(), Failure> {
        match self.text() {
            Some(text) if !self.is_json => {
                serde_json::from_slice::<IgnoredAny>(text).map(drop).map_err(|error| not_json(&error))
            }
            _ => Ok(()),
        }
    }
}

/// The inputs of the calls of a batch.
pub struct Inputs {
    /// The JSON of each; `None` where the client sent none.
    by_place: Vec<Option<Bytes>>,
    /// Whether the client uses superjson, and so expects it; `None`: no input was read that would tell.
    pub superjson: Option<bool>,
}

impl Inputs {
    /// No inputs.
    pub fn unread() -> Self {
        Self { by_place: Vec::new(), superjson: None }
    }

    /// Reads the inputs of so many calls.
    ///
    /// # Errors
    /// As [`GivenInput::read`].
    pub async fn read(calls: usize, parts: &Parts, body: Body, clock: &dyn Clock) -> Result<Self, Failure> {
        let Some(text) = Text::read(parts, body, clock).await? else { return Ok(Self::unread()) };
        let Value::Object(mut by_place) = text.parse()? else {
            return Err(invalid("The input of a batch is an object with a field for each call: {\"0\": …, \"1\": …}."));
        };
        Ok(Self::of_values((0..calls).map(|place| by_place.remove(&place.to_string()))))
    }

    /// The input of the call at `place`.
    pub fn of(&self, place: usize) -> Option<&[u8]> {
        self.by_place.get(place)?.as_deref()
    }

    fn of_values(values: impl Iterator<Item = Option<Value>>) -> Self {
        let mut superjson = false;
        let by_place = values.map(|value| match Given::of(value?) {
            Given::Plain(input) => Some(written(input)),
            Given::Superjson(input) => {
                superjson = true;
                input.map(written)
            }
        });
        let by_place = by_place.collect();
        Self { by_place, superjson: Some(superjson) }
    }
}

/// Whether there may be a field `json`: a name can be written with escapes.
fn may_be_superjson(text: &[u8]) -> bool {
    text.contains(&b'\\') || text.split(|byte| *byte == b'"').any(|part| part == b"json")
}

/// An input, and whether superjson wrote it.
enum Given {
    Plain(Value),
    /// `None`: the client called without input, for which superjson writes `null` and a note.
    Superjson(Option<Value>),
}

impl Given {
    /// Superjson writes `{json}` or `{json, meta}` and nothing else, also for a call without input. No procedure has an
    /// input with such fields, so the shape alone tells.
    fn of(value: Value) -> Self {
        let Value::Object(mut fields) = value else { return Self::Plain(value) };
        let notes = usize::from(fields.contains_key("meta"));
        if !fields.contains_key("json") || fields.len() != 1 + notes {
            return Self::Plain(Value::Object(fields));
        }
        let meta = fields.remove("meta").unwrap_or_default();
        let mut json = fields.remove("json").unwrap_or_default();
        let notes = &meta["values"];
        if json.is_null() && is_undefined(notes) {
            return Self::Superjson(None);
        }
        if let (Some(json), Some(notes)) = (json.as_object_mut(), notes.as_object()) {
            leave_out_undefined(json, notes);
        }
        Self::Superjson(Some(json))
    }
}

/// Fields that are `undefined` are left out, as they are without superjson.
fn leave_out_undefined(json: &mut Map<String, Value>, notes: &Map<String, Value>) {
    for (field, note) in notes {
        if is_undefined(note) {
            json.remove(field);
        }
    }
}

/// Whether superjson's metadata says that this `null` was `undefined`.
fn is_undefined(note: &Value) -> bool {
    note[0] == "undefined"
}

fn written(value: Value) -> Bytes {
    value.to_string().into()
}

/// The value of a parameter of the query, as it is written there.
fn parameter<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    let pairs = parts.uri.query().unwrap_or_default().split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn invalid(detail: impl Into<String>) -> Failure {
    Failure::new(Code::InvalidRequest, detail)
}

fn undecodable() -> Failure {
    invalid("The percent-encoding of the input is broken.")
}

fn not_json(error: &serde_json::Error) -> Failure {
    invalid(format!("The input is not JSON: line {}, column {}.", error.line(), error.column()))
}

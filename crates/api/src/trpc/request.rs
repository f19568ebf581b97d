//! Reading a tRPC request: which procedures, with which input, and how the client wants the answer.

use super::answer::{Form, is_batch};
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
pub struct Asked<'a> {
    /// The paths of the procedures, in the order of the calls.
    pub names: Vec<Cow<'a, str>>,
    /// Whether it is a batch; a batch may have one call.
    pub batch: bool,
    /// The form of the answer.
    pub form: Form,
}

impl<'a> Asked<'a> {
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
        let batch = is_batch(&parts.uri);
        let names: Vec<Cow<'_, str>> =
            if batch { path.split(',').map(|name| name.to_owned().into()).collect() } else { vec![path] };
        if names.len() > BATCH_CALLS {
            let detail = format!("A batch has at most {BATCH_CALLS} calls. Set maxItems: {BATCH_CALLS} in the link.");
            return Err(invalid(detail));
        }
        Ok(Self { names, batch, form: Form::asked(&parts.uri, &parts.headers) })
    }

    /// Reads the inputs: of the query in a GET, of the body in a POST.
    ///
    /// # Errors
    /// `invalid_request`, `payload_too_large`, `unsupported_media_type`, `unavailable`.
    pub async fn inputs(&self, parts: &Parts, body: Body, clock: &dyn Clock) -> Result<Inputs, Failure> {
        let text = if parts.method == Method::GET {
            let input = parameter(parts, "input").filter(|input| !input.is_empty());
            let decoded = input.map(|input| decode(input, true).ok_or_else(undecodable)).transpose()?;
            decoded.map(|text| Bytes::from(text.into_owned()))
        } else {
            read_body(&parts.headers, body, clock).await?
        };
        let Some(text) = text else { return Ok(Inputs::unread()) };
        if !self.batch && !may_be_superjson(&text) {
            // Most calls: the procedure reads the text, and nothing else has to know what is in it.
            return Ok(Inputs { by_place: vec![Some(trimmed(&text))], superjson: Some(false), is_json: false });
        }
        let value: Value = serde_json::from_slice(&text).map_err(|error| not_json(&error))?;
        if !self.batch {
            return Ok(Inputs::single(value, trimmed(&text)));
        }
        let Value::Object(mut by_place) = value else {
            return Err(invalid("The input of a batch is an object with a field for each call: {\"0\": …, \"1\": …}."));
        };
        Ok(Inputs::batch((0..self.names.len()).map(|place| by_place.remove(&place.to_string()))))
    }
}

/// The inputs of the calls of a request.
pub struct Inputs {
    /// The JSON of each; `None` where the client sent none.
    by_place: Vec<Option<Bytes>>,
    /// Whether the client uses superjson, and so expects it; `None`: no input was read that would tell.
    pub superjson: Option<bool>,
    /// Whether it was read as JSON already. Otherwise the procedure does, and who is refused by it may have sent none.
    is_json: bool,
}

impl Inputs {
    /// No inputs.
    pub fn unread() -> Self {
        Self { by_place: Vec::new(), superjson: None, is_json: true }
    }

    /// Refuses an input that is no JSON.
    ///
    /// # Errors
    /// `invalid_request`, with its place.
    pub fn check_json(&self) -> Result<(), Failure> {
        let unread = self.by_place.iter().flatten().filter(|_| !self.is_json);
        for text in unread {
            serde_json::from_slice::<IgnoredAny>(text).map_err(|error| not_json(&error))?;
        }
        Ok(())
    }

    /// The input of the call at `place`.
    pub fn of(&self, place: usize) -> Option<&[u8]> {
        self.by_place.get(place)?.as_deref()
    }

    /// An input that is not superjson is passed on as it came, so that a field that is there twice is refused.
    fn single(value: Value, text: Bytes) -> Self {
        let (input, superjson) = match Given::of(value) {
            Given::Superjson(input) => (input.map(written), true),
            Given::Plain(_) => (Some(text), false),
        };
        Self { by_place: vec![input], superjson: Some(superjson), is_json: true }
    }

    fn batch(values: impl Iterator<Item = Option<Value>>) -> Self {
        let mut superjson = false;
        let by_place = values.map(|value| match Given::of(value?) {
            Given::Plain(input) => Some(written(input)),
            Given::Superjson(input) => {
                superjson = true;
                input.map(written)
            }
        });
        let by_place = by_place.collect();
        Self { by_place, superjson: Some(superjson), is_json: true }
    }
}

/// Whether there may be a field `json`: a name can be written with escapes.
fn may_be_superjson(text: &[u8]) -> bool {
    text.contains(&b'\\') || text.windows(6).any(|part| part == b"\"json\"")
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

fn trimmed(text: &Bytes) -> Bytes {
    text.slice_ref(text.trim_ascii())
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

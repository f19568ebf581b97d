//! The fronts of a function: they turn requests into events and replies into responses, as AWS does.

use crate::function::{Ended, Function};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A front, by the events that it sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    FunctionUrl,
    HttpApi,
    RestApi,
}

pub const FRONTS: [Front; 3] = [Front::FunctionUrl, Front::HttpApi, Front::RestApi];

/// A request before it is an event.
#[derive(Default, Clone)]
pub struct Asked<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a [(&'a str, &'a str)],
    pub headers: Vec<(&'a str, String)>,
    pub body: Option<Value>,
    /// Whether the body comes in base64, as it does if the front treats it as binary.
    pub in_base64: bool,
}

/// A response, made from a reply.
#[derive(Debug)]
pub struct Answer {
    pub status: u64,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    pub invocation: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()
    }
}

impl Front {
    pub async fn ask(self, function: &mut Function, asked: Asked<'_>) -> Answer {
        match function.invoke(self.event(&asked)).await {
            (invocation, Ended::Answered(reply)) => self.answer(reply, invocation),
            (_, Ended::Failed(error)) => panic!("{self:?} {} {}: {error}", asked.method, asked.path),
        }
    }

    fn event(self, asked: &Asked<'_>) -> Value {
        let mut event: Value = serde_json::from_str(match self {
            Self::FunctionUrl => include_str!("events/function-url.json"),
            Self::HttpApi => include_str!("events/http-api-v2.json"),
            Self::RestApi => include_str!("events/rest-api-v1.json"),
        })
        .unwrap();
        match self {
            Self::RestApi => Self::fill_v1(&mut event, asked),
            _ => self.fill_v2(&mut event, asked),
        }
        if let Some(body) = &asked.body {
            let text = body.to_string();
            event["body"] = json!(if asked.in_base64 { STANDARD.encode(text) } else { text });
        }
        event["isBase64Encoded"] = json!(asked.in_base64);
        event
    }

    fn fill_v2(self, event: &mut Value, asked: &Asked<'_>) {
        let stage = if self == Self::HttpApi { "/prod" } else { "" };
        let path = format!("{stage}{}", asked.path);
        let escaped =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let query: Vec<String> = asked.query.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        event["rawPath"] = json!(path);
        event["rawQueryString"] = json!(query.join("&"));
        event["requestContext"]["http"]["method"] = json!(asked.method);
        event["requestContext"]["http"]["path"] = json!(path);
        if !asked.query.is_empty() {
            // The values of a repeated name are joined here, and cannot be separated again.
            let mut joined: BTreeMap<&str, String> = BTreeMap::new();
            for (name, value) in asked.query {
                joined.entry(name).and_modify(|all| *all = format!("{all},{value}")).or_insert((*value).to_owned());
            }
            event["queryStringParameters"] = json!(joined);
        }
        for (name, value) in &asked.headers {
            event["headers"][name] = json!(value);
        }
    }

    fn fill_v1(event: &mut Value, asked: &Asked<'_>) {
        event["path"] = json!(asked.path);
        event["httpMethod"] = json!(asked.method);
        event["requestContext"]["path"] = json!(format!("/prod{}", asked.path));
        event["requestContext"]["httpMethod"] = json!(asked.method);
        if !asked.query.is_empty() {
            let mut lists: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for (name, value) in asked.query {
                lists.entry(name).or_default().push(value);
            }
            // Only the last value of each name.
            event["queryStringParameters"] = json!(asked.query.iter().copied().collect::<BTreeMap<_, _>>());
            event["multiValueQueryStringParameters"] = json!(lists);
        }
        for (name, value) in &asked.headers {
            event["headers"][name] = json!(value);
            event["multiValueHeaders"][name] = json!([value]);
        }
    }

    fn answer(self, reply: Value, invocation: String) -> Answer {
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        if self == Self::RestApi {
            let lists: BTreeMap<String, Vec<String>> =
                serde_json::from_value(reply["multiValueHeaders"].clone()).unwrap();
            headers.extend(lists.into_iter().map(|(name, values)| (name, values.join(", "))));
        } else {
            headers = serde_json::from_value(reply["headers"].clone()).unwrap();
        }
        let compressed = headers.contains_key("content-encoding");
        assert_eq!(reply["isBase64Encoded"], json!(compressed), "text goes as text, and the app as it was compressed");
        let body = readable(reply["body"].as_str().unwrap(), headers.get("content-encoding").map(String::as_str));
        Answer { status: reply["statusCode"].as_u64().unwrap(), headers, body, invocation }
    }
}

/// The body as a client reads it: an answer of 1 KB or more comes compressed.
fn readable(body: &str, encoding: Option<&str>) -> String {
    if encoding != Some("br") {
        return body.to_owned();
    }
    let (bytes, mut text) = (STANDARD.decode(body).unwrap(), Vec::new());
    brotli::BrotliDecompress(&mut bytes.as_slice(), &mut text).unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

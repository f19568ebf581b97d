use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{COOKIE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Characters that a URL must not have. The text may already have other escapes.
const NOT_IN_URL: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'`').add(b'\\');
/// Characters that a path must not have.
const NOT_IN_PATH: &AsciiSet = &NOT_IN_URL.add(b'?').add(b'{').add(b'}').add(b'^');
/// All characters except the unreserved ones of RFC 3986.
const NOT_UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The format of an event. The reply has to have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Front {
    /// Payload format 2.0: a function URL, or an HTTP API.
    V2,
    /// Payload format 1.0: a REST API, or an HTTP API that is configured for it.
    V1,
}

/// Why an event is not a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It is no HTTP event.
    NotHttp,
    /// This part of it is malformed.
    Malformed(&'static str),
}

type Lists = BTreeMap<String, Vec<String>>;

/// An HTTP event in either format. Fields that a format does not have stay empty.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Event {
    version: Option<String>,
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    cookies: Option<Vec<String>>,
    http_method: Option<String>,
    path: Option<String>,
    query_string_parameters: Option<BTreeMap<String, String>>,
    multi_value_query_string_parameters: Option<Lists>,
    headers: Option<BTreeMap<String, String>>,
    multi_value_headers: Option<Lists>,
    request_context: Option<Context>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
    /// For an event of EventBridge: its kind.
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    /// For an event of a stream or a queue.
    #[serde(rename = "Records")]
    records: Option<Vec<Record>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_source: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Context {
    stage: Option<String>,
    http: Option<Http>,
    /// For an event of a WebSocket API.
    event_type: Option<String>,
    connection_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Http {
    method: String,
}

/// What happened to a connection of a WebSocket API.
#[derive(Debug)]
pub(super) struct Frame {
    /// Its name.
    pub connection: String,
    pub happened: Happened,
}

#[derive(Debug)]
pub(super) enum Happened {
    /// A client wants to connect, with these headers.
    Connects(HeaderMap),
    /// A text frame; an empty one stands for a binary one, which the contract does not use.
    Says(String),
    /// The client has left.
    Left,
}

impl Event {
    /// The event of a WebSocket API; otherwise the event as it is.
    pub(super) fn into_frame(mut self) -> Result<Frame, Box<Self>> {
        let context = self.request_context.as_mut();
        let told = context.and_then(|context| Some((context.event_type.take()?, context.connection_id.take()?)));
        let Some((kind, connection)) = told else { return Err(Box::new(self)) };
        let happened = match kind.as_str() {
            "CONNECT" => Happened::Connects(self.into_headers()),
            "MESSAGE" if self.is_base64_encoded == Some(true) => Happened::Says(String::new()),
            "MESSAGE" => Happened::Says(self.body.unwrap_or_default()),
            _ => Happened::Left,
        };
        Ok(Frame { connection, happened })
    }

    /// Whether this is the template's schedule.
    pub(super) fn is_scheduled(&self) -> bool {
        self.detail_type.as_deref() == Some("Scheduled Event")
    }

    /// Whether the table's stream reports that there is something to deliver.
    pub(super) fn is_of_the_table(&self) -> bool {
        let of_table = |record: &Record| record.event_source.as_deref() == Some("aws:dynamodb");
        self.records.as_ref().is_some_and(|records| records.iter().any(of_table))
    }

    pub(super) fn front(&self) -> Front {
        let v2 = self.request_context.as_ref().is_some_and(|context| context.http.is_some());
        if v2 { Front::V2 } else { Front::V1 }
    }

    /// Makes the request. Without an id from the caller it gets the id of the invocation.
    pub(super) fn into_request(self, invocation: &str) -> Result<Request<Body>, Unreadable> {
        let mut request = Request::new(Body::empty());
        let method = Method::from_bytes(self.method().ok_or(Unreadable::NotHttp)?.as_bytes());
        *request.method_mut() = method.map_err(|_| Unreadable::Malformed("method"))?;
        *request.uri_mut() = self.target()?.parse().map_err(|_| Unreadable::Malformed("path or query"))?;
        let (body, in_base64) = (self.body.clone().unwrap_or_default(), self.is_base64_encoded == Some(true));
        *request.headers_mut() = self.into_headers();
        if let Ok(id) = HeaderValue::from_str(invocation) {
            request.headers_mut().entry(REQUEST_ID).or_insert(id);
        }
        *request.body_mut() = match in_base64 {
            true => STANDARD.decode(body).map_err(|_| Unreadable::Malformed("body"))?.into(),
            false => body.into(),
        };
        Ok(request)
    }

    fn method(&self) -> Option<&str> {
        let of_v2 = self.request_context.as_ref().and_then(|context| context.http.as_ref());
        of_v2.map(|http| http.method.as_str()).or(self.http_method.as_deref())
    }

    /// Path and query, escaped.
    fn target(&self) -> Result<String, Unreadable> {
        let path = self.raw_path.as_deref().or(self.path.as_deref()).ok_or(Unreadable::NotHttp)?;
        let path = utf8_percent_encode(self.without_stage(path), NOT_IN_PATH).to_string();
        let query = match &self.raw_query_string {
            Some(raw) => utf8_percent_encode(raw, NOT_IN_URL).to_string(),
            None => self.query(),
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(if query.is_empty() { format!("{slash}{path}") } else { format!("{slash}{path}?{query}") })
    }

    /// Removes the name of the stage from the path. HTTP APIs add it, except for the default stage; REST APIs do not.
    fn without_stage<'a>(&self, path: &'a str) -> &'a str {
        let stage = self.request_context.as_ref().and_then(|context| context.stage.as_deref());
        let stage = stage.filter(|stage| self.version.is_some() && !stage.is_empty() && *stage != "$default");
        let rest = stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
        rest.filter(|rest| rest.is_empty() || rest.starts_with('/')).unwrap_or(path)
    }

    /// The query of format 1.0, which is decoded and in parts. Only the lists have every value.
    fn query(&self) -> String {
        let escaped = |text: &str| utf8_percent_encode(text, NOT_UNRESERVED).to_string();
        let pair = |(name, value): (&String, &String)| format!("{}={}", escaped(name), escaped(value));
        let pairs: Vec<String> = match (&self.multi_value_query_string_parameters, &self.query_string_parameters) {
            (Some(lists), _) => {
                let all = lists.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
                all.map(pair).collect()
            }
            (None, Some(single)) => single.iter().map(pair).collect(),
            (None, None) => Vec::new(),
        };
        pairs.join("&")
    }

    fn into_headers(self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let lists = self.multi_value_headers.filter(|lists| !lists.is_empty());
        let lists = lists.unwrap_or_else(|| {
            self.headers.unwrap_or_default().into_iter().map(|(name, value)| (name, vec![value])).collect()
        });
        for (name, values) in lists {
            let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
            for value in values.iter().filter_map(|value| HeaderValue::from_str(value).ok()) {
                headers.append(&name, value);
            }
        }
        let cookies = self.cookies.filter(|cookies| !cookies.is_empty());
        if let Some(cookies) = cookies.and_then(|cookies| HeaderValue::from_str(&cookies.join("; ")).ok()) {
            headers.insert(COOKIE, cookies);
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn request(event: Value) -> Result<Request<Body>, Unreadable> {
        serde_json::from_value::<Event>(event).unwrap().into_request("invocation")
    }

    fn target(event: Value) -> String {
        request(event).unwrap().uri().to_string()
    }

    fn v2(path: &str, query: &str, stage: &str) -> Value {
        json!({"version": "2.0", "rawPath": path, "rawQueryString": query,
            "requestContext": {"stage": stage, "http": {"method": "GET"}}})
    }

    #[test]
    fn queries_arrive_as_they_were_sent() {
        let query = "conversationId=conv_a_b&since=2025-11-14T10%3A30%3A00%2B02%3A00";
        assert_eq!(target(v2("/messages/list", query, "$default")), format!("/messages/list?{query}"));
        let taken_apart = json!({"httpMethod": "GET", "path": "/messages/list",
            "queryStringParameters": {"since": "2025-11-14T10:30:00+02:00"},
            "multiValueQueryStringParameters": {"since": ["x", "2025-11-14T10:30:00+02:00"]}});
        assert_eq!(target(taken_apart), "/messages/list?since=x&since=2025-11-14T10%3A30%3A00%2B02%3A00");
        let single = json!({"httpMethod": "GET", "path": "/", "queryStringParameters": {"a&b": "c d"}});
        assert_eq!(target(single), "/?a%26b=c%20d");
    }

    #[test]
    fn the_stage_is_taken_off_the_path() {
        assert_eq!(target(v2("/prod/messages/list", "", "prod")), "/messages/list");
        assert_eq!(target(v2("/prod", "", "prod")), "/");
        assert_eq!(target(v2("/production/x", "", "prod")), "/production/x");
        assert_eq!(target(v2("/messages/list", "", "$default")), "/messages/list");
        let rest = json!({"httpMethod": "GET", "path": "/messages/list", "requestContext": {"stage": "messages"}});
        assert_eq!(target(rest), "/messages/list", "a REST API leaves it out by itself");
    }

    #[test]
    fn odd_paths_make_valid_requests() {
        assert_eq!(target(v2("/host/users/a|b", "", "$default")), "/host/users/a|b");
        assert_eq!(
            target(v2("/host/users/ä b?<>", "x=<ä>", "$default")),
            "/host/users/%C3%A4%20b%3F%3C%3E?x=%3C%C3%A4%3E"
        );
        assert_eq!(target(v2("", "", "$default")), "/");
    }

    #[test]
    fn headers_and_cookies_are_passed_on() {
        let event = json!({"version": "2.0", "rawPath": "/", "cookies": ["a=1", "b=2"],
            "headers": {"Authorization": "Bearer t", "no header": "x", "x-request-id": "mine"},
            "requestContext": {"http": {"method": "POST"}}});
        let request = request(event).unwrap();
        assert_eq!(request.headers()["authorization"], "Bearer t");
        assert_eq!(request.headers()["cookie"], "a=1; b=2");
        assert_eq!(request.headers()["x-request-id"], "mine");
        assert_eq!(request.headers().len(), 3);
    }

    #[test]
    fn the_schedule_is_told_from_requests() {
        let event = json!({"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
        assert!(serde_json::from_value::<Event>(event).unwrap().is_scheduled());
        assert!(!serde_json::from_value::<Event>(v2("/", "", "$default")).unwrap().is_scheduled());
    }

    #[test]
    fn the_table_is_told_from_queues() {
        let of = |source: &str| {
            let keys = json!({"pk": {"S": "OUTBOX"}, "sk": {"S": "conv_a_b"}});
            let record = json!({"eventName": "INSERT", "eventSource": source, "dynamodb": {"Keys": keys}});
            serde_json::from_value::<Event>(json!({"Records": [record]})).unwrap().is_of_the_table()
        };
        assert!(of("aws:dynamodb"));
        assert!(!of("aws:sqs"));
        assert!(!serde_json::from_value::<Event>(v2("/", "", "$default")).unwrap().is_of_the_table());
    }

    #[test]
    fn the_events_of_connections_are_told_from_requests() {
        let of = |kind: &str, rest: Value| {
            let mut event = json!({"requestContext": {"routeKey": "$default", "eventType": kind, "stage": "live",
                "connectionId": "L0SM9cOFvHcCIhw=", "apiId": "abcdef1234"}, "isBase64Encoded": false});
            event.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            serde_json::from_value::<Event>(event).unwrap().into_frame().unwrap()
        };
        let offered = "jobline.v1, bearer.a.b.c";
        let lists = json!({"multiValueHeaders": {"Sec-WebSocket-Protocol": [offered]}});
        let connects = of("CONNECT", lists);
        assert_eq!(connects.connection, "L0SM9cOFvHcCIhw=");
        assert!(
            matches!(connects.happened, Happened::Connects(headers) if headers["sec-websocket-protocol"] == offered)
        );
        let said = |rest| match of("MESSAGE", rest).happened {
            Happened::Says(text) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(said(json!({"body": "{\"op\":\"ping\"}"})), "{\"op\":\"ping\"}");
        assert_eq!(said(json!({"body": "e30=", "isBase64Encoded": true})), "", "a binary frame");
        assert!(matches!(of("DISCONNECT", json!({})).happened, Happened::Left));
        let request = serde_json::from_value::<Event>(v2("/", "", "$default")).unwrap();
        assert!(request.into_frame().is_err(), "a request stays one");
    }

    #[test]
    fn an_event_of_another_kind_differs_from_a_malformed_request() {
        assert_eq!(request(json!({"Records": []})).unwrap_err(), Unreadable::NotHttp);
        assert_eq!(request(json!({"httpMethod": "GE T", "path": "/"})).unwrap_err(), Unreadable::Malformed("method"));
        let body = json!({"httpMethod": "GET", "path": "/", "isBase64Encoded": true, "body": "?"});
        assert_eq!(request(body).unwrap_err(), Unreadable::Malformed("body"));
    }
}

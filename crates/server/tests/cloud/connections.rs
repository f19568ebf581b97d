//! A double of the WebSocket API that holds live connections: its events, and its `@connections`.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Held {
    /// The frames of each connection that is open.
    open: BTreeMap<String, Vec<Value>>,
    /// How many frames were posted, also to missing connections.
    posts: usize,
    /// Whether calls are no longer answered.
    is_stalled: bool,
}

/// A stage of a WebSocket API, at an address of this machine.
pub struct Connections {
    /// How clients reach it.
    pub url: String,
    held: Arc<Mutex<Held>>,
}

impl Connections {
    pub async fn start() -> Self {
        let held = Arc::new(Mutex::new(Held::default()));
        let routes =
            Router::new().route("/live/@connections/{id}", post(take).delete(end)).with_state(Arc::clone(&held));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/live", listener.local_addr().unwrap());
        tokio::spawn(crate::function::serve(listener, routes));
        Self { url, held }
    }

    /// The event of a client that connects with these subprotocols, from a page of `origin`.
    pub fn connects(id: &str, protocols: &str, origin: Option<&str>) -> Value {
        let mut event: Value = serde_json::from_str(include_str!("events/websocket-connect.json")).unwrap();
        event["requestContext"]["connectionId"] = json!(id);
        let given = [("Sec-WebSocket-Protocol", Some(protocols)), ("Origin", origin)];
        for (name, value) in given.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            event["headers"][name] = json!(value);
            event["multiValueHeaders"][name] = json!([value]);
        }
        event
    }

    /// The event of a frame.
    pub fn says(id: &str, frame: &str) -> Value {
        let mut event: Value = serde_json::from_str(include_str!("events/websocket-message.json")).unwrap();
        event["requestContext"]["connectionId"] = json!(id);
        event["body"] = json!(frame);
        event
    }

    /// A connection was accepted.
    pub fn opens(&self, id: &str) {
        self.held.lock().unwrap().open.insert(id.to_owned(), Vec::new());
    }

    /// The client has gone without a notification.
    pub fn loses(&self, id: &str) {
        self.held.lock().unwrap().open.remove(id);
    }

    pub fn stalls(&self) {
        self.held.lock().unwrap().is_stalled = true;
    }

    /// The frames of a connection since the last call; `None` if it is not open.
    pub fn heard(&self, id: &str) -> Option<Vec<Value>> {
        self.held.lock().unwrap().open.get_mut(id).map(std::mem::take)
    }

    /// How many frames were posted since the last call.
    pub fn posts(&self) -> usize {
        std::mem::take(&mut self.held.lock().unwrap().posts)
    }
}

/// Whether a call is signed for this service, as AWS requires.
fn is_signed(headers: &HeaderMap) -> bool {
    let signature = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    signature.starts_with("AWS4-HMAC-SHA256") && signature.contains("/execute-api/aws4_request")
}

type Answer = (StatusCode, [(&'static str, &'static str); 1], &'static str);

const DONE: Answer = (StatusCode::OK, [("content-type", "application/json")], "");
const GONE: Answer = (StatusCode::GONE, [("x-amzn-errortype", "GoneException")], "{}");
const FORBIDDEN: Answer = (StatusCode::FORBIDDEN, [("x-amzn-errortype", "ForbiddenException")], "{}");

async fn take(
    State(held): State<Arc<Mutex<Held>>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Answer {
    let is_stalled = held.lock().unwrap().is_stalled;
    if is_stalled {
        std::future::pending::<()>().await;
    }
    let mut held = held.lock().unwrap();
    held.posts += 1;
    match held.open.get_mut(&id) {
        _ if !is_signed(&headers) => FORBIDDEN,
        Some(frames) => {
            frames.push(serde_json::from_str(&body).unwrap());
            DONE
        }
        None => GONE,
    }
}

async fn end(State(held): State<Arc<Mutex<Held>>>, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    if !is_signed(&headers) {
        return FORBIDDEN;
    }
    if held.lock().unwrap().open.remove(&id).is_some() { DONE } else { GONE }
}

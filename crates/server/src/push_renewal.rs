//! The call by which a service worker reports that its browser has a new subscription. It has no token: it authenticates
//! with the keys of the previous subscription.

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use jobline_api::push::PushOffer;
use jobline_chat::{Chat, UserId};
use jobline_http::{Failure, Served};
use jobline_wire::{AddPush, Code, PushKeys};
use serde::{Deserialize, Serialize};

/// Below the public URL.
const PATH: &str = "/push/renew";
/// More than two subscriptions with endpoints of the longest kind.
const BODY_BYTES: usize = 8 * 1024;

/// The request of a worker.
#[derive(Deserialize)]
struct Renewal {
    before: Kept,
    now: AddPush,
}

/// The stored data of a subscription in the browser: its user, the proof, and how to subscribe again, by the names of
/// `PushManager.subscribe()`.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    user: String,
    endpoint: String,
    keys: PushKeys,
    #[serde(default)]
    user_visible_only: bool,
    #[serde(default)]
    application_server_key: String,
}

#[derive(Clone)]
struct Renewals {
    chat: Chat,
    offer: PushOffer,
}

/// The route of the call. The worker stores the answer for the next time.
pub fn routes(chat: Chat, offer: PushOffer) -> Router {
    let limit = DefaultBodyLimit::max(BODY_BYTES);
    Router::new().route(PATH, post(renew)).layer(limit).with_state(Renewals { chat, offer })
}

async fn renew(State(Renewals { chat, offer }): State<Renewals>, body: Bytes) -> Result<Response, Failure> {
    let Renewal { before, now } = serde_json::from_slice(&body).map_err(|_| {
        let form = "{\"before\": {user, endpoint, keys}, \"now\": {endpoint, keys}}";
        Failure::new(Code::InvalidRequest, format!("The body is JSON: {form}, as the app keeps it."))
    })?;
    let user = UserId::parse("before.user", &before.user)?;
    if !(offer.accepts)(&now.endpoint) {
        let detail = "now.endpoint is no URL of a push service that this server knows.";
        return Err(Failure::new(Code::InvalidRequest, detail));
    }
    let (endpoint, keys) = (now.endpoint.clone(), now.keys.clone());
    let told = AddPush { endpoint: before.endpoint, keys: before.keys, expiration_time: None };
    chat.renew_push(&user, &told, now).await?;
    let kept = Kept {
        user: before.user,
        endpoint,
        keys,
        user_visible_only: true,
        application_server_key: offer.public_key.clone(),
    };
    let mut response = serde_json::json!(kept).to_string().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.extensions_mut().insert(Served { procedure: "renewPush", frequent: false });
    Ok(response)
}

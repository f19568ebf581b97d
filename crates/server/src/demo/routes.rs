//! The page of the demo, and the calls that it needs besides the public API.

use super::{PEOPLE, person};
use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, HeaderName};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bytes::Bytes;
use jobline_chat::{Error, iso};
use jobline_http::Failure;
use jobline_identity::Identity;
use jobline_wire::{Code, MintedToken};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// How long tokens of a demo are valid. The page gets a new one when its token is refused.
const TOKEN_LIFE: Duration = Duration::from_secs(3_600);
/// The headers that proxies add.
const FORWARDED: [&str; 5] = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];
/// Nothing from other servers, no inline scripts or styles; images also from memory, before they are sent.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TokenInput {
    user_id: String,
}

/// The routes of a demo besides the public API: `/demo/people` and `/demo/token`.
pub fn routes(identity: Arc<Identity>) -> Router {
    Router::new().route("/demo/people", get(people)).route("/demo/token", post(token)).with_state(identity)
}

/// A small page at `/`, for a build without the web app: enough to try the API by hand.
pub fn page() -> Router {
    Router::new()
        .route("/", get(|| async { file("text/html; charset=utf-8", include_str!("page/index.html")) }))
        .route("/demo/app.js", get(|| async { file("text/javascript; charset=utf-8", include_str!("page/app.js")) }))
        .route("/demo/app.css", get(|| async { file("text/css; charset=utf-8", include_str!("page/app.css")) }))
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 2] = [(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, text)
}

fn json(value: &impl Serialize) -> ([(HeaderName, &'static str); 1], String) {
    ([(CONTENT_TYPE, "application/json")], serde_json::json!(value).to_string())
}

async fn people() -> impl IntoResponse {
    let people = PEOPLE.map(|(id, name)| serde_json::json!({ "id": id, "name": name }));
    json(&serde_json::json!({ "people": people }))
}

async fn token(
    State(identity): State<Arc<Identity>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, Failure> {
    // Another site could point its name to this machine (DNS rebinding) and read the answer, but not choose this header.
    // Behind a proxy, which calls from this machine for everyone, nobody may choose who to be.
    let forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name));
    if forwarded || !is_loopback(headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()) {
        return Err(Failure::from(Error::not_found("page")));
    }
    let TokenInput { user_id } = serde_json::from_slice(&body).map_err(|_| {
        Failure::new(Code::InvalidRequest, "The body must be {\"userId\": …} with an id from GET /demo/people.")
    })?;
    let minted = identity.mint(&person(&user_id)?, TOKEN_LIFE)?;
    Ok(json(&MintedToken { token: minted.token, expires_at: iso(minted.expires_ms) }))
}

fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<http::uri::Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for host in ["localhost", "localhost:8080", "127.0.0.1:8080", "127.8.8.8", "[::1]:8080"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "10.0.0.1", "[::2]"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}

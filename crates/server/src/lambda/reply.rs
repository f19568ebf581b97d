use super::event::Front;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::SET_COOKIE;
use http_body_util::BodyExt as _;
use serde::Serialize;
use std::collections::BTreeMap;

/// A response in the form of Lambda: buffered, with a text or base64 body.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reply {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cookies: Option<Vec<String>>,
    body: String,
    is_base64_encoded: bool,
}

impl Reply {
    /// Lets a client of a WebSocket API connect, with this subprotocol. The header is written as AWS's own examples have it.
    pub(super) fn connected(protocol: &str) -> Self {
        Self {
            status_code: 200,
            headers: Some(BTreeMap::from([("Sec-WebSocket-Protocol".to_owned(), protocol.to_owned())])),
            multi_value_headers: None,
            cookies: None,
            body: String::new(),
            is_base64_encoded: false,
        }
    }

    pub(super) async fn new(response: Response, front: Front) -> Self {
        let (parts, body) = response.into_parts();
        let mut lists = lists(&parts.headers);
        let (status, body) = match body.collect().await {
            Ok(body) => (parts.status.as_u16(), body.to_bytes()),
            // Bodies are in memory, so this never happens. Half a response would be worse than none.
            Err(_) => (503, bytes::Bytes::new()),
        };
        // A JSON string can hold any UTF-8, and it is sent on unchanged.
        let (body, is_base64_encoded) = match String::from_utf8(body.into()) {
            Ok(text) => (text, false),
            Err(other) => (STANDARD.encode(other.as_bytes()), true),
        };
        let (headers, multi_value_headers, cookies) = match front {
            Front::V1 => (None, Some(lists), None),
            Front::V2 => {
                let cookies = lists.remove(SET_COOKIE.as_str());
                let joined = lists.into_iter().map(|(name, values)| (name, values.join(", "))).collect();
                (Some(joined), None, cookies)
            }
        };
        Self { status_code: status, headers, multi_value_headers, cookies, body, is_base64_encoded }
    }
}

fn lists(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        lists.entry(name.as_str().to_owned()).or_default().push(value);
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use serde_json::json;

    fn response(body: impl Into<Body>) -> Response {
        let builder = Response::builder().status(201).header("vary", "origin").header("vary", "accept");
        builder.header("set-cookie", "a=1").header("set-cookie", "b=2; Path=/").body(body.into()).unwrap()
    }

    async fn reply(body: impl Into<Body>, front: Front) -> serde_json::Value {
        json!(Reply::new(response(body), front).await)
    }

    #[tokio::test]
    async fn cookies_stay_apart_in_both_formats() {
        assert_eq!(
            reply("{}", Front::V2).await,
            json!({"statusCode": 201, "headers": {"vary": "origin, accept"}, "cookies": ["a=1", "b=2; Path=/"],
                "body": "{}", "isBase64Encoded": false})
        );
        assert_eq!(
            reply("{}", Front::V1).await,
            json!({"statusCode": 201, "body": "{}", "isBase64Encoded": false,
                "multiValueHeaders": {"set-cookie": ["a=1", "b=2; Path=/"], "vary": ["origin", "accept"]}})
        );
    }

    #[tokio::test]
    async fn text_is_text_and_bytes_are_base64() {
        assert_eq!(reply("Grüße 👷", Front::V2).await["body"], "Grüße 👷");
        let bytes = reply(vec![0x89, b'P', b'N', b'G'], Front::V2).await;
        assert_eq!((&bytes["body"], &bytes["isBase64Encoded"]), (&json!("iVBORw=="), &json!(true)));
    }
}

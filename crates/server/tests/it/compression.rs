//! JSON answers: compressed from 1 KB on, where that is accepted.

use crate::support::{Caller, Differs, Reply, TestApp};
use axum::body::Body;
use http::Method;
use jobline_chat::Settings;
use std::io::Read;

const LIST: &str = "/messages/list?conversationId=conv_anna_ben";

async fn ask(caller: &Caller<'_>, app: &TestApp, path: &str, accepted: &str) -> Reply {
    let request = caller.request(Method::GET, path).header("accept-encoding", accepted);
    app.ask(request.body(Body::empty()).unwrap()).await
}

fn gunzipped(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut text).unwrap();
    text
}

fn unbrotlied(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    brotli::BrotliDecompress(&mut &*bytes, &mut text).unwrap();
    text
}

/// A server with `number` messages from anna to ben, each of `length` characters.
async fn with_messages(number: usize, length: usize) -> TestApp {
    let settings = Settings { send_rate: 0, ..Settings::default() };
    let app = TestApp::with(Differs { settings, ..Differs::default() }).await;
    app.host().knows(&["anna", "ben"]).await;
    app.host().job(7, &["anna", "ben"], "open").await.is(200);
    for number in 0..number {
        app.user("anna").send("ben", &format!("{number:08}{}", "ä fence ".repeat(length / 8 - 1))).await.is(200);
    }
    app
}

#[tokio::test]
async fn a_large_answer_is_compressed_as_it_is_accepted() {
    // The second answer is compressed on another thread than those that serve.
    for (number, length) in [(5, 304), (40, 2_000)] {
        let app = with_messages(number, length).await;
        let ben = app.user("ben");
        let plain = ask(&ben, &app, LIST, "identity").await;
        assert_eq!((plain.header("content-encoding"), plain.header("vary")), (None, Some("accept-encoding")));
        for (accepted, coding) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("deflate", None),
            ("gzip;q=0", None),
            ("GZIP ; Q=0.000, *;q=0", None),
            ("gzip;q=0, *", Some("br")),
            ("br;q=0.5, gzip;q=0.8", Some("gzip")),
        ] {
            let reply = ask(&ben, &app, LIST, accepted).await;
            assert_eq!(reply.header("content-encoding"), coding, "{accepted}");
            assert_eq!(reply.header("content-type"), Some("application/json"));
            assert!(reply.headers.get_all("vary").iter().any(|vary| vary == "accept-encoding"), "{accepted}");
            let json = match coding {
                Some("br") => unbrotlied(&reply.body),
                Some(_) => gunzipped(&reply.body),
                None => reply.body.to_vec(),
            };
            let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
            assert_eq!(json["messages"], plain.json()["messages"]);
            assert!(coding.is_none() || reply.body.len() * 2 < plain.body.len(), "{accepted}");
        }
    }
}

#[tokio::test]
async fn a_poll_without_news_is_not_compressed() {
    let app = with_messages(5, 304).await;
    let ben = app.user("ben");
    let cursor = ben.get(LIST).await.json()["cursor"].as_str().unwrap().to_owned();
    let reply = ask(&ben, &app, &format!("{LIST}&since={cursor}"), "gzip, br").await;
    assert_eq!((reply.header("content-encoding"), reply.header("vary")), (None, Some("origin")));
    assert!(reply.json()["messages"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_plus_in_a_cursor_or_a_time_zone_is_a_plus() {
    let app = with_messages(5, 16).await;
    let answer = app.user("ben").get(&format!("{LIST}&since=2025-11-14T11:30:00+02:00")).await.is(200);
    assert_eq!(answer["messages"].as_array().unwrap().len(), 5);
}

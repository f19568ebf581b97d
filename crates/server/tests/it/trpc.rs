//! The tRPC face on the wire. `web/trpc` and `web/trpc-10` test it with the real clients.

use crate::support::{Caller, ORIGIN, Reply, TestApp};
use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};
use std::io::Read;
use std::time::Duration;

const LIST: &str = "/trpc/messages.list";
const SEND: &str = "/trpc/messages.send";

fn escaped(json: &Value) -> String {
    json.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// A path with this input in its query.
fn with_input(path: &str, input: &Value) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}input={}", escaped(input))
}

fn hello(to: &str) -> Value {
    json!({"receiverId": to, "content": "Hello"})
}

fn listed() -> Value {
    json!({"conversationId": "conv_anna_ben"})
}

/// A request with one more header.
async fn ask(app: &TestApp, caller: &Caller<'_>, path: &str, header: (&str, &str)) -> Reply {
    app.ask(caller.request(Method::GET, path).header(header.0, header.1).body(Body::empty()).unwrap()).await
}

/// Asserts that this is an error of tRPC; returns its `data`.
#[track_caller]
fn is_error(error: &Value, number: i32, code: &str, status: u16, reason: &str) -> Value {
    assert_eq!(error["code"], number, "{error}");
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
    let data = &error["data"];
    assert_eq!((&data["code"], &data["httpStatus"], &data["reason"]), (&json!(code), &json!(status), &json!(reason)));
    data.clone()
}

#[tokio::test]
async fn a_call_answers_what_rest_answers() {
    let app = TestApp::with_job_and_users().await;
    let (anna, ben) = (app.user("anna"), app.user("ben"));
    let sent = anna.post(SEND, &hello("ben")).await;
    assert_eq!(sent.header("content-type"), Some("application/json"));
    let sent = sent.is(200);
    assert_eq!(sent["result"]["data"]["conversationId"], "conv_anna_ben");
    let rest = ben.get("/messages/conversation?conversationId=conv_anna_ben").await.is(200);
    let path = with_input("/trpc/messages.getConversation", &listed());
    assert_eq!(ben.get(&path).await.is(200), json!({"result": {"data": rest}}));
    // A query by POST (methodOverride), and one without any input.
    let messages = ben.post(LIST, &listed()).await.is(200);
    assert_eq!(messages["result"]["data"]["messages"][0]["content"], "Hello");
    for reply in [ben.get("/trpc/messages.sync").await, ben.json(Method::POST, "/trpc/messages.sync", "").await] {
        assert_eq!(reply.is(200)["result"]["data"]["messages"][0]["content"], "Hello");
    }
}

#[tokio::test]
async fn every_procedure_of_users_is_there_and_none_of_the_host() {
    let app = TestApp::with_job_and_users().await;
    for procedure in jobline_api::table::procedures() {
        let group = procedure.route.path.split('/').nth(1).unwrap();
        let name = procedure.name.trim_start_matches("calls.");
        let reply = app.host().post(&format!("/trpc/{group}.{name}"), &json!({})).await;
        let status = if group == "host" { 404 } else { 401 };
        assert_eq!(reply.is(status)["error"]["data"]["httpStatus"], status, "{}", procedure.name);
    }
}

#[tokio::test]
async fn errors_have_the_numbers_of_trpc_and_the_codes_of_the_contract() {
    let app = TestApp::with_job_and_users().await;
    let anna = app.user("anna");
    let error = anna.post(SEND, &hello("carl")).await.is(403)["error"].clone();
    let data = is_error(&error, -32003, "FORBIDDEN", 403, "not_job_participant");
    assert_eq!(data["path"], "messages.send");
    assert!(error.get("json").is_none());
    let error = anna.post(SEND, &json!({"receiverId": "ben", "content": 5})).await.is(400)["error"].clone();
    assert_eq!(is_error(&error, -32600, "BAD_REQUEST", 400, "invalid_request")["field"], "content");
    let reply = anna.get(&with_input(SEND, &hello("ben"))).await;
    assert_eq!(reply.header("allow"), Some("GET, POST"));
    is_error(&reply.is(405)["error"], -32005, "METHOD_NOT_SUPPORTED", 405, "method_not_allowed");
    let error = anna.get("/trpc/messages.lost").await.is(404)["error"].clone();
    assert_eq!(is_error(&error, -32004, "NOT_FOUND", 404, "not_found")["path"], "messages.lost");
    for _ in 0..10 {
        anna.post(SEND, &hello("ben")).await.is(200);
    }
    let reply = anna.post(SEND, &hello("ben")).await;
    let data = is_error(&reply.is(429)["error"], -32029, "TOO_MANY_REQUESTS", 429, "rate_limited");
    assert!(data["retryAfterMs"].as_u64().unwrap() > 0 && reply.header("retry-after").is_some());
    app.store.fail(true);
    let reply = anna.get(&with_input(LIST, &listed())).await;
    is_error(&reply.is(503)["error"], -32603, "SERVICE_UNAVAILABLE", 503, "unavailable");
    assert!(reply.header("retry-after").is_some());
}

#[tokio::test]
async fn an_input_may_be_left_out_or_null() {
    let app = TestApp::with_job_and_users().await;
    let anna = app.user("anna");
    let sync = "/trpc/messages.sync";
    anna.get(sync).await.is(200);
    // Superjson writes a call without input, and undefined fields, as null with an entry in `meta`.
    let absent = json!({"json": null, "meta": {"values": ["undefined"], "v": 1}});
    assert!(anna.get(&with_input(sync, &absent)).await.is(200)["result"]["data"]["json"]["cursor"].is_string());
    let field = json!({"json": {"limit": null}, "meta": {"values": {"limit": ["undefined"]}, "v": 1}});
    anna.get(&with_input(sync, &field)).await.is(200);
    for null in [json!(null), json!({"json": null})] {
        anna.get(&with_input(sync, &null)).await.is(200);
        anna.post(sync, &null).await.is(200);
        let both = with_input(&format!("{sync},messages.list?batch=1"), &json!({"0": null, "1": null}));
        let all = anna.get(&both).await.is(207);
        assert!(all[0].get("result").or(all[0]["json"].get("result")).is_some(), "{all}");
        for (path, field) in [(LIST, "conversationId"), (SEND, "receiverId")] {
            let error = anna.post(path, &null).await.is(400)["error"].clone();
            let data = is_error(error.get("json").unwrap_or(&error), -32600, "BAD_REQUEST", 400, "invalid_request");
            assert_eq!(data["field"], field, "{path} needs an input");
        }
    }
    let field = json!({"limit": null, "since": 5});
    assert_eq!(anna.get(&with_input(sync, &field)).await.is(400)["error"]["data"]["field"], "since");
    for wrong in [json!([]), json!("x"), json!(5)] {
        let error = anna.get(&with_input(sync, &wrong)).await.is(400)["error"].clone();
        is_error(&error, -32600, "BAD_REQUEST", 400, "invalid_request");
        assert!(error["message"].as_str().unwrap().contains("not an object"), "{error}");
        let error = anna.get(&with_input(sync, &json!({ "json": wrong }))).await.is(400)["error"]["json"].clone();
        is_error(&error, -32600, "BAD_REQUEST", 400, "invalid_request");
    }
}

#[tokio::test]
async fn superjson_is_answered_in_superjson() {
    let app = TestApp::with_job_and_users().await;
    let anna = app.user("anna");
    let sent = anna.post(SEND, &json!({"json": hello("ben")})).await.is(200);
    assert_eq!(sent["result"]["data"]["json"]["message"]["content"], "Hello");
    let refused = anna.post(SEND, &json!({"json": hello("carl")})).await.is(403);
    is_error(&refused["error"]["json"], -32003, "FORBIDDEN", 403, "not_job_participant");
    let batch = json!({"0": {"json": listed()}, "1": {"json": {"conversationId": "conv_x_y"}}});
    let both = anna.get(&with_input("/trpc/messages.list,messages.list?batch=1", &batch)).await.is(207);
    assert_eq!(both[0]["result"]["data"]["json"]["messages"][0]["content"], "Hello");
    is_error(&both[1]["error"]["json"], -32004, "NOT_FOUND", 404, "not_found");
    // Not superjson: one field more, or one fewer.
    for input in [json!({"json": listed(), "x": 1}), json!({"meta": {}})] {
        assert_eq!(anna.get(&with_input(LIST, &input)).await.is(400)["error"]["data"]["reason"], "invalid_request");
    }
}

#[tokio::test]
async fn a_batch_answers_each_call() {
    let app = TestApp::with_job_and_users().await;
    let (anna, ben) = (app.user("anna"), app.user("ben"));
    let two = "/trpc/messages.send,messages.send?batch=1";
    let first = json!({"receiverId": "ben", "content": "1"});
    let sent = anna.post(two, &json!({"0": first, "1": {"receiverId": "ben", "content": "2"}})).await.is(200);
    let numbers: Vec<_> = (0..2).map(|place| sent[place]["result"]["data"]["message"]["number"].clone()).collect();
    assert_eq!(numbers, [1, 2], "in the order of the calls");
    let mixed = anna.post(two, &json!({"0": hello("carl"), "1": hello("ben")})).await;
    let mixed = mixed.is(207);
    is_error(&mixed[0]["error"], -32003, "FORBIDDEN", 403, "not_job_participant");
    assert_eq!(mixed[1]["result"]["data"]["message"]["number"], 3);
    // If all fail in the same way, that is the status. An unknown procedure or a wrong method fails only its own call.
    let same = anna.post(two, &json!({"0": hello("carl"), "1": hello("carl")})).await.is(403);
    assert_eq!(same.as_array().unwrap().len(), 2);
    let path = "/trpc/messages.sync,messages.lost,messages.send,messages.list?batch=1";
    let mixed = ben.get(&with_input(path, &json!({"3": listed()}))).await.is(207);
    assert_eq!(mixed[0]["result"]["data"]["messages"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&mixed[1]["error"]["data"]["httpStatus"], &mixed[2]["error"]["data"]["httpStatus"]),
        (&json!(404), &json!(405))
    );
    assert_eq!(mixed[3]["result"]["data"]["messages"].as_array().unwrap().len(), 3);
    let one = ben.get("/trpc/messages.sync?batch=1").await.is(200);
    assert_eq!(one.as_array().unwrap().len(), 1, "a batch of one is an array");
    // Escaped commas separate as well.
    assert_eq!(ben.get("/trpc/messages.sync%2Cmessages.sync?batch=1").await.is(200).as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_error_of_the_whole_request_is_one_error_for_every_kind_of_client() {
    let app = TestApp::with_job_and_users().await;
    let anna = app.user("anna");
    let many = |calls: usize| format!("/trpc/{}?batch=1", vec!["messages.sync"; calls].join(","));
    assert_eq!(anna.get(&many(100)).await.is(200).as_array().unwrap().len(), 100);
    let large = json!({"0": {"content": "x".repeat(70_000)}}).to_string();
    let batch = "/trpc/messages.send,messages.send?batch=1";
    let not_json = anna.request(Method::POST, batch).header("content-type", "text/plain").body("{}".into()).unwrap();
    for (reply, number, code, status, reason) in [
        (anna.get(&many(101)).await, -32600, "BAD_REQUEST", 400, "invalid_request"),
        (anna.json(Method::POST, batch, "{").await, -32600, "BAD_REQUEST", 400, "invalid_request"),
        (anna.json(Method::POST, batch, "[]").await, -32600, "BAD_REQUEST", 400, "invalid_request"),
        (anna.get("/trpc/messages.sync?input=%zz").await, -32600, "BAD_REQUEST", 400, "invalid_request"),
        (anna.json(Method::POST, batch, large).await, -32013, "PAYLOAD_TOO_LARGE", 413, "payload_too_large"),
        (app.ask(not_json).await, -32015, "UNSUPPORTED_MEDIA_TYPE", 415, "unsupported_media_type"),
        (anna.delete("/trpc/messages.sync").await, -32005, "METHOD_NOT_SUPPORTED", 405, "method_not_allowed"),
        (app.get(&many(2)).await, -32001, "UNAUTHORIZED", 401, "unauthenticated"),
        (app.bearer("no token").post(batch, &json!({})).await, -32001, "UNAUTHORIZED", 401, "unauthenticated"),
    ] {
        let error = reply.is(status)["error"].clone();
        is_error(&error, number, code, status, reason);
        is_error(&error["json"], number, code, status, reason);
        assert_eq!(reply.header("www-authenticate"), (status == 401).then_some("Bearer"));
    }
}

#[tokio::test]
async fn a_stranger_is_refused_before_the_body_is_read() {
    let app = TestApp::new().await;
    for path in ["/trpc/messages.send", "/trpc/messages.lost"] {
        let request = Request::post(path).header("content-type", "application/json");
        let body = Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
        let reply = app.ask(request.body(body).unwrap()).await;
        assert!(matches!(reply.status.as_u16(), 401 | 404), "{reply:?}");
    }
}

#[tokio::test]
async fn json_lines_promise_and_then_bring_every_call() {
    let app = TestApp::with_job_and_users().await;
    let anna = app.user("anna");
    anna.post(SEND, &hello("ben")).await.is(200);
    let accept = ("trpc-accept", "application/jsonl");
    let path = "/trpc/messages.list,messages.list?batch=1";
    let lines = |reply: &Reply| -> Vec<Value> {
        assert!(reply.text().ends_with('\n'));
        reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let input = json!({"0": listed(), "1": {"conversationId": "conv_x_y"}});
    for header in [accept, ("accept", "application/jsonl, */*")] {
        let reply = ask(&app, &anna, &with_input(path, &input), header).await;
        assert_eq!(reply.status, 200);
        let [head, first, second] = lines(&reply).try_into().unwrap();
        assert_eq!(head, json!({"0": [[0], [null, 0, 0]], "1": [[0], [null, 0, 1]]}));
        assert_eq!((&first[0], &first[1], &second[0]), (&json!(0), &json!(0), &json!(1)));
        assert_eq!(first[2][0][0]["result"]["data"]["messages"][0]["content"], "Hello");
        is_error(&second[2][0][0]["error"], -32004, "NOT_FOUND", 404, "not_found");
    }
    let input = json!({"0": {"json": listed()}, "1": {"json": {"conversationId": "conv_x_y"}}});
    let reply = ask(&app, &anna, &with_input(path, &input), accept).await;
    let [head, first, second] = lines(&reply).try_into().unwrap();
    assert!(head["json"]["1"].is_array() && first["json"][2][0][0]["result"]["data"]["messages"].is_array());
    is_error(&second["json"][2][0][0]["error"], -32004, "NOT_FOUND", 404, "not_found");
    // The client reads lines only if the answer is OK.
    let refused = ask(&app, &app.bearer("x"), path, accept).await.is(401);
    is_error(&refused["error"], -32001, "UNAUTHORIZED", 401, "unauthenticated");
    let lost = ask(&app, &anna, "/trpc/messages.x,messages.y?batch=1", accept).await.is(404);
    is_error(&lost["error"]["json"], -32004, "NOT_FOUND", 404, "not_found");
}

#[tokio::test]
async fn the_stream_of_trpc_10_has_a_line_for_each_call() {
    let app = TestApp::with_job_and_users().await;
    let (anna, stream) = (app.user("anna"), ("trpc-batch-mode", "stream"));
    let path = "/trpc/messages.sync,messages.lost?batch=1";
    let reply = ask(&app, &anna, path, stream).await;
    assert_eq!(reply.status, 200);
    let lines: Vec<&str> = reply.text().lines().collect();
    assert!(lines[0].starts_with("{\"0\":{") && lines[1].starts_with(",\"1\":{") && lines[2] == "}", "{lines:?}");
    is_error(&reply.json()["1"]["error"], -32004, "NOT_FOUND", 404, "not_found");
    let refused = ask(&app, &app.bearer("x"), path, stream).await;
    assert_eq!(refused.text().lines().count(), 3);
    is_error(&refused.is(401)["1"]["error"], -32001, "UNAUTHORIZED", 401, "unauthenticated");
}

#[tokio::test]
async fn pages_of_allowed_origins_may_call_with_the_headers_of_the_client() {
    let app = TestApp::with_job_and_users().await;
    let asked = "authorization,content-type,trpc-accept,trpc-batch-mode";
    let preflight = Request::options("/trpc/messages.list?batch=1").header("origin", ORIGIN);
    let preflight = preflight.header("access-control-request-method", "POST");
    let reply = app.ask(preflight.header("access-control-request-headers", asked).body(Body::empty()).unwrap()).await;
    assert_eq!((reply.status.as_u16(), reply.header("access-control-allow-headers")), (204, Some(asked)));
    assert_eq!(reply.header("access-control-allow-origin"), Some(ORIGIN));
    let refused = app.ask(Request::get(LIST).header("origin", ORIGIN).body(Body::empty()).unwrap()).await;
    assert_eq!((refused.status.as_u16(), refused.header("access-control-allow-origin")), (401, Some(ORIGIN)));
}

#[tokio::test]
async fn calls_are_counted_by_procedure_and_large_answers_compressed() {
    let app = TestApp::with_job_and_users().await;
    let anna = app.user("anna");
    anna.post(SEND, &hello("ben")).await.is(200);
    let batch = ["messages.list"; 5].join(",");
    let input: Value = (0..5).map(|place| (place.to_string(), listed())).collect::<serde_json::Map<_, _>>().into();
    let path = with_input(&format!("/trpc/{batch}?batch=1"), &input);
    let reply = ask(&app, &anna, &path, ("accept-encoding", "gzip")).await;
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*reply.body).read_to_string(&mut text).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap().as_array().unwrap().len(), 5);
    let metrics = app.get("/metrics").await.text().to_owned();
    for line in [
        "jobline_requests_total{procedure=\"send\",status=\"200\"} 1",
        "jobline_requests_total{procedure=\"list\",status=\"200\"} 5",
        "jobline_requests_total{procedure=\"batch\",status=\"200\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
}

#[tokio::test]
async fn a_timeout_is_answered_in_the_envelope() {
    let app = std::sync::Arc::new(TestApp::new().await);
    let anna = app.user("anna");
    let body = Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
    let request = anna.request(Method::POST, SEND).header("content-type", "application/json").body(body).unwrap();
    let (reply, ()) = tokio::join!(app.ask(request), async {
        crate::support::eventually("waiting", || app.clock.sleepers() > 0).await;
        app.clock.advance(Duration::from_secs(11));
    });
    let error = reply.is(503)["error"].clone();
    is_error(&error, -32603, "SERVICE_UNAVAILABLE", 503, "unavailable");
    is_error(&error["json"], -32603, "SERVICE_UNAVAILABLE", 503, "unavailable");
}

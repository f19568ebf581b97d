//! Bad input of every kind: each error names the wrong place.

use crate::support::TestApp;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::Method;
use jobline_wire::Code;
use serde_json::json;
use std::convert::Infallible;

const SEND: &str = "/messages/send";

async fn send_text(body: impl Into<Body>) -> crate::support::Reply {
    let app = TestApp::with_job_and_users().await;
    app.user("anna").json(Method::POST, SEND, body).await
}

#[tokio::test]
async fn malformed_json_is_refused() {
    for body in ["{", "{\"receiverId\": \"ben\"", "{'a': 1}", "\u{1}", "{\"content\": \"\\ud800\"}"] {
        let problem = send_text(body).await.is_problem(Code::InvalidRequest);
        assert!(problem.detail.contains("not JSON") || problem.detail.contains("not a JSON object"), "{problem:?}");
        assert!(!problem.detail.contains("receiverId"), "the body is not repeated: {problem:?}");
    }
}

#[tokio::test]
async fn bytes_that_are_not_utf8_are_refused() {
    send_text(&b"{\"content\": \"\xff\"}"[..]).await.is_problem(Code::InvalidRequest);
}

#[tokio::test]
async fn json_that_is_not_an_object_is_refused() {
    for body in ["[\"ben\", null, \"Hello\"]", "null", "\"text\"", "7", "true"] {
        send_text(body).await.is_problem(Code::InvalidRequest);
    }
}

#[tokio::test]
async fn text_after_the_json_object_is_refused() {
    send_text("{\"receiverId\":\"ben\",\"content\":\"a\"} {}").await.is_problem(Code::InvalidRequest);
}

#[tokio::test]
async fn deeply_nested_json_is_refused() {
    let body = format!("{{\"content\": {}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    send_text(body).await.is_problem(Code::InvalidRequest);
}

#[tokio::test]
async fn a_value_of_another_json_type_is_refused_by_name() {
    let problem = send_text("{\"receiverId\":\"ben\",\"content\":\"Hello\",\"type\":1}").await.is_invalid("type");
    assert!(!problem.detail.contains("not JSON"), "{problem:?}");
    let number = send_text("{\"receiverId\":\"ben\",\"content\":\"Hello\",\"jobId\":{\"u64\":1}}").await;
    let detail = number.is_invalid("jobId").detail;
    assert_eq!(detail, "jobId does not fit: it is an object, expected a whole number.");
}

#[tokio::test]
async fn an_unknown_field_is_refused_by_name() {
    let body = json!({"receiverId": "ben", "content": "Hello", "reciever": 1});
    send_text(body.to_string()).await.is_invalid("reciever");
}

#[tokio::test]
async fn the_name_of_an_unknown_field_is_repeated_only_in_part() {
    let name = "x".repeat(20_000);
    let problem = send_text(json!({ name: 1 }).to_string()).await.is_problem(Code::InvalidRequest);
    assert!(problem.field.unwrap().len() <= 64);
    assert!(problem.detail.len() < 300);
}

#[tokio::test]
async fn a_wrong_type_is_refused() {
    send_text(json!({"receiverId": "ben", "content": 7}).to_string()).await.is_invalid("content");
    send_text(json!({"receiverId": "ben", "content": "a", "jobId": "7"}).to_string()).await.is_invalid("jobId");
    send_text(json!({"receiverId": "ben", "content": "a", "jobId": -7}).to_string()).await.is_invalid("jobId");
    send_text(json!({"receiverId": "ben", "content": "a", "jobId": 7.5}).to_string()).await.is_invalid("jobId");
    send_text(json!({"receiverId": "ben", "content": "a", "type": "video"}).to_string()).await.is_invalid("type");
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let app = TestApp::with_job_and_users().await;
    app.user("anna").post("/messages/markAsRead", &json!({})).await.is_invalid("conversationId");
    app.user("anna").get("/messages/list").await.is_invalid("conversationId");
    app.host().put("/host/jobs/8", &json!({"title": "a", "status": "open"})).await.is_invalid("participants");
}

#[tokio::test]
async fn a_repeated_field_is_refused() {
    send_text("{\"receiverId\":\"ben\",\"content\":\"a\",\"content\":\"b\"}").await.is_invalid("content");
}

#[tokio::test]
async fn a_wrong_media_type_is_refused() {
    let app = TestApp::with_job_and_users().await;
    let body = json!({"receiverId": "ben", "content": "Hello"}).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", "json"]
    {
        let request = app.user("anna").request(Method::POST, SEND).header("content-type", kind);
        app.ask(request.body(body.clone().into()).unwrap()).await.is_problem(Code::UnsupportedMediaType);
    }
    let untyped = app.user("anna").request(Method::POST, SEND);
    app.ask(untyped.body(body.clone().into()).unwrap()).await.is_problem(Code::UnsupportedMediaType);
    let typed = || app.user("anna").request(Method::POST, SEND).header("content-type", "application/json");
    let packed = typed().header("content-encoding", "gzip").body(body.clone().into()).unwrap();
    app.ask(packed).await.is_problem(Code::UnsupportedMediaType);
    let announced = typed().header("content-length", "99999999999").body(body.clone().into()).unwrap();
    app.ask(announced).await.is_problem(Code::PayloadTooLarge);
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        let request = app.user("anna").request(Method::POST, SEND).header("content-type", kind);
        app.ask(request.body(body.clone().into()).unwrap()).await.is(200);
    }
}

#[tokio::test]
async fn a_missing_body_is_refused_where_one_is_needed() {
    let app = TestApp::with_job_and_users().await;
    let request = app.user("anna").request(Method::POST, "/messages/markAsRead");
    app.ask(request.body(Body::empty()).unwrap()).await.is_problem(Code::UnsupportedMediaType);
    app.user("anna").json(Method::POST, "/messages/markAsRead", "").await.is_problem(Code::InvalidRequest);
}

#[tokio::test]
async fn a_missing_body_is_accepted_where_every_field_is_optional() {
    let app = TestApp::new().await;
    let request = app.host().request(Method::POST, "/host/users/anna/token");
    app.ask(request.body(Body::empty()).unwrap()).await.is(200);
}

/// JSON of exactly this many bytes.
fn body_of(bytes: usize) -> String {
    let around = json!({"receiverId": "ben", "content": ""}).to_string().len();
    json!({"receiverId": "ben", "content": "x".repeat(bytes - around)}).to_string()
}

#[tokio::test]
async fn a_body_up_to_64_kib_is_read() {
    assert_eq!(body_of(64 * 1024).len(), 64 * 1024);
    send_text(body_of(64 * 1024)).await.is_problem(Code::ContentTooLong);
}

#[tokio::test]
async fn a_body_over_64_kib_is_refused() {
    send_text(body_of(64 * 1024 + 1)).await.is_problem(Code::PayloadTooLarge);
}

#[tokio::test]
async fn a_chunked_body_over_64_kib_is_refused() {
    let chunks = std::iter::repeat_n(Ok::<_, Infallible>(Bytes::from(vec![b' '; 8192])), 9);
    send_text(Body::from_stream(stream::iter(chunks))).await.is_problem(Code::PayloadTooLarge);
}

#[tokio::test]
async fn an_endless_body_is_not_read_to_its_end() {
    let chunks = std::iter::repeat(Ok::<_, Infallible>(Bytes::from(vec![b' '; 8192])));
    send_text(Body::from_stream(stream::iter(chunks))).await.is_problem(Code::PayloadTooLarge);
}

#[tokio::test]
async fn a_body_that_ends_early_is_refused() {
    let broken = stream::iter([Ok(Bytes::from("{")), Err(std::io::Error::other("gone"))]);
    send_text(Body::from_stream(broken)).await.is_problem(Code::InvalidRequest);
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let app = TestApp::with_job_and_users().await;
    for path in ["/", "/messages", "/messages/sendd", "/messages/send/", "/host/users", "/admin"] {
        app.user("anna").get(path).await.is_problem(Code::NotFound);
    }
}

#[tokio::test]
async fn a_wrong_method_is_refused_and_the_allowed_ones_are_named() {
    let app = TestApp::with_job_and_users().await;
    for (method, path, allowed) in [
        (Method::GET, "/messages/send", "POST"),
        (Method::POST, "/messages/list", "GET"),
        (Method::PATCH, "/host/users/anna", "PUT"),
        (Method::POST, "/healthz", "GET"),
        (Method::OPTIONS, "/messages/sync", "GET"),
    ] {
        let reply = app.user("anna").json(method.clone(), path, "{}").await;
        reply.is_problem(Code::MethodNotAllowed);
        assert!(reply.header("allow").unwrap().contains(allowed), "{method} {path}: {reply:?}");
    }
}

#[tokio::test]
async fn a_path_lists_all_its_methods() {
    let app = TestApp::new().await;
    let reply = app.host().json(Method::PATCH, "/host/users/anna", "{}").await;
    for method in ["PUT", "GET", "DELETE"] {
        assert!(reply.header("allow").unwrap().contains(method), "{reply:?}");
    }
}

fn ids_that_would_break_keys() -> Vec<String> {
    let mut ids: Vec<String> =
        ["", "a#b", "a/b", "a\0b", "a\nb", "a b", "ä", "a\u{7f}", "../a", "a%b"].map(str::to_owned).into();
    ids.push("x".repeat(129));
    ids.push("x".repeat(10 * 1024));
    ids
}

#[tokio::test]
async fn user_ids_that_would_break_keys_are_refused() {
    let app = TestApp::with_job_and_users().await;
    for id in ids_that_would_break_keys() {
        let anna = app.user("anna");
        anna.post(SEND, &json!({"receiverId": id, "content": "a"})).await.is_invalid("receiverId");
        let job = json!({"title": "a", "participants": ["anna", id], "status": "open"});
        app.host().put("/host/jobs/8", &job).await.is_invalid("participants");
    }
}

#[tokio::test]
async fn user_ids_in_paths_are_decoded_and_checked() {
    let app = TestApp::new().await;
    for segment in ["a%23b", "a%2Fb", "a%00b", "a%0Ab", "a%20b", "%ff", "%zz", "a%", "%C3%A4", &"x".repeat(10 * 1024)] {
        app.host().put(&format!("/host/users/{segment}"), &json!({"name": "A"})).await.is_invalid("userId");
    }
    app.host().post("/host/users//token", &json!({})).await.is_invalid("userId");
    let put = app.host().put("/host/users/auth0%7Canna%40x", &json!({"name": "A"})).await.is(200);
    assert_eq!(put["id"], "auth0|anna@x");
    assert_eq!(app.host().get("/host/users/auth0%7canna@x").await.is(200)["name"], "A");
}

#[tokio::test]
async fn job_ids_in_paths_have_digits_only() {
    let app = TestApp::new().await;
    let job = json!({"title": "a", "participants": ["anna", "ben"], "status": "open"});
    for segment in ["0", "-1", "+1", "1.5", "1e3", "01", "seven", "%37", "9007199254740992", "99999999999999999999999"]
    {
        app.host().put(&format!("/host/jobs/{segment}"), &job).await.is_invalid("jobId");
    }
    app.host().put("/host/jobs/9007199254740991", &job).await.is(200);
}

#[tokio::test]
async fn conversation_ids_that_would_break_keys_are_not_found() {
    let app = TestApp::with_job_and_users().await;
    app.user("anna").send("ben", "Hello").await.is(200);
    for id in ids_that_would_break_keys() {
        let anna = app.user("anna");
        let input = json!({"conversationId": id, "content": "a"});
        anna.post(SEND, &input).await.is_problem(Code::NotFound);
        anna.post("/messages/markAsRead", &json!({"conversationId": id})).await.is_problem(Code::NotFound);
        let encoded: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        anna.get(&format!("/messages/list?conversationId={encoded}")).await.is_problem(Code::NotFound);
    }
}

#[tokio::test]
async fn an_unknown_query_parameter_is_refused_by_name() {
    let app = TestApp::with_job_and_users().await;
    app.user("anna").get("/messages/sync?sinse=1").await.is_invalid("sinse");
    app.user("anna").get("/messages/sync?access_token=abc").await.is_invalid("access_token");
    app.host().get("/host/users/anna?fields=name").await.is_invalid("fields");
}

#[tokio::test]
async fn a_repeated_query_parameter_is_refused() {
    let app = TestApp::with_job_and_users().await;
    app.user("anna").get("/messages/sync?limit=1&limit=1").await.is_invalid("limit");
    app.user("anna").get("/messages/sync?limit=1&%6cimit=2").await.is_invalid("limit");
}

#[tokio::test]
async fn numbers_in_queries_have_digits_only() {
    let app = TestApp::with_job_and_users().await;
    for limit in
        ["abc", "1.5", "%2B5", "-1", "0", "51", "", "5 ", "0x5", "4294967297", "99999999999999999999999", "null"]
    {
        let path = format!("/messages/sync?limit={}", limit.replace(' ', "+"));
        app.user("anna").get(&path).await.is_invalid("limit");
    }
    app.user("anna").get("/messages/sync?limit=50").await.is(200);
}

#[tokio::test]
async fn broken_escapes_in_queries_are_refused() {
    let app = TestApp::with_job_and_users().await;
    for value in ["%", "%4", "%zz", "%ff", "%C3"] {
        app.user("anna").get(&format!("/messages/list?conversationId={value}")).await.is_invalid("conversationId");
    }
    app.user("anna").get("/messages/list?%zz=1").await.is_problem(Code::InvalidRequest);
}

#[tokio::test]
async fn queries_are_decoded() {
    let app = TestApp::with_job_and_users().await;
    let id = app.user("anna").send("ben", "Hello").await.is(200)["conversationId"].clone();
    assert_eq!(id, "conv_anna_ben");
    app.user("anna").get("/messages/list?&conversationId=conv%5Fanna%5fben&").await.is(200);
}

#[tokio::test]
async fn invalid_cursors_are_refused() {
    let app = TestApp::with_job_and_users().await;
    for since in ["", "x", "AAAA", "%00", "c", "cAAAA", &"x".repeat(10 * 1024)] {
        app.user("anna").get(&format!("/messages/sync?since={since}")).await.is_problem(Code::InvalidCursor);
    }
    for since in ["1763114400000", "2025-13-41", "2025-11-14T10:00:00"] {
        app.user("anna").get(&format!("/messages/sync?since={since}")).await.is_invalid("since");
    }
}

//! Who may call what: a user token is for the user API, the host key for the host API, and neither for the other.

use crate::support::{Differs, HOST_KEY, TestApp};
use axum::body::Body;
use http::Request;
use jobline_api::table;
use jobline_wire::Code;
use serde_json::json;
use std::time::Duration;

/// A path of every procedure, its parameter filled in.
fn paths(all: Vec<jobline_api::procedure::Procedure>) -> Vec<(http::Method, String)> {
    let fill = |path: &str| path.replace("{userId}", "anna").replace("{jobId}", "7");
    all.into_iter().map(|procedure| (procedure.route.method.clone(), fill(procedure.route.path))).collect()
}

fn request(method: &http::Method, path: &str, authorization: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    request.body(Body::from("{}")).unwrap()
}

#[tokio::test]
async fn every_procedure_refuses_a_call_without_a_token() {
    let app = TestApp::new().await;
    for (method, path) in paths(table::procedures()) {
        for authorization in
            [None, Some(""), Some("Bearer"), Some("Bearer "), Some("Basic YTpi"), Some("Bearer nonsense")]
        {
            let reply = app.ask(request(&method, &path, authorization)).await;
            reply.is_problem(Code::Unauthenticated);
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_user_api_refuses_the_host_key() {
    let app = TestApp::new().await;
    for (method, path) in paths(table::user_api()) {
        app.ask(request(&method, &path, Some(&format!("Bearer {HOST_KEY}")))).await.is_problem(Code::Unauthenticated);
    }
}

#[tokio::test]
async fn the_host_api_refuses_a_user_token() {
    let app = TestApp::new().await;
    let token = app.user("anna").key;
    for (method, path) in paths(table::host_api()) {
        app.ask(request(&method, &path, Some(&format!("Bearer {token}")))).await.is_problem(Code::Unauthenticated);
    }
}

#[tokio::test]
async fn a_token_in_the_query_is_ignored() {
    let app = TestApp::new().await;
    let token = app.user("anna").key;
    for name in ["token", "access_token", "authorization"] {
        app.get(&format!("/messages/sync?{name}={token}")).await.is_problem(Code::Unauthenticated);
    }
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let app = TestApp::new().await;
    let anna = app.user("anna");
    anna.get("/messages/sync").await.is(200);
    app.clock.advance(Duration::from_secs(3600 + 61));
    anna.get("/messages/sync").await.is_problem(Code::Unauthenticated);
}

#[tokio::test]
async fn without_a_host_key_the_host_api_is_closed() {
    let app = TestApp::with(Differs { host_key: None, ..Differs::default() }).await;
    let problem = app.host().get("/host/users/anna").await.is_problem(Code::Unauthenticated);
    assert!(problem.detail.contains("--host-key"));
}

#[tokio::test]
async fn the_body_of_a_refused_caller_is_not_read() {
    let app = TestApp::new().await;
    let endless = Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
    let request = Request::post("/messages/send").header("content-type", "application/json").body(endless).unwrap();
    app.ask(request).await.is_problem(Code::Unauthenticated);
}

#[tokio::test]
async fn a_deleted_user_needs_another_token() {
    let app = TestApp::new().await;
    let anna = app.user("anna");
    app.host().put("/host/users/anna", &json!({"name": "Anna"})).await.is(200);
    anna.get("/messages/sync").await.is(200);
    app.host().delete("/host/users/anna").await.is(204);
    anna.get("/messages/sync").await.is_problem(Code::Unauthenticated);
    app.host().put("/host/users/anna", &json!({"name": "Anna"})).await.is(200);
    app.clock.advance(Duration::from_secs(1));
    app.user("anna").get("/messages/sync").await.is(200);
}

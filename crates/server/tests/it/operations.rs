//! Health and metrics.

use crate::support::TestApp;
use axum::body::Body;
use http::Request;
use jobline_wire::Code;

#[tokio::test]
async fn healthz_checks_the_process_and_readyz_the_store() {
    let app = TestApp::new().await;
    assert_eq!(app.get("/healthz").await.status, 200);
    assert_eq!(app.get("/readyz").await.status, 200);
    app.store.fail(true);
    assert_eq!(app.get("/healthz").await.status, 200);
    app.get("/readyz").await.is_problem(Code::Unavailable);
    app.store.fail(false);
    assert_eq!(app.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn metrics_count_requests_and_store_calls() {
    let app = TestApp::with_job_and_users().await;
    app.user("anna").send("ben", "Hello").await.is(200);
    app.user("ben").get("/messages/sync").await.is(200);
    app.user("ben").get("/messages/sync?x=1").await;
    app.get("/nowhere/anna").await;
    let reply = app.get("/metrics").await;
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = reply.text();
    for line in [
        "jobline_requests_total{procedure=\"send\",status=\"200\"} 1",
        "jobline_requests_total{procedure=\"sync\",status=\"200\"} 1",
        "jobline_requests_total{procedure=\"sync\",status=\"400\"} 1",
        "jobline_requests_total{procedure=\"other\",status=\"404\"} 1",
        "jobline_request_duration_seconds_count{procedure=\"send\"} 1",
        "jobline_requests_in_flight 1",
        "# TYPE jobline_requests_total counter",
        "# TYPE jobline_request_duration_seconds histogram",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    assert!(text.contains("jobline_store_calls_total{call=\"commit\",outcome=\"done\"}"), "{text}");
    assert!(text.contains("jobline_build_info{version="), "{text}");
    assert!(!text.contains("anna"), "ids of users are no labels");
    assert!(!text.contains("# EOF") && !text.contains("# UNIT"), "{text}");
}

#[tokio::test]
async fn scrapers_that_accept_open_metrics_get_it() {
    let app = TestApp::new().await;
    let accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
    let reply = app.ask(Request::get("/metrics").header("accept", accept).body(Body::empty()).unwrap()).await;
    assert!(reply.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    assert!(reply.text().ends_with("# EOF\n"));
}

#[tokio::test]
async fn a_busy_server_tells_clients_to_poll_less_often() {
    let app = TestApp::with_job_and_users().await;
    app.user("anna").send("ben", "Hello").await.is(200);
    let before = app.user("ben").get("/messages/sync").await.is(200)["nextPollMs"].as_u64().unwrap();
    app.service.app().chat.set_slowdown(4.0);
    let after = app.user("ben").get("/messages/sync").await.is(200)["nextPollMs"].as_u64().unwrap();
    assert_eq!((before, after), (3000, 12_000));
}

//! Health and metrics.

use crate::support::TestApp;
use axum::body::Body;
use http::Request;
use jobline_wire::Code;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

#[tokio::test]
async fn healthz_checks_the_process_and_readyz_the_store() {
    let app = TestApp::new().await;
    assert_eq!(app.get("/healthz").await.status, 200);
    assert_eq!(app.get("/readyz").await.status, 200);
    app.store.fail(true);
    assert_eq!(app.get("/healthz").await.status, 200);
    app.clock.advance(Duration::from_secs(1));
    app.get("/readyz").await.is_problem(Code::Unavailable);
    app.store.fail(false);
    app.clock.advance(Duration::from_secs(1));
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

#[tokio::test]
async fn the_store_is_asked_whether_it_is_there_once_a_second() {
    let app = TestApp::new().await;
    let reads = |text: &str| {
        let all = text.lines().filter(|line| line.starts_with("jobline_store_calls_total{call=\"get"));
        all.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum::<u64>()
    };
    app.get("/readyz").await;
    let before = reads(app.get("/metrics").await.text());
    for _ in 0..50 {
        assert_eq!(app.get("/readyz").await.status, 200);
    }
    assert_eq!(reads(app.get("/metrics").await.text()), before);
    app.clock.advance(Duration::from_secs(1));
    app.get("/readyz").await;
    assert_eq!(reads(app.get("/metrics").await.text()), before + 1);
}

#[tokio::test]
async fn the_description_of_the_api_is_not_sent_twice() {
    let app = TestApp::new().await;
    let ask = async |header: &str, value: &str| {
        app.ask(Request::get("/openapi.json").header(header, value).body(Body::empty()).unwrap()).await
    };
    let first = app.get("/openapi.json").await;
    let tag = first.header("etag").unwrap().to_owned();
    let again = ask("if-none-match", &tag).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    let small = ask("accept-encoding", "br").await;
    assert_eq!(small.header("content-encoding"), Some("br"));
    assert_ne!(small.header("etag"), Some(tag.as_str()));
    assert!(small.body.len() * 4 < first.body.len());
}

/// Names of metrics in a text, such as `jobline_requests_total`.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("jobline_")).collect()
}

#[tokio::test]
async fn dashboard_and_alerts_ask_for_metrics_that_there_are() {
    let app = TestApp::with_job_and_users().await;
    app.user("anna").send("ben", "Hello").await.is(200);
    // A live connection ends, since a metric without any event has no line.
    app.service.app().metrics.live_opens();
    app.service.app().metrics.live_closes(None);
    let reply = app.get("/metrics").await;
    let there = metrics_in(reply.text());
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    for (file, fewest) in [("grafana/jobline.json", 15), ("prometheus/alerts.yaml", 6)] {
        let text = std::fs::read_to_string(deploy.join(file)).unwrap();
        let asked = metrics_in(&text);
        assert!(asked.len() >= fewest, "{file}: {asked:?}");
        let lost: Vec<_> = asked.difference(&there).collect();
        assert!(lost.is_empty(), "{file} asks for {lost:?}, which GET /metrics does not have");
    }
    let dashboard = std::fs::read(deploy.join("grafana/jobline.json")).unwrap();
    let dashboard: Value = serde_json::from_slice(&dashboard).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(panel["targets"][0]["expr"].as_str().is_some_and(|expr| expr.contains("jobline_")), "{panel}");
    }
}

//! The handling of every request: ids, origins, time limits, panics, headers.

use crate::support::{Differs, ORIGIN, Reply, TestApp, eventually};
use axum::Router;
use axum::body::Body;
use axum::routing::{get, put};
use http::{Method, Request};
use jobline_api::service::{FILE_TIMEOUT, REQUEST_TIMEOUT};
use jobline_http::Address;
use jobline_wire::Code;
use std::time::Duration;

#[tokio::test]
async fn an_acceptable_request_id_is_returned() {
    let app = TestApp::new().await;
    for id in ["a", "4bf92f3577b34da6", "!#$%&'()*+,-./:;<=>?@[]^_`{|}~", &"x".repeat(128)] {
        let request = Request::get("/healthz").header("x-request-id", id).body(Body::empty()).unwrap();
        assert_eq!(app.ask(request).await.header("x-request-id"), Some(id));
    }
}

#[tokio::test]
async fn any_other_request_id_is_replaced() {
    let app = TestApp::new().await;
    for id in ["", "a b", "a\tb", &"x".repeat(129)] {
        let request = Request::get("/healthz").header("x-request-id", id).body(Body::empty()).unwrap();
        let reply = app.ask(request).await;
        let given = reply.header("x-request-id").unwrap();
        assert_ne!(given, id);
        assert_eq!(given.len(), 32);
    }
    let (one, other) = (app.get("/healthz").await, app.get("/healthz").await);
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}

#[tokio::test]
async fn every_response_has_an_id_nosniff_and_no_store() {
    let app = TestApp::with_job_and_users().await;
    let (anna, host) = (app.user("anna"), app.host());
    let replies = [
        anna.get("/messages/sync").await,
        anna.get("/messages/sync?x=1").await,
        anna.get("/nowhere").await,
        anna.delete("/messages/sync").await,
        host.delete("/host/users/anna").await,
        app.get("/messages/sync").await,
        app.get("/healthz").await,
    ];
    for reply in &replies {
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{reply:?}");
    }
    // Content that is the same for everybody may be cached, and is revalidated by its ETag.
    let public = [app.get("/openapi.json").await, app.get("/docs").await];
    for reply in &public {
        assert_eq!(reply.header("cache-control"), Some("no-cache"), "{reply:?}");
        assert!(reply.header("etag").is_some(), "{reply:?}");
    }
    for reply in replies.iter().chain(&public) {
        assert!(reply.header("x-request-id").is_some(), "{reply:?}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{reply:?}");
    }
}

fn from_page(method: Method, path: &str, origin: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).header("origin", origin).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn an_allowed_origin_reads_answers_and_problems() {
    let app = TestApp::new().await;
    for path in ["/healthz", "/messages/sync", "/nowhere"] {
        let reply = app.ask(from_page(Method::GET, path, ORIGIN)).await;
        assert_eq!(reply.header("access-control-allow-origin"), Some(ORIGIN), "{path}");
        assert_eq!(reply.header("access-control-expose-headers"), Some("x-request-id, retry-after"));
        assert_eq!(reply.header("vary"), Some("origin"));
        assert_eq!(reply.header("access-control-allow-credentials"), None);
    }
}

#[tokio::test]
async fn other_origins_may_not_read_responses() {
    let app = TestApp::new().await;
    for origin in ["https://evil.example", "http://market.example", "https://market.example.evil", "null", ""] {
        let reply = app.ask(from_page(Method::GET, "/healthz", origin)).await;
        assert_eq!(reply.header("access-control-allow-origin"), None, "{origin}");
        assert_eq!(reply.header("vary"), Some("origin"));
    }
}

#[tokio::test]
async fn a_preflight_is_answered() {
    let app = TestApp::new().await;
    let mut request = from_page(Method::OPTIONS, "/messages/send", ORIGIN);
    request.headers_mut().insert("access-control-request-method", "POST".parse().unwrap());
    let reply = app.ask(request).await;
    assert_eq!(reply.status, 204);
    assert_eq!(reply.header("access-control-allow-origin"), Some(ORIGIN));
    assert!(reply.header("access-control-allow-methods").unwrap().contains("POST"));
    assert!(reply.header("access-control-allow-headers").unwrap().contains("authorization"));
    assert!(reply.header("x-request-id").is_some());
}

#[tokio::test]
async fn a_page_that_may_call_may_send_the_headers_it_asks_for() {
    let app = TestApp::new().await;
    let asked = "authorization,baggage,content-type,sentry-trace,traceparent";
    for (origin, allowed) in [(ORIGIN, Some(asked)), ("https://evil.example", None)] {
        let mut request = from_page(Method::OPTIONS, "/messages/send", origin);
        request.headers_mut().insert("access-control-request-method", "POST".parse().unwrap());
        request.headers_mut().insert("access-control-request-headers", asked.parse().unwrap());
        assert_eq!(app.ask(request).await.header("access-control-allow-headers"), allowed);
    }
    let mut request = from_page(Method::OPTIONS, "/messages/send", ORIGIN);
    request.headers_mut().insert("access-control-request-method", "POST".parse().unwrap());
    request.headers_mut().insert("access-control-request-headers", "a(b)".parse().unwrap());
    let allowed = app.ask(request).await;
    assert!(allowed.header("access-control-allow-headers").unwrap().starts_with("authorization"));
}

#[tokio::test]
async fn a_preflight_of_another_origin_grants_nothing() {
    let app = TestApp::new().await;
    let mut request = from_page(Method::OPTIONS, "/messages/send", "https://evil.example");
    request.headers_mut().insert("access-control-request-method", "POST".parse().unwrap());
    let reply = app.ask(request).await;
    assert_eq!(reply.header("access-control-allow-origin"), None);
    assert_eq!(reply.header("access-control-allow-methods"), None);
}

#[tokio::test]
async fn without_allowed_origins_there_are_no_cors_headers() {
    let app = TestApp::with(Differs { origins: Vec::new(), ..Differs::default() }).await;
    let reply = app.ask(from_page(Method::GET, "/healthz", ORIGIN)).await;
    assert_eq!((reply.header("vary"), reply.header("access-control-allow-origin")), (None, None));
}

#[tokio::test]
async fn a_server_with_its_own_certificate_sends_hsts() {
    let name = "strict-transport-security";
    let app = TestApp::with(Differs { address: Address::new(None, true, false), ..Differs::default() }).await;
    for path in ["/healthz", "/nowhere", "/messages/sync"] {
        assert_eq!(app.get(path).await.header(name), Some("max-age=31536000"), "{path}");
    }
    assert_eq!(TestApp::new().await.get("/healthz").await.header(name), None);
}

/// The response to a request that would never end.
async fn cut_off(method: Method) -> Reply {
    let endless = get(std::future::pending::<String>).post(std::future::pending::<String>);
    let app = TestApp::with_routes(Router::new().route("/slow", endless)).await;
    let request = Request::builder().method(method).uri("/slow").body(Body::empty()).unwrap();
    let waiting = async {
        eventually("the time limit", || app.clock.sleepers() > 0).await;
        app.clock.advance(REQUEST_TIMEOUT);
    };
    tokio::join!(app.ask(request), waiting).0
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_unavailable() {
    let reply = cut_off(Method::GET).await;
    let problem = reply.is_problem(Code::Unavailable);
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(problem.retry_after_ms, Some(1000));
    assert!(!problem.detail.contains("10 s"), "the reason is for the log: {problem:?}");
    assert!(problem.detail.contains("Nothing was changed"), "{problem:?}");
}

#[tokio::test]
async fn a_change_that_takes_too_long_may_have_happened() {
    let reply = cut_off(Method::POST).await;
    let problem = reply.is_problem(Code::Unavailable);
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert!(problem.detail.contains("cannot say") && problem.detail.contains("clientId"), "{problem:?}");
}

/// The response to a request whose body never ends.
async fn never_ending(path: &str) -> Reply {
    let app = TestApp::with_job_and_users().await;
    let endless = Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
    let anna = app.user("anna");
    let asking = async { anna.json(Method::POST, path, endless).await };
    let waiting = async {
        // The time limit of the request, and that of its body, which begins after the token was checked.
        eventually("the two time limits", || app.clock.sleepers() > 1).await;
        app.clock.advance(Duration::from_secs(9));
    };
    tokio::join!(asking, waiting).0
}

#[tokio::test]
async fn an_endless_body_runs_into_the_time_limit() {
    let problem = never_ending("/messages/send").await.is_problem(Code::Unavailable);
    assert!(problem.detail.contains("did not arrive within 8 s. Nothing was changed"), "{problem:?}");
}

#[tokio::test]
async fn an_endless_trpc_body_is_answered_that_it_did_not_arrive() {
    let reply = never_ending("/trpc/messages.send").await;
    assert_eq!(reply.status.as_u16(), 503);
    assert!(reply.text().contains("did not arrive within 8 s"), "{}", reply.text());
}

#[tokio::test]
async fn an_upload_that_takes_too_long_gets_a_request_to_start_again() {
    let endless = put(std::future::pending::<String>);
    let app = TestApp::with_routes(Router::new().route("/files/stuck/for-long", endless)).await;
    let request = Request::put("/files/stuck/for-long").body(Body::empty()).unwrap();
    let waiting = async {
        eventually("the time limit", || app.clock.sleepers() > 0).await;
        app.clock.advance(FILE_TIMEOUT);
    };
    let problem = tokio::join!(app.ask(request), waiting).0.is_problem(Code::Unavailable);
    assert!(problem.detail.contains("did not arrive in time") && problem.detail.contains("uploadFile"), "{problem:?}");
}

#[tokio::test]
async fn a_panic_is_answered_503_and_the_server_goes_on() {
    async fn panics() -> String {
        panic!("secret of the server")
    }
    let app = TestApp::with_routes(Router::new().route("/panic", get(panics))).await;
    let reply = app.get("/panic").await;
    reply.is_problem(Code::Unavailable);
    assert!(reply.header("retry-after").is_some());
    assert!(reply.header("x-request-id").is_some());
    assert!(!reply.text().contains("secret"));
    app.get("/healthz").await;
    assert_eq!(app.service.app().metrics.in_flight(), 0);
}

#[tokio::test]
async fn a_failing_store_is_unavailable_and_its_error_is_not_shown() {
    let app = TestApp::with_job_and_users().await;
    app.store.fail(true);
    let anna = app.user("anna");
    let asking = async { anna.get("/messages/sync").await };
    let waiting = async {
        // The domain may retry after a pause; moves the clock through every pause.
        for _ in 0..100 {
            app.clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    };
    let (reply, ()) = tokio::join!(asking, waiting);
    reply.is_problem(Code::Unavailable);
    assert!(reply.header("retry-after").is_some());
    assert!(!reply.text().contains("disk"), "{reply:?}");
    app.store.fail(false);
    anna.get("/messages/sync").await.is(200);
}

#[tokio::test]
async fn a_rate_limited_send_says_when_to_retry() {
    let app = TestApp::with_job_and_users().await;
    for number in 0..10 {
        app.user("anna").send("ben", &number.to_string()).await.is(200);
    }
    let reply = app.user("anna").send("ben", "one more").await;
    let problem = reply.is_problem(Code::RateLimited);
    let seconds: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(seconds, problem.retry_after_ms.unwrap().div_ceil(1000));
    assert!((1..=6).contains(&seconds), "{seconds}");
    app.clock.advance(Duration::from_secs(seconds));
    app.user("anna").send("ben", "one more").await.is(200);
}

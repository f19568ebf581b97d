//! `jobline check` against a healthy server, and against servers that are each broken in one way.
#![allow(clippy::unwrap_used, reason = "a test fails where something is not as it should be")]

mod running;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use jobline_server::system::{SystemClock, SystemRandom};
use jobline_tools::check::{self, Target};
use running::{Engines, HOST_KEY, JWT_SECRET, Running};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

fn target(url: &str) -> Target {
    let (host_key, jwt_secret) = (Some(HOST_KEY.to_owned()), None);
    Target { url: url.to_owned(), host_key, jwt_secret, timeout: Duration::from_secs(20) }
}

async fn run(target: Target) -> (bool, String) {
    let work = move || {
        let mut out = Vec::new();
        let well = check::run(&target, Arc::new(SystemClock), &SystemRandom, &mut out);
        (well, String::from_utf8(out).unwrap())
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test]
async fn a_healthy_server_passes() {
    let server = Engines::new(None).await.serve(Router::new());
    for jwt_secret in [None, Some(JWT_SECRET.to_owned())] {
        let (well, out) = run(Target { jwt_secret, ..target(&(server.url.clone() + "/")) }).await;
        assert!(well, "{out}");
        assert_eq!(out.lines().count(), check::step_names().count() + 1);
        assert!(out.lines().all(|line| line.starts_with("ok ") || line.starts_with("all ")), "{out}");
    }
}

#[tokio::test]
async fn an_unreachable_server_gets_one_line() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (well, out) = run(target(&nobody)).await;
    assert!(!well && out.lines().count() == 1 && out.contains("cannot be reached"), "{out}");
    for url in ["", "chat.example.com", "ftp://chat.example.com", "http://", "https://x/?token=1", "http://a b"] {
        let (well, out) = run(target(url)).await;
        assert!(!well && out.lines().count() == 1 && out.contains("is not a URL"), "{url}: {out}");
    }
    let (well, out) = run(Target { host_key: None, ..target(&nobody) }).await;
    assert!(!well && out.lines().count() == 1 && out.contains("--host-key"), "{out}");
}

#[tokio::test]
async fn a_silent_server_runs_into_the_timeout() {
    // The system accepts the connection, and nothing reads from it.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let (well, out) = run(Target { timeout: Duration::from_millis(50), ..target(&silent) }).await;
    assert!(!well && out.contains("cannot be reached"), "{out}");
}

/// The change of a broken server to a response.
type Harm = fn(&mut Value);

/// Where and how a server is broken, and which step must notice it.
struct Fault {
    step: &'static str,
    method: Method,
    path: &'static str,
    /// Part of the request: its query or body.
    with: &'static str,
    harm: Break,
}

#[derive(Clone, Copy)]
enum Break {
    Status(u16),
    Body(Harm),
    Header(&'static str, &'static str),
    Bytes(&'static [u8]),
}

fn clear_messages(answer: &mut Value) {
    answer["messages"] = json!([]);
}

fn double_messages(answer: &mut Value) {
    let messages = answer["messages"].as_array_mut().unwrap();
    let again = messages.clone();
    messages.extend(again);
}

#[rustfmt::skip]
fn faults() -> Vec<Fault> {
    let fault = |step, method, path, with, harm| Fault { step, method, path, with, harm };
    let (get, put, post, delete) = (Method::GET, Method::PUT, Method::POST, Method::DELETE);
    vec![
        fault("healthz answers", get.clone(), "/healthz", "", Break::Status(500)),
        fault("readyz answers", get.clone(), "/readyz", "", Break::Status(503)),
        fault("openapi describes the API", get.clone(), "/openapi.json", "", Break::Bytes(b"<html>")),
        fault("openapi describes the API", get.clone(), "/openapi.json", "", Break::Body(|it| it["paths"] = json!({}))),
        fault("two users are registered", put.clone(), "/host/users/", "", Break::Status(401)),
        fault("two users are registered", get.clone(), "/host/users/", "", Break::Body(|it| it["name"] = json!("Other"))),
        fault("a job is registered", put.clone(), "/host/jobs/", "\"open\"", Break::Body(|it| it["status"] = json!("closed"))),
        fault("user tokens are made", post.clone(), "/host/users/", "", Break::Status(400)),
        fault("no token is refused", get.clone(), "/messages/conversations", "token:none", Break::Status(200)),
        fault("no token is refused", get.clone(), "/messages/conversations", "token:none", Break::Header("www-authenticate", "")),
        fault("a forged token is refused", get.clone(), "/messages/conversations", "", Break::Status(200)),
        fault("host key and user tokens stay apart", get.clone(), "/host/jobs/", "", Break::Status(200)),
        fault("a message is sent", post.clone(), "/messages/send", "check-1", Break::Status(500)),
        fault("a message is sent", post.clone(), "/messages/send", "check-1", Break::Body(|it| it["message"]["content"] = json!("?"))),
        fault("a message is sent", post.clone(), "/messages/send", "check-1", Break::Body(|it| it["conversationId"] = json!("?"))),
        fault("a repeated send stores nothing", post.clone(), "/messages/send", "check-1", Break::Body(|it| {
            let id = format!("message_1_{:x}", rand::random::<u64>());
            it["message"]["id"] = json!(id);
        })),
        fault("another send with its clientId is refused", post.clone(), "/messages/send", "Something else", Break::Status(200)),
        fault("the other user lists it", get.clone(), "/messages/list", "", Break::Body(clear_messages)),
        fault("the other user lists it", get.clone(), "/messages/list", "", Break::Body(|it| it["messages"][0]["clientId"] = json!("check-1"))),
        fault("a poll brings what is new, once", get.clone(), "/messages/list", "since=", Break::Body(clear_messages)),
        fault("a poll brings what is new, once", get.clone(), "/messages/list", "since=", Break::Body(double_messages)),
        fault("unread messages are counted", get.clone(), "/messages/conversations", "", Break::Body(|it| it["conversations"] = json!([]))),
        fault("marking as read is counted", post.clone(), "/messages/markAsRead", "", Break::Body(|it| it["unreadCount"] = json!(1))),
        fault("the sender sees that it was read", get.clone(), "/messages/list", "", Break::Body(|it| {
            for message in it["messages"].as_array_mut().into_iter().flatten() {
                message["status"] = json!("sent");
            }
        })),
        fault("sync brings what is new, once", get.clone(), "/messages/sync", "", Break::Body(|it| it["conversations"] = json!([]))),
        fault("sync brings what is new, once", get.clone(), "/messages/sync", "since=", Break::Body(clear_messages)),
        fault("sync brings what is new, once", get.clone(), "/messages/sync", "since=", Break::Body(double_messages)),
        fault("a picture is uploaded", post.clone(), "/messages/uploadFile", "", Break::Status(400)),
        fault("a picture is uploaded", put.clone(), "/files/", "", Break::Status(403)),
        fault("the picture is sent", post.clone(), "/messages/send", "fileUrl", Break::Body(|it| it["message"]["contentType"] = json!("text/html"))),
        fault("the picture downloads, with safe headers", get.clone(), "/files/", "", Break::Bytes(b"not a picture")),
        fault("the picture downloads, with safe headers", get.clone(), "/files/", "", Break::Header("content-type", "text/html")),
        fault("the picture downloads, with safe headers", get.clone(), "/files/", "", Break::Header("x-content-type-options", "")),
        fault("the picture downloads, with safe headers", get.clone(), "/files/", "", Break::Header("content-security-policy", "")),
        fault("a foreign conversation is not found", get.clone(), "/messages/list", "-other", Break::Status(200)),
        fault("a foreign conversation is not found", get.clone(), "/messages/list", "nonsense", Break::Body(|it| it["detail"] = json!("It is not one."))),
        fault("a closed job is refused, and readable", post.clone(), "/messages/send", "Too late", Break::Status(200)),
        fault("users and job are removed", delete.clone(), "/host/users/", "", Break::Status(500)),
        fault("users and job are removed", delete, "/host/jobs/", "", Break::Status(500)),
    ]
}

/// A proxy in front of the real server that changes some responses.
struct Proxy {
    url: String,
    _behind: Running,
}

impl Proxy {
    async fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        // The real server makes file URLs that lead through the proxy.
        let behind = Engines::new(Some(url.clone())).await.serve(Router::new());
        let (base, fault) = (behind.url.clone(), Arc::new(fault));
        let router = Router::new().fallback(move |request| pass(base.clone(), fault.clone(), request));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let router = router.clone();
                let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
                    tower::ServiceExt::oneshot(router.clone(), request)
                });
                let io = hyper_util::rt::TokioIo::new(stream);
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
            }
        });
        Self { url, _behind: behind }
    }
}

async fn pass(base: String, fault: Arc<Fault>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let mut about = format!("{} {}", head.uri, String::from_utf8_lossy(&body));
    if !head.headers.contains_key("authorization") {
        about.push_str("token:none");
    }
    let meant = head.method == fault.method && head.uri.path().starts_with(fault.path) && about.contains(fault.with);
    let work = move || {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut forward = http::Request::builder().method(head.method).uri(format!("{base}{}", head.uri));
        for (name, value) in &head.headers {
            if !["host", "content-length", "connection"].contains(&name.as_str()) {
                forward = forward.header(name, value);
            }
        }
        let mut answer = if body.is_empty() {
            agent.run(forward.body(()).unwrap()).unwrap()
        } else {
            agent.run(forward.body(body.to_vec()).unwrap()).unwrap()
        };
        let bytes = answer.body_mut().read_to_vec().unwrap();
        (answer.status(), answer.headers().clone(), bytes)
    };
    let (status, headers, bytes) = tokio::task::spawn_blocking(work).await.unwrap();
    let mut response = (status, bytes.clone()).into_response();
    *response.headers_mut() = headers;
    if meant {
        spoil(fault.harm, &mut response, &bytes);
    }
    response.headers_mut().remove("content-length");
    response.headers_mut().remove("transfer-encoding");
    response
}

fn spoil(harm: Break, response: &mut Response, bytes: &[u8]) {
    match harm {
        Break::Status(status) => *response.status_mut() = StatusCode::from_u16(status).unwrap(),
        Break::Bytes(bytes) => *response.body_mut() = Body::from(bytes),
        Break::Header(name, value) => {
            response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Break::Body(harm) => {
            if let Ok(mut value) = serde_json::from_slice::<Value>(bytes) {
                harm(&mut value);
                *response.body_mut() = Body::from(value.to_string());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_can_fail() {
    let mut proven = Vec::new();
    for fault in faults() {
        let step = fault.step;
        let proxy = Proxy::start(fault).await;
        let (well, out) = run(target(&proxy.url)).await;
        assert!(!well, "{step}:\n{out}");
        let line = out.lines().find(|line| line.contains(&format!(" {step}"))).unwrap();
        assert!(line.starts_with("FAILED") && line.contains("expected"), "{step}:\n{out}");
        assert!(out.lines().all(|line| line.len() < 600), "{out}");
        proven.push(step);
    }
    let unproven: Vec<_> = check::step_names().filter(|step| !proven.contains(step)).collect();
    assert_eq!(unproven, Vec::<&str>::new(), "steps that no fault was made for");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_cleans_up_after_a_failed_step() {
    let fault =
        Fault { step: "", method: Method::POST, path: "/messages/send", with: "check-1", harm: Break::Status(500) };
    let proxy = Proxy::start(fault).await;
    let (_, out) = run(target(&proxy.url)).await;
    assert!(out.contains("skipped the other user lists it: it needs a sent message"), "{out}");
    assert!(out.contains("ok      users and job are removed"), "{out}");
}

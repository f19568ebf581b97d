//! Connections: stopping, idle timeouts, limits.

use crate::support::{Differs, Running, TestApp, eventually};
use axum::Router;
use axum::routing::get;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::sync::Notify;

#[tokio::test]
async fn a_connection_is_kept_for_the_next_poll() {
    let running = Running::new(TestApp::new().await).await;
    let mut client = running.connect().await;
    for _ in 0..3 {
        assert!(client.get("/healthz").await.starts_with("HTTP/1.1 200"));
    }
    assert_eq!(running.app.service.app().metrics.open_connections(), 1);
}

#[tokio::test]
async fn http2_works_without_tls() {
    let running = Running::new(TestApp::new().await).await;
    let stream = hyper_util::rt::TokioIo::new(running.connect().await.0);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, stream).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("http://jobline/healthz").body(axum::body::Body::empty()).unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 200);
}

#[tokio::test]
async fn http2_works_though_its_preface_comes_in_parts() {
    let running = Running::new(TestApp::new().await).await;
    let mut client = running.connect().await;
    let settings = "\0\0\0\x04\0\0\0\0\0";
    for part in ["P", "RI * HTTP/2.0\r\n\r\nSM", "\r\n\r\n", settings] {
        client.write(part).await;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    let mut frame = [0; 9];
    client.0.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "the settings of the server: {frame:?}");
}

#[tokio::test]
async fn a_stop_lets_running_requests_finish() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (entered, released) = (begun.clone(), go.clone());
    let slow = move || {
        let (entered, released) = (entered.clone(), released.clone());
        async move {
            entered.notify_one();
            released.notified().await;
            "finished"
        }
    };
    let app = TestApp::with_routes(Router::new().route("/slow", get(slow))).await;
    let mut running = Running::new(app).await;
    let (mut idle, mut busy) = (running.connect().await, running.connect().await);
    idle.get("/healthz").await;
    busy.write("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    begun.notified().await;
    running.stop();
    assert!(idle.is_closed().await, "an idle connection does not hold up a stop");
    let refused = || std::net::TcpStream::connect(running.address).is_err();
    eventually("no new connections", refused).await;
    assert!(!running.has_stopped());
    go.notify_one();
    assert!(busy.answer().await.ends_with("finished"));
    running.stopped().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_half_sent_request() {
    let mut running = Running::new(TestApp::new().await).await;
    let (mut half, mut silent) = (running.connect().await, running.connect().await);
    let mut undecided = running.connect().await;
    half.get("/healthz").await;
    half.write("GET /healthz HTTP/1.1\r\nhos").await;
    undecided.write("PRI * HTTP").await;
    eventually("all connections", || running.app.service.app().metrics.open_connections() == 3).await;
    running.stop();
    assert!(silent.is_closed().await);
    assert!(undecided.is_closed().await);
    eventually("the stop", || {
        running.app.clock.advance(Duration::from_millis(250));
        running.has_stopped()
    })
    .await;
    assert!(half.is_closed().await);
}

#[tokio::test]
async fn a_stop_ends_even_when_a_request_does_not() {
    let stuck = Router::new().route("/files/stuck/for-long", get(std::future::pending::<String>));
    let mut running = Running::new(TestApp::with_routes(stuck).await).await;
    let mut client = running.connect().await;
    client.write("GET /files/stuck/for-long HTTP/1.1\r\nhost: a\r\n\r\n").await;
    eventually("the request", || running.app.service.app().metrics.in_flight() == 1).await;
    running.stop();
    eventually("the stop", || {
        running.app.clock.advance(Duration::from_millis(500));
        running.has_stopped()
    })
    .await;
    assert!(running.app.now_seconds() < 1_763_114_400 + 60 * 60);
    running.stopped().await;
}

#[tokio::test]
async fn a_request_of_http_1_1_names_its_host_once() {
    let running = Running::new(TestApp::new().await).await;
    let mut client = running.connect().await;
    for hosts in ["", "host: a\r\nhost: b\r\n"] {
        client.write(&format!("GET /healthz HTTP/1.1\r\n{hosts}\r\n")).await;
        let answer = client.answer().await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(answer.contains("invalid_request") && answer.contains("one Host header"), "{answer}");
    }
    assert!(client.get("/healthz").await.starts_with("HTTP/1.1 200 "), "the connection goes on");
    client.write("GET /healthz HTTP/1.0\r\n\r\n").await;
    assert!(client.answer().await.starts_with("HTTP/1.0 200 "), "HTTP/1.0 has no such rule");
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed() {
    let running = Running::new(TestApp::new().await).await;
    let (mut silent, mut slow) = (running.connect().await, running.connect().await);
    slow.write("G").await;
    eventually("both to be watched", || running.app.clock.sleepers() == 2).await;
    running.app.clock.advance(Duration::from_secs(10));
    assert!(silent.is_closed().await);
    assert!(slow.is_closed().await);
}

#[tokio::test]
async fn the_time_to_the_first_request_does_not_begin_again_with_its_first_bytes() {
    let running = Running::new(TestApp::new().await).await;
    let (mut undecided, mut late) = (running.connect().await, running.connect().await);
    undecided.write("PRI * HTTP").await;
    late.write("PRI").await;
    eventually("both to be watched", || running.app.clock.sleepers() == 2).await;
    running.app.clock.advance(Duration::from_secs(9));
    late.write("X").await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    running.app.clock.advance(Duration::from_secs(1));
    assert!(undecided.is_closed().await);
    assert!(late.is_closed().await);
}

#[tokio::test]
async fn a_connection_that_has_said_nothing_makes_room() {
    let running = Running::with(TestApp::new().await, None, 1).await;
    let mut undecided = running.connect().await;
    undecided.write("PRI").await;
    eventually("the connection", || running.app.service.app().metrics.open_connections() == 1).await;
    let mut newcomer = running.connect().await;
    assert!(newcomer.get("/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(undecided.is_closed().await);
}

#[tokio::test]
async fn a_connection_outlives_the_longest_poll_interval_but_not_much_more() {
    let running = Running::new(TestApp::new().await).await;
    let mut client = running.connect().await;
    client.get("/healthz").await;
    for _ in 0..2 {
        for _ in 0..4 {
            eventually("the watch", || running.app.clock.sleepers() == 1).await;
            running.app.clock.advance(Duration::from_secs(15));
        }
        eventually("the watch", || running.app.clock.sleepers() == 1).await;
        assert!(client.get("/healthz").await.starts_with("HTTP/1.1 200"), "polling again after a minute");
    }
    let metrics = &running.app.service.app().metrics;
    eventually("the idle connection to be closed", || {
        running.app.clock.advance(Duration::from_secs(15));
        metrics.open_connections() == 0
    })
    .await;
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn connections_over_the_limit_wait() {
    let running = Running::with(TestApp::with(Differs::default()).await, None, 1).await;
    let mut first = running.connect().await;
    first.get("/healthz").await;
    let mut second = running.connect().await;
    second.write("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(running.app.service.app().metrics.open_connections(), 1);
    drop(first);
    assert!(second.answer().await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_answered_413() {
    let running = Running::new(TestApp::with_job_and_users().await).await;
    let token = running.app.user("anna").key;
    let mut client = running.connect().await;
    let body = "x".repeat(300_000);
    client
        .write(&format!(
            "POST /messages/send HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
    assert!(client.answer().await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn when_there_is_no_room_the_connection_that_idled_longest_goes() {
    let running = Running::with(TestApp::new().await, None, 3).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = running.connect().await;
        client.get("/healthz").await;
        running.app.clock.advance(Duration::from_secs(1));
        clients.push(client);
    }
    clients[0].get("/healthz").await;
    running.app.clock.advance(Duration::from_secs(1));
    let mut newcomer = running.connect().await;
    assert!(newcomer.get("/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(clients[1].is_closed().await);
    assert!(clients[0].get("/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(clients[2].get("/healthz").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_connection_that_runs_a_request_keeps_its_place() {
    let go = Arc::new(Notify::new());
    let released = go.clone();
    let slow = move || {
        let released = released.clone();
        async move {
            released.notified().await;
            "finished"
        }
    };
    let app = TestApp::with_routes(Router::new().route("/slow", get(slow))).await;
    let running = Running::with(app, None, 1).await;
    let mut busy = running.connect().await;
    busy.write("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    eventually("the request", || running.app.service.app().metrics.in_flight() == 1).await;
    let mut newcomer = running.connect().await;
    newcomer.write("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    go.notify_one();
    assert!(busy.answer().await.ends_with("finished"));
    let begun = std::time::Instant::now();
    eventually("the newcomer's turn", || {
        running.app.clock.advance(Duration::from_millis(100));
        running.app.service.app().metrics.in_flight() == 0 && begun.elapsed() > Duration::from_millis(50)
    })
    .await;
    assert!(newcomer.answer().await.starts_with("HTTP/1.1 200"));
    assert!(busy.is_closed().await);
}

#[tokio::test]
async fn the_accept_queue_is_as_long_as_the_system_allows() {
    let allowed =
        std::fs::read_to_string("/proc/sys/net/core/somaxconn").map_or(128, |text| text.trim().parse().unwrap());
    let listener = jobline_server::serve::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let waiting: Vec<_> = (0..usize::min(allowed, 400))
        .map(|_| std::net::TcpStream::connect_timeout(&address, Duration::from_millis(900)).unwrap())
        .collect();
    assert!(waiting.len() >= 128);
}

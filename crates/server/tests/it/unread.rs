//! Answers that nobody reads: they are bounded, they end, and they delay nobody else.

use crate::support::{Running, TestApp, eventually};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use http::Request;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A page of fifty of the longest messages.
const PAGE: usize = 413_000;

/// A server with a page of 413 KB, and how often it was asked for.
async fn with_page() -> (Running, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let page = get(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async { vec![b'x'; PAGE] }
    });
    let app = TestApp::with_routes(Router::new().route("/page", page)).await;
    (Running::new(app).await, asked)
}

/// A client that reads only the head of each answer.
async fn unreading(running: &Running) -> SendRequest<Body> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(0).initial_connection_window_size(0).initial_max_send_streams(1_000);
    let (sender, connection) = builder.handshake(TokioIo::new(running.connect().await.0)).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn page() -> Request<Body> {
    Request::get("http://jobline/page").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn unread_answers_of_one_connection_are_few() {
    let (running, asked) = with_page().await;
    let mut sender = unreading(&running).await;
    let mut answers = Vec::new();
    for _ in 0..128 {
        let answer = sender.send_request(page());
        answers.push(tokio::spawn(answer));
    }
    eventually("the first answers", || asked.load(Ordering::SeqCst) >= 5).await;
    assert!(running.connect().await.get("/healthz").await.starts_with("HTTP/1.1 200"));
    // At most five pages may wait; a few more may have been in transit.
    assert!(asked.load(Ordering::SeqCst) <= 32, "{asked:?}");
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    assert!(asked.load(Ordering::SeqCst) <= 32, "{asked:?}");
}

#[tokio::test]
async fn an_answer_that_nobody_reads_ends_after_half_a_minute() {
    let (running, _) = with_page().await;
    let metrics = &running.app.service.app().metrics;
    let mut sender = unreading(&running).await;
    let answer = sender.send_request(page()).await.unwrap();
    assert_eq!(answer.status(), 200);
    let begun = running.app.now_seconds();
    eventually("the connection to be cut", || {
        running.app.clock.advance(Duration::from_millis(500));
        metrics.open_connections() == 0
    })
    .await;
    let after = running.app.now_seconds() - begun;
    assert!(after >= 30, "{after} s");
}

#[tokio::test]
async fn an_answer_that_is_read_slowly_is_not_cut() {
    let (running, _) = with_page().await;
    let mut builder = Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(20_000).initial_connection_window_size(20_000);
    let (mut sender, connection) = builder.handshake::<_, Body>(TokioIo::new(running.connect().await.0)).await.unwrap();
    tokio::spawn(connection);
    let mut body = sender.send_request(page()).await.unwrap().into_body();
    let mut read = 0;
    while read < PAGE {
        // Two kilobytes a second, in any number of frames.
        let until = PAGE.min(read + 2_000);
        while read < until {
            let frame = http_body_util::BodyExt::frame(&mut body).await.unwrap().unwrap();
            read += frame.into_data().unwrap_or_else(|_| Bytes::new()).len();
        }
        running.app.clock.advance(Duration::from_secs(1));
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(read, PAGE);
}

#[tokio::test]
async fn a_body_whose_source_is_slow_is_not_cut() {
    let endless = || async { Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>()) };
    let running = Running::new(TestApp::with_routes(Router::new().route("/live", get(endless))).await).await;
    let mut client = running.connect().await;
    client.write("GET /live HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(client.answer().await.starts_with("HTTP/1.1 200"));
    for _ in 0..10 {
        eventually("the watch", || running.app.clock.sleepers() == 1).await;
        running.app.clock.advance(Duration::from_secs(15));
    }
    eventually("the watch", || running.app.clock.sleepers() == 1).await;
    assert_eq!(running.app.service.app().metrics.open_connections(), 1);
}

#[tokio::test]
async fn a_stop_finishes_a_download() {
    let (mut running, _) = with_page().await;
    let mut builder = Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(20_000).initial_connection_window_size(20_000);
    let (mut sender, connection) = builder.handshake::<_, Body>(TokioIo::new(running.connect().await.0)).await.unwrap();
    tokio::spawn(connection);
    let body = sender.send_request(page()).await.unwrap().into_body();
    running.stop();
    for _ in 0..10 {
        running.app.clock.advance(Duration::from_millis(250));
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }
    assert!(!running.has_stopped(), "somebody still reads");
    assert_eq!(http_body_util::BodyExt::collect(body).await.unwrap().to_bytes().len(), PAGE);
    eventually("the stop", || {
        running.app.clock.advance(Duration::from_millis(250));
        running.has_stopped()
    })
    .await;
}

/// Ten megabytes at 13 KB a second, to a client whose system buffers them as they come.
#[tokio::test]
async fn a_slow_reader_over_http1_makes_progress() {
    use tokio::io::AsyncReadExt;
    let large = get(|| async { vec![b'x'; 10 << 20] });
    let running = Running::new(TestApp::with_routes(Router::new().route("/large", large)).await).await;
    let mut client = running.connect().await;
    client.write("GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let (mut read, mut buffer) = (0, vec![0; 32 << 10]);
    while read < 10 << 20 {
        let came = client.0.read(&mut buffer).await.unwrap();
        assert_ne!(came, 0, "cut after {read} bytes");
        read += came;
        running.app.clock.advance(Duration::from_millis(2_500));
        for _ in 0..130 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn unread_answers_of_many_connections_are_bounded_in_all() {
    let (running, asked) = with_page().await;
    let metrics = &running.app.service.app().metrics;
    let (mut senders, mut answers) = (Vec::new(), Vec::new());
    for connection in 1..=40 {
        let mut sender = unreading(&running).await;
        answers.extend((0..5).map(|_| sender.send_request(page())).map(tokio::spawn));
        senders.push(sender);
        eventually("the answers", || asked.load(Ordering::SeqCst) == connection * 5).await;
    }
    assert!(metrics.open_connections() > 35);
    // Eighty megabytes are unread, but only sixty-four are allowed.
    eventually("those that were unread for the longest time to be cut", || {
        running.app.clock.advance(Duration::from_millis(100));
        metrics.open_connections() <= 32
    })
    .await;
    assert!(metrics.open_connections() >= 28, "and no more than has to be");
    assert!(running.connect().await.get("/page").await.starts_with("HTTP/1.1 200"));
}

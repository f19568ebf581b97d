//! Uploads that break off, stall, or are too slow; and clients that read the answer late.

use super::upload::*;
use super::*;
use futures_util::stream;
use std::io::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test]
async fn a_body_that_breaks_off_leaves_nothing() {
    let stage = Stage::new();
    let target = stage.grant(ID, 5, "image/png").await;
    let pieces = stream::iter([Ok(Bytes::from("hel")), Err(Error::other("connection reset"))]);
    let (status, _, detail) = problem(stage.send(upload(&target, Body::from_stream(pieces))).await).await;
    assert_eq!(status, 400);
    assert!(detail.contains("3 came"), "{detail}");
    assert!(stage.left_over().is_empty() && stage.kept().await.is_empty());
}

#[tokio::test]
async fn a_request_that_is_dropped_leaves_nothing() {
    let stage = Arc::new(Stage::new());
    let target = stage.grant(ID, 5, "image/png").await;
    let (sender, body) = piecewise();
    let (there, request) = (Arc::clone(&stage), upload(&target, body));
    let put = tokio::spawn(async move { there.send(request).await });
    for piece in ["h", "e", "l"] {
        sender.send(Ok(Bytes::from(piece))).await.unwrap();
    }
    assert_eq!(stage.left_over().len(), 1);
    put.abort();
    assert!(put.await.unwrap_err().is_cancelled());
    assert!(stage.left_over().is_empty() && stage.kept().await.is_empty());
    stage.put(b"hello").await;
}

#[tokio::test]
async fn a_body_that_stalls_is_aborted() {
    let stage = Arc::new(Stage::new());
    let target = stage.grant(ID, 5, "image/png").await;
    let (sender, body) = piecewise();
    let (there, request) = (Arc::clone(&stage), upload(&target, body));
    let put = tokio::spawn(async move { problem(there.send(request).await).await });
    for piece in ["h", "e", "l"] {
        stage.clock.pass(29_000);
        sender.send(Ok(Bytes::from(piece))).await.unwrap();
    }
    drop(sender.reserve().await.unwrap());
    // It may begin to wait only now, so time passes until it has enough.
    while !put.is_finished() {
        stage.clock.pass(10_000);
        tokio::task::yield_now().await;
    }
    let (status, _, detail) = put.await.unwrap();
    assert_eq!(status, 400);
    assert!(detail.contains("5 bytes were announced and 3 came"), "{detail}");
    assert!(stage.left_over().is_empty());
}

#[tokio::test]
async fn a_body_that_trickles_is_aborted() {
    let stage = Arc::new(Stage::new());
    let target = stage.grant(ID, 1_000_000, "image/png").await;
    let (sender, body) = piecewise();
    let (there, request) = (Arc::clone(&stage), upload(&target, body));
    let put = tokio::spawn(async move { problem(there.send(request).await).await.0 });
    let mut pieces = 0;
    while sender.send(Ok(Bytes::from("x"))).await.is_ok() {
        stage.clock.pass(20_000);
        pieces += 1;
        assert!(pieces < 200);
    }
    assert_eq!(put.await.unwrap(), 400);
    assert!(stage.left_over().is_empty());
}

/// The router behind a real socket.
async fn serve(stage: &Stage) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = router::<()>(Arc::clone(&stage.files));
    tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            let router = router.clone();
            tokio::spawn(async move {
                let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                    router.clone().oneshot(request.map(Body::new))
                });
                let io = hyper_util::rt::TokioIo::new(connection);
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn a_cut_connection_leaves_nothing() {
    let stage = Stage::new();
    let address = serve(&stage).await;
    let target = stage.grant(ID, MIB_10, "image/png").await;
    let head = format!(
        "PUT {} HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: {MIB_10}\r\n\r\n",
        path(&target.upload_url)
    );
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&vec![b'x'; 1 << 20]).await.unwrap();
    while stage.left_over().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(connection);
    while !stage.left_over().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(stage.kept().await.is_empty());
}

#[tokio::test]
async fn a_client_that_writes_before_it_reads_still_sees_why() {
    let stage = Stage::new();
    let address = serve(&stage).await;
    let target = stage.grant(ID, 5, "image/png").await;
    let lengths = [format!("content-length: {MIB_10}"), "transfer-encoding: chunked".to_owned()];
    for (url, expected) in [(path(&target.upload_url), "413"), ("/files/file_1_x?signature=x", "404")] {
        for length in &lengths {
            let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
            let head = format!("PUT {url} HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\n{length}\r\n\r\n");
            connection.write_all(head.as_bytes()).await.unwrap();
            let body = vec![b'x'; usize::try_from(MIB_10).unwrap()];
            if length.starts_with("transfer") {
                connection.write_all(format!("{MIB_10:x}\r\n").as_bytes()).await.unwrap();
            }
            connection.write_all(&body).await.unwrap();
            if length.starts_with("transfer") {
                connection.write_all(b"\r\n0\r\n\r\n").await.unwrap();
            }
            let mut answer = vec![0; 12];
            connection.read_exact(&mut answer).await.unwrap();
            assert_eq!(String::from_utf8(answer).unwrap(), format!("HTTP/1.1 {expected}"), "{url} {length}");
        }
    }
}

#[tokio::test]
async fn a_refusal_does_not_wait_for_the_body() {
    let stage = Stage::new();
    let target = stage.grant(ID, 5, "image/png").await;
    let (_sender, body) = piecewise();
    let mut request = upload(&target, body);
    request.headers_mut().insert(header::CONTENT_LENGTH, "6".parse().unwrap());
    assert_eq!(stage.send(request).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

//! Documented answers of S3 that no server on this machine gives.
#![allow(clippy::unwrap_used, reason = "a test fails where something is not as it should be")]

use async_trait::async_trait;
use jobline_chat::{Arrived, Clock, Files, Keep};
use jobline_files_s3::S3Files;
use jobline_files_s3::testing as support;
use jobline_wire::Code;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const ID: &str = "file_1700000000000_abc";

struct Noon;

#[async_trait]
impl Clock for Noon {
    fn now_ms(&self) -> u64 {
        1_800_000_000_000
    }
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A bucket on a server that answers every request with this status, these headers and this error.
async fn answering(status: &str, headers: &str, code: &str) -> S3Files {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>as documented</Message></Error>");
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // None of the requests has a body.
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else { break };
                request.push(byte);
            }
            drop(stream.write_all(answer.as_bytes()).await);
        }
    });
    let account = support::account_of(&endpoint, "AKIAIOSFODNN7EXAMPLE", "secret").await;
    S3Files::new(&account, "photos", Arc::new(Noon))
}

#[tokio::test]
async fn a_start_says_that_the_bucket_is_in_another_region() {
    let region = "x-amz-bucket-region: ap-south-1\r\n";
    for (status, headers, code) in [
        ("301 Moved Permanently", region, "PermanentRedirect"),
        ("400 Bad Request", region, "AuthorizationHeaderMalformed"),
        ("400 Bad Request", "", "IllegalLocationConstraintException"),
    ] {
        let why = answering(status, headers, code).await.check().await.unwrap_err().0;
        assert!(why.starts_with("is in another region: set AWS_REGION to the bucket's"), "{code}: {why}");
        assert_eq!(why.ends_with(", ap-south-1"), !headers.is_empty(), "{why}");
    }
}

#[tokio::test]
async fn a_start_says_whether_the_clock_or_the_credentials_are_wrong() {
    let why = answering("403 Forbidden", "", "RequestTimeTooSkewed").await.check().await.unwrap_err().0;
    assert!(why.contains("this machine's clock is wrong"), "{why}");
    for (status, code) in [("400 Bad Request", "ExpiredToken"), ("403 Forbidden", "AccessDenied")] {
        let why = answering(status, "", code).await.check().await.unwrap_err().0;
        assert!(why.starts_with(&format!("may not be used with these credentials ({code})")), "{why}");
    }
}

#[tokio::test]
async fn an_error_after_a_copy_was_answered_200_is_not_success() {
    let files = answering("200 OK", "", "InternalError").await;
    let arrived = Arrived { size: 1, head: b"x".to_vec(), tag: "\"e\"".to_owned() };
    let keep = Keep { id: ID, name: "file_1700000000000_abc-1", content_type: "image/png", bytes: None };
    assert_eq!(files.keep(&arrived, keep).await.unwrap_err().code, Code::Unavailable);
}

#[tokio::test]
async fn without_the_permission_to_list_a_file_is_never_reported_missing() {
    let files = answering("403 Forbidden", "", "AccessDenied").await;
    assert_eq!(files.arrived(ID, 10).await.unwrap_err().code, Code::Unavailable);
}

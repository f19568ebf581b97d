//! Webhooks against a receiver on loopback.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jobline_notify::{
    Outcome, Resolve, SystemResolver,
    webhook::{Secrets, Webhook},
};
use ring::hmac::{HMAC_SHA256, Key, verify};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use url::Url;

/// A receiver that answers its calls with `answers`, one each, and then returns what it received.
async fn receiver(answers: &'static [&'static str]) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let calls = tokio::spawn(async move {
        let mut calls = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            calls.push(request(&mut stream).await);
            stream
                .write_all(format!("{answer}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").as_bytes())
                .await
                .unwrap();
        }
        calls
    });
    (address, calls)
}

/// One request with its body.
async fn request(stream: &mut TcpStream) -> String {
    let mut read = String::new();
    loop {
        let mut part = [0; 4_096];
        let bytes = stream.read(&mut part).await.unwrap();
        assert_ne!(bytes, 0, "the request broke off: {read}");
        read.push_str(std::str::from_utf8(&part[..bytes]).unwrap());
        let Some((head, body)) = read.split_once("\r\n\r\n") else { continue };
        let length: usize = header(head, "content-length").parse().unwrap();
        if body.len() >= length {
            return read;
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let of = |line: &'a str| line.split_once(": ").filter(|(found, _)| found.eq_ignore_ascii_case(name));
    head.lines().find_map(of).unwrap_or_else(|| panic!("{name} is missing in {head}")).1
}

fn secret(byte: u8) -> String {
    format!("whsec_{}", STANDARD.encode([byte; 32]))
}

fn webhook(url: &str, secrets: &str, allow_private: bool) -> Webhook {
    let secrets = Secrets::parse(secrets).unwrap();
    Webhook::new(Url::parse(url).unwrap(), secrets, allow_private, Arc::new(SystemResolver))
}

#[tokio::test]
async fn an_event_is_signed_with_both_secrets_while_one_replaces_the_other() {
    let (address, calls) = receiver(&["HTTP/1.1 204 No Content"]).await;
    let webhook = webhook(&format!("http://{address}/hook?a=b"), &format!("{},{}", secret(1), secret(2)), true);
    let body = r#"{"type":"message.sent"}"#;
    assert_eq!(webhook.deliver("evt_1", 1_700_000_000, body.into()).await, Outcome::Delivered);
    let call = calls.await.unwrap().remove(0);
    let (head, sent) = call.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{head}");
    assert_eq!(sent, body);
    assert_eq!(header(head, "content-type"), "application/json");
    let signed = format!("{}.{}.{sent}", header(head, "webhook-id"), header(head, "webhook-timestamp"));
    assert!(signed.starts_with("evt_1.1700000000."), "{signed}");
    let signatures: Vec<&str> = header(head, "webhook-signature").split(' ').collect();
    assert_eq!(signatures.len(), 2);
    for (signature, byte) in signatures.into_iter().zip([1, 2]) {
        let tag = STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
        verify(&Key::new(HMAC_SHA256, &[byte; 32]), signed.as_bytes(), &tag).unwrap();
    }
}

#[tokio::test]
async fn answers_are_deliveries_failures_or_refusals() {
    let (address, calls) = receiver(&[
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/",
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 7",
        "HTTP/1.1 410 Gone",
        "HTTP/1.1 200 OK",
    ])
    .await;
    let webhook = webhook(&format!("http://{address}/"), &secret(1), true);
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        outcomes.push(webhook.deliver("evt_1", 1, "{}".into()).await);
    }
    let failed = |why: &str, retry_after_ms| Outcome::Failed { why: why.to_owned(), retry_after_ms };
    assert_eq!(outcomes[0], failed("it answered 302", None), "a redirect is not followed");
    assert_eq!(outcomes[1], failed("it answered 503", Some(7_000)));
    assert!(matches!(outcomes[2], Outcome::Refused { .. }), "{outcomes:?}");
    assert_eq!(outcomes[3], Outcome::Delivered);
    assert_eq!(calls.await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_connection_is_tried_without_an_event() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let reached = tokio::spawn(async move {
        let mut sent = String::new();
        listener.accept().await.unwrap().0.read_to_string(&mut sent).await.unwrap();
        sent
    });
    assert_eq!(webhook(&url, &secret(1), true).try_connection().await, Ok(()));
    assert_eq!(reached.await.unwrap(), "");
    let refused = webhook(&url, &secret(1), true).try_connection().await.unwrap_err();
    assert!(refused.starts_with("no connection"), "{refused}");
}

/// Resolves every name to one address.
struct At(IpAddr);

#[async_trait]
impl Resolve for At {
    async fn resolve(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![self.0])
    }
}

#[tokio::test]
async fn private_addresses_are_not_called_whether_named_or_looked_up() {
    let why =
        "its address is private: name a public one, or set --webhook-allow-private (JOBLINE_WEBHOOK_ALLOW_PRIVATE)";
    let private = Outcome::Failed { why: why.to_owned(), retry_after_ms: None };
    for url in
        ["https://127.0.0.1:1/", "https://169.254.169.254/latest", "https://[::ffff:10.0.0.1]/", "https://2130706433/"]
    {
        let webhook = webhook(url, &secret(1), false);
        assert_eq!(webhook.deliver("evt_1", 1, "{}".into()).await, private, "{url}");
        assert_eq!(webhook.try_connection().await, Err(why.to_owned()), "{url}");
    }
    for address in ["10.0.0.1", "fd00::1", "64:ff9b::a9fe:a9fe"] {
        let resolver = Arc::new(At(address.parse().unwrap()));
        let url = Url::parse("https://hooks.example/").unwrap();
        let webhook = Webhook::new(url, Secrets::parse(&secret(1)).unwrap(), false, resolver);
        assert_eq!(webhook.deliver("evt_1", 1, "{}".into()).await, private, "{address}");
    }
}

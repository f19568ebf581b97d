//! Deliveries of a function: webhooks when the table's stream triggers them, mail and notifications when the schedule does.

use crate::front::Front;
use crate::function::Ended;
use crate::lambda::Deployment;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::agreement::{ECDH_P256, EphemeralPrivateKey};
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The secret of 24 zero bytes.
const WEBHOOK_SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const WITHIN: Duration = Duration::from_secs(60);

type Taken = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A server that accepts every POST: its origin, and the received bodies.
async fn takes_everything() -> (String, Taken) {
    let taken = Taken::default();
    let kept = Arc::clone(&taken);
    let take = async move |headers: HeaderMap, body: Bytes| {
        kept.lock().unwrap().push((headers, body));
        StatusCode::CREATED
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(crate::function::serve(listener, Router::new().route("/{*path}", post(take))));
    (origin, taken)
}

/// A mail server: its address, and the received mails.
async fn mail_server() -> (String, Arc<Mutex<Vec<String>>>) {
    let letters = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&letters);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, Arc::clone(&kept)));
        }
    });
    (address, letters)
}

async fn talk(mut stream: TcpStream, letters: Arc<Mutex<Vec<String>>>) {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    let mut letter: Option<String> = None;
    write.write_all(b"220 mail.example\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match (letter.as_mut(), line.get(..4).unwrap_or_default()) {
            (Some(text), _) if line != "." => {
                text.push_str(&format!("{line}\n"));
                continue;
            }
            (Some(_), _) => {
                letters.lock().unwrap().extend(letter.take());
                "250 ok\r\n"
            }
            (None, "DATA") => {
                letter = Some(String::new());
                "354 go on\r\n"
            }
            (None, _) => "250 ok\r\n",
        };
        if write.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn happens(deployment: &mut Deployment, event: Value) {
    match deployment.function.invoke(event).await {
        (_, Ended::Answered(reply)) => assert_eq!(reply["statusCode"], 204, "{reply}"),
        (_, Ended::Failed(error)) => panic!("{error}"),
    }
}

fn stream() -> Value {
    serde_json::from_str(include_str!("events/dynamodb-stream.json")).unwrap()
}

fn schedule() -> Value {
    json!({"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}})
}

/// Runs the schedule until something has arrived.
async fn scheduled_until<T>(deployment: &mut Deployment, what: &str, found: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + WITHIN;
    loop {
        happens(deployment, schedule()).await;
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "no {what} came");
    }
}

async fn with_webhook(url: &str) -> Deployment {
    let settings = [
        ("JOBLINE_WEBHOOK_URL", url),
        ("JOBLINE_WEBHOOK_SECRET", WEBHOOK_SECRET),
        ("JOBLINE_WEBHOOK_CONTENT", "on"),
        ("JOBLINE_WEBHOOK_ALLOW_PRIVATE", "on"),
    ];
    Deployment::with(Front::FunctionUrl, &settings).await
}

async fn send(deployment: &mut Deployment, token: &str, content: &str) {
    deployment.post(token, "/messages/send", json!({"receiverId": "ben|1", "content": content})).await;
}

/// The texts that the host received, in their order.
fn texts(taken: &Taken) -> Vec<String> {
    let taken = taken.lock().unwrap();
    let told = taken.iter().map(|(_, body)| serde_json::from_slice::<Value>(body).unwrap());
    told.filter_map(|body| body["data"]["content"].as_str().map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_of_the_table_delivers_events_in_order_and_once() {
    let (origin, taken) = takes_everything().await;
    let mut deployment = with_webhook(&format!("{origin}/hook")).await;
    let (anna, _) = deployment.people().await;
    for text in ["One", "Two", "Three"] {
        send(&mut deployment, &anna, text).await;
    }
    assert!(taken.lock().unwrap().is_empty(), "a call delivers nothing by itself");
    for _ in 0..2 {
        happens(&mut deployment, stream()).await;
        assert_eq!(texts(&taken), ["One", "Two", "Three"]);
    }
    assert!(taken.lock().unwrap().iter().all(|(headers, _)| headers.contains_key("webhook-signature")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_delivers_what_the_stream_did_not_tell() {
    let (origin, taken) = takes_everything().await;
    let mut deployment = with_webhook(&format!("{origin}/hook")).await;
    let (anna, _) = deployment.people().await;
    send(&mut deployment, &anna, "Hello").await;
    happens(&mut deployment, schedule()).await;
    assert_eq!(texts(&taken), ["Hello"]);
}

/// The function is billed for the time it waits, and killed after 15 s.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_does_not_answer_is_given_up_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut deployment = with_webhook(&format!("http://{}/hook", silent.local_addr().unwrap())).await;
    let (anna, ben) = deployment.people().await;
    send(&mut deployment, &anna, "Hello").await;
    let begun = Instant::now();
    happens(&mut deployment, stream()).await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    let synced = deployment.get(&ben, "/messages/sync", &[]).await;
    assert_eq!(synced["messages"][0]["content"], "Hello", "the function goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_sends_mail_about_what_stays_unread() {
    let (address, letters) = mail_server().await;
    let url = format!("smtp://{address}?tls=none");
    let settings = [
        ("JOBLINE_SMTP_URL", url.as_str()),
        ("JOBLINE_MAIL_FROM", "chat@example.com"),
        ("JOBLINE_MAIL_AFTER", "1s"),
        ("JOBLINE_PUBLIC_URL", "https://chat.example.com"),
    ];
    let mut deployment = Deployment::with(Front::FunctionUrl, &settings).await;
    let (anna, _) = deployment.people().await;
    let ben = json!({"name": "Ben", "email": "ben@example.com"});
    deployment.host("PUT", "/host/users/ben|1", ben).await;
    send(&mut deployment, &anna, "Hello").await;
    let letter = scheduled_until(&mut deployment, "mail", || letters.lock().unwrap().first().cloned()).await;
    assert!(letter.contains("To: ben@example.com"), "{letter}");
    happens(&mut deployment, schedule()).await;
    assert_eq!(letters.lock().unwrap().len(), 1, "one for a conversation until it is read");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_pushes_what_stays_unread() {
    let (origin, taken) = takes_everything().await;
    let settings = [("JOBLINE_VAPID_SUBJECT", "mailto:ops@example.com"), ("JOBLINE_PUSH_SERVICES", origin.as_str())];
    let mut deployment = Deployment::with(Front::FunctionUrl, &settings).await;
    let (anna, ben) = deployment.people().await;
    let key = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap().compute_public_key().unwrap();
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let keys = json!({"p256dh": encode(key.as_ref()), "auth": encode(&[7; 16])});
    let subscription = json!({"endpoint": format!("{origin}/push/ben"), "keys": keys});
    deployment.post(&ben, "/messages/push", subscription).await;
    send(&mut deployment, &anna, "Hello").await;
    let headers = scheduled_until(&mut deployment, "notification", || {
        taken.lock().unwrap().first().map(|(headers, _)| headers.clone())
    });
    assert_eq!(headers.await["content-encoding"], "aes128gcm");
}

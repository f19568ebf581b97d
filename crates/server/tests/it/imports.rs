//! `POST /host/import`: many users and jobs at once, each line by itself.

use crate::{
    binary::{SECRET, Started, jobline},
    crash::HOST_KEY as BINARY_KEY,
    support::{HOST_KEY, TestApp},
};
use axum::body::{Body, Bytes, to_bytes};
use futures_util::stream;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::mpsc;

fn request(body: Body) -> Request<Body> {
    let request = Request::post("/host/import").header("authorization", format!("Bearer {HOST_KEY}"));
    request.header("content-type", "application/x-ndjson").body(body).unwrap()
}

/// The status and the lines of the answer to a request.
async fn answer(app: &TestApp, request: Request<Body>) -> (StatusCode, Vec<Value>) {
    let response = app.service.handle(request).await.map(Body::new);
    let status = response.status();
    let text = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, parse(std::str::from_utf8(&text).unwrap()))
}

fn parse(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn import(app: &TestApp, lines: &str) -> Vec<Value> {
    let (status, lines) = answer(app, request(Body::from(lines.to_owned()))).await;
    assert_eq!(status, StatusCode::OK, "{lines:?}");
    lines
}

async fn stored(app: &TestApp, path: &str) -> Option<Value> {
    let request = Request::get(path).header("authorization", format!("Bearer {HOST_KEY}")).body(Body::empty()).unwrap();
    let response = app.service.handle(request).await.map(Body::new);
    let found = response.status() == StatusCode::OK;
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    found.then(|| serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn each_line_is_stored_or_refused_by_itself_and_in_order() {
    let app = TestApp::new().await;
    let long = format!(r#"{{"user": {{"id": "long", "name": "{}"}}}}"#, "x".repeat(70_000));
    let lines = [
        r#"{"user": {"id": "anna", "name": "Anna", "avatarUrl": "https://example.com/a.png", "email": "a@example.com"}}"#,
        r#"{"job": {"id": 7, "title": "Kitchen", "participants": ["anna", "ben"], "status": "open"}}"#,
        "",
        r#"{"user": {"id": "ben", "name": ""}}"#,
        r#"{"user": {"id": "with space", "name": "Ben"}}"#,
        r#"{"job": {"id": 0, "title": "Fence", "participants": ["anna"], "status": "open"}}"#,
        r#"{"job": {"id": 8, "title": "Fence", "participants": [], "status": "open"}}"#,
        r#"{"user": {"id": "ben", "nam": "Ben"}}"#,
        r#"{"user": {"id": "ben", "name": "Ben"}, "job": null, "more": 1}"#,
        "{}",
        "nonsense",
        &long,
        r#"{"user": {"id": "ben", "name": "Ben"}}"#,
        r#"{"user": {"id": "ben", "name": "Benjamin"}}"#,
    ]
    .join("\r\n");
    let answers = import(&app, &lines).await;
    let numbers: Vec<u64> = answers.iter().map(|answer| answer["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], "an empty line has no answer");
    let done: Vec<u64> = answers
        .iter()
        .filter(|answer| answer["status"] == "ok")
        .map(|answer| answer["line"].as_u64().unwrap())
        .collect();
    assert_eq!(done, [1, 2, 13, 14]);
    let error = |line: u64| {
        let answer = answers.iter().find(|answer| answer["line"] == line).unwrap();
        assert!(answer["error"]["detail"].as_str().unwrap().len() > 10, "{answer}");
        let field = answer["error"]["field"].as_str().unwrap_or_default().to_owned();
        (answer["error"]["code"].as_str().unwrap().to_owned(), field)
    };
    let invalid = |field: &str| ("invalid_request".to_owned(), field.to_owned());
    assert_eq!(error(4), invalid("name"));
    assert_eq!(error(5), invalid("id"));
    assert_eq!(error(6), invalid("id"));
    assert_eq!(error(7), invalid("participants"));
    assert_eq!(error(8), invalid("nam"));
    assert_eq!(error(9), invalid("more"));
    assert_eq!((error(10), error(11)), (invalid(""), invalid("")));
    assert_eq!(error(12), ("payload_too_large".to_owned(), String::new()));
    assert_eq!(stored(&app, "/host/users/ben").await.unwrap()["name"], "Benjamin", "the last line about a user");
    let (anna, job) = (stored(&app, "/host/users/anna").await, stored(&app, "/host/jobs/7").await);
    assert_eq!(anna.as_ref().unwrap()["email"], "a@example.com");
    assert_eq!(job.as_ref().unwrap()["participants"], json!(["anna", "ben"]));
    assert_eq!(import(&app, &lines).await, answers, "repeating it answers the same");
    assert_eq!((stored(&app, "/host/users/anna").await, stored(&app, "/host/jobs/7").await), (anna, job));
    let message = app.user("anna").send("ben", "Hello").await;
    assert_eq!(message.status, 200, "the job permits them to write");
}

#[tokio::test]
async fn a_body_that_is_not_an_import_is_refused_before_anything_is_stored() {
    let app = TestApp::new().await;
    let line = r#"{"user": {"id": "anna", "name": "Anna"}}"#;
    let mut wrong = request(Body::from(line));
    wrong.headers_mut().insert("authorization", "Bearer a-wrong-key-that-is-long-enough-to-be-one".parse().unwrap());
    assert_eq!(answer(&app, wrong).await.0, StatusCode::UNAUTHORIZED);
    let mut json = request(Body::from(line));
    json.headers_mut().insert("content-type", "application/json".parse().unwrap());
    assert_eq!(answer(&app, json).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let mut packed = request(Body::from(line));
    packed.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    assert_eq!(answer(&app, packed).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let mut large = request(Body::from(line));
    large.headers_mut().insert("content-length", "10485761".parse().unwrap());
    let (status, problem) = answer(&app, large).await;
    assert_eq!((status, &problem[0]["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("payload_too_large")));
    for empty in ["", "\n\n"] {
        let (status, problem) = answer(&app, request(Body::from(empty))).await;
        let expected = if empty.is_empty() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        assert_eq!(status, expected, "{problem:?}");
    }
    assert_eq!(stored(&app, "/host/users/anna").await, None);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_stored_up_to_the_limit() {
    let app = TestApp::new().await;
    let line = format!("{{\"user\": {{\"id\": \"anna\", \"name\": \"{}\"}}}}\n", "x".repeat(60_000));
    let parts = stream::iter((0..200).map(move |_| Ok::<_, std::io::Error>(Bytes::from(line.clone()))));
    let (status, answers) = answer(&app, request(Body::from_stream(parts))).await;
    assert_eq!(status, StatusCode::OK);
    let last = answers.last().unwrap();
    assert_eq!((answers.len(), &last["error"]["code"]), (175, &json!("payload_too_large")), "{last}");
    assert!(last["error"]["detail"].as_str().unwrap().contains("10485760 bytes"), "{last}");
}

/// A body whose parts a test sends.
fn slow_body() -> (mpsc::Sender<Bytes>, Body) {
    let (sender, receiver) = mpsc::channel(8);
    let parts = stream::unfold(receiver, |mut receiver: mpsc::Receiver<Bytes>| async move {
        let part = receiver.recv().await?;
        Some((Ok::<_, std::io::Error>(part), receiver))
    });
    (sender, Body::from_stream(parts))
}

/// The answer that comes once the clock has advanced by `seconds`, and not before. `each` is called with each second.
async fn answer_within(
    app: &TestApp,
    mut answering: impl Future<Output = (StatusCode, Vec<Value>)> + Unpin,
    seconds: u64,
    mut each: impl FnMut(u64),
) -> (StatusCode, Vec<Value>) {
    for second in 0..seconds {
        // Everything that was sent is read, and the rest waits for the clock.
        for _ in 0..100 {
            let now = futures_util::poll!(&mut answering);
            assert!(now.is_pending(), "answered after {second} seconds");
            tokio::task::yield_now().await;
        }
        each(second);
        app.clock.advance(Duration::from_secs(1));
    }
    // From here on the clock stands still, so nothing times out, however slow the store is.
    tokio::time::timeout(Duration::from_secs(30), answering).await.expect("it is answered")
}

#[tokio::test]
async fn a_client_that_stops_sending_gets_the_answer_to_what_it_sent() {
    let app = TestApp::new().await;
    let (sender, body) = slow_body();
    sender.send(Bytes::from("{\"user\": {\"id\": \"anna\", \"name\": \"Anna\"}}\n{\"user\"")).await.unwrap();
    let mut answering = Box::pin(answer(&app, request(body)));
    let (status, answers) = answer_within(&app, &mut answering, 10, |_| ()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&answers[0]["status"], &answers[1]["line"]), (&json!("ok"), &json!(2)));
    assert_eq!(answers[1]["error"]["code"], "unavailable");
    assert!(stored(&app, "/host/users/anna").await.is_some());
    drop(sender);
}

#[tokio::test]
async fn a_client_that_sends_ever_more_slowly_is_cut_after_a_minute() {
    let app = TestApp::new().await;
    let (sender, body) = slow_body();
    let mut answering = Box::pin(answer(&app, request(body)));
    let (status, answers) = answer_within(&app, &mut answering, 60, |seconds| {
        if seconds % 5 == 0 {
            let line = format!("{{\"user\": {{\"id\": \"user{seconds}\", \"name\": \"Anna\"}}}}\n");
            sender.try_send(Bytes::from(line)).unwrap();
        }
    })
    .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answers.last().unwrap()["error"]["code"], "unavailable");
    assert!(answers.len() > 5);
}

#[tokio::test]
async fn a_third_import_at_a_time_is_refused_with_a_wait() {
    let app = TestApp::new().await;
    let (first, one) = slow_body();
    let (second, two) = slow_body();
    let mut one = Box::pin(answer(&app, request(one)));
    let mut two = Box::pin(answer(&app, request(two)));
    let line = r#"{"user": {"id": "anna", "name": "Anna"}}"#;
    tokio::select! {
        biased;
        _ = &mut one => panic!("its body has not ended"),
        _ = &mut two => panic!("its body has not ended"),
        third = answer(&app, request(Body::from(line))) => assert_eq!(third.0, StatusCode::SERVICE_UNAVAILABLE),
    }
    drop(first);
    assert_eq!(one.await.0, StatusCode::BAD_REQUEST, "it had no lines");
    assert_eq!(answer(&app, request(Body::from(line))).await.0, StatusCode::OK);
    drop((second, two));
}

/// Line `number` of a large import, from 1: every hundredth one is refused.
fn line(number: usize) -> String {
    match number {
        _ if number.is_multiple_of(100) => "{\"user\": {\"id\": \"nobody\", \"name\": \"\"}}\n".to_owned(),
        _ if number.is_multiple_of(3) => {
            let (one, other) = (number - 1, number - 2);
            let people = json!([format!("user{one}"), format!("user{other}")]);
            let job = json!({ "id": number, "title": "Fence", "participants": people, "status": "open" });
            format!("{}\n", json!({ "job": job }))
        }
        _ => format!("{}\n", json!({ "user": { "id": format!("user{number}"), "name": format!("User {number}") } })),
    }
}

#[test]
fn a_marketplace_moves_in_within_a_minute() {
    let folder = TempDir::new().unwrap();
    let mut command = jobline(&folder);
    command.env("JOBLINE_JWT_SECRET", SECRET).env("JOBLINE_HOST_KEY", BINARY_KEY).env("JOBLINE_LOG", "off");
    let running = Started::new(command.env("JOBLINE_DATA", folder.path().join("data")));
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into();
    let import = |body: &str| {
        let request = agent.post(format!("http://{}/host/import", running.address));
        let request = request.header("authorization", format!("Bearer {BINARY_KEY}"));
        let mut answer = request.header("content-type", "application/x-ndjson").send(body).unwrap();
        assert_eq!(answer.status(), 200);
        parse(&answer.body_mut().with_config().limit(20 << 20).read_to_string().unwrap())
    };
    let body: String = (1..=10_001).map(line).collect();
    let begun = Instant::now();
    let answers = import(&body);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(60), "{took:?}");
    assert_eq!(answers.len(), 10_001);
    for (at, answer) in answers.iter().enumerate() {
        assert_eq!(answer["line"], at + 1);
        let refused = (at + 1).is_multiple_of(100) || at == 10_000;
        assert_eq!(answer["status"] == "ok", !refused, "{answer}");
    }
    assert_eq!(answers[99]["error"]["field"], "name");
    let last = &answers[10_000]["error"];
    assert_eq!(last["code"], "payload_too_large");
    assert!(last["detail"].as_str().unwrap().contains("at most 10,000 lines"), "{last}");
    let first: String = (1..=300).map(line).collect();
    assert_eq!(import(&first), answers[..300], "repeating it answers the same");
    println!("10,000 lines took {took:?}");
}

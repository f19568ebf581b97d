//! The table is unreachable, throttled, loses its responses, or refuses: over HTTP each of these is `unavailable` with
//! `Retry-After`, nothing is stored in part, and calls succeed again as soon as the table does.

use crate::program::{Server, output, says};
use crate::running::{Engines, HOST_KEY, Running};
use axum::Router;
use jobline_chat::Secrets;
use jobline_store_dynamodb::testing::{Emulator, FaultRates, Proxy, Refusal};
use jobline_store_dynamodb::{DynamoDbStore, Options};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A table behind a proxy with two independent servers on it, like two instances of a function.
struct Stage {
    _emulator: Emulator,
    proxy: Proxy,
    servers: [Running; 2],
}

impl Stage {
    async fn new(options: Options) -> Self {
        let emulator = Emulator::start().await;
        emulator.store("rows", Options::default()).await;
        let proxy = Proxy::start(emulator.address(), 1, FaultRates::default()).await;
        let servers = [serve(&proxy, &options).await, serve(&proxy, &options).await];
        furnish(&servers[0].url);
        Self { _emulator: emulator, proxy, servers }
    }
}

async fn serve(proxy: &Proxy, options: &Options) -> Running {
    let mut engines = Engines::new(None).await;
    engines.store = Arc::new(DynamoDbStore::new(proxy.config(), "rows", options.clone()));
    engines.secrets = Secrets::load(&*engines.store, &*engines.random).await.unwrap();
    engines.serve(Router::new())
}

/// With a deadline that a test can wait for.
fn hasty() -> Options {
    Options { deadline: Duration::from_millis(40), pause: Duration::from_millis(1), ..Options::default() }
}

/// Anna and ben share a job.
fn furnish(url: &str) {
    for user in ["anna", "ben"] {
        Answer::to(url, "PUT", &format!("/host/users/{user}"), HOST_KEY, &json!({"name": user})).is(200);
    }
    let job = json!({"title": "Roof", "participants": ["anna", "ben"], "status": "open"});
    Answer::to(url, "PUT", "/host/jobs/1", HOST_KEY, &job).is(200);
}

fn token(url: &str, user: &str) -> String {
    let minted = Answer::to(url, "POST", &format!("/host/users/{user}/token"), HOST_KEY, &json!({})).is(200);
    minted["token"].as_str().unwrap().to_owned()
}

struct Answer {
    status: u16,
    kind: String,
    retry_after: Option<String>,
    text: String,
}

impl Answer {
    fn to(url: &str, method: &str, path: &str, key: &str, body: &Value) -> Self {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = http::Request::builder().method(method).uri(format!("{url}{path}"));
        let request =
            request.header("authorization", format!("Bearer {key}")).header("content-type", "application/json");
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let mut answer = agent.run(request.body(body).unwrap()).unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (kind, retry_after) = (header("content-type").unwrap_or_default(), header("retry-after"));
        let text = answer.body_mut().read_to_string().unwrap();
        Self { status: answer.status().as_u16(), kind, retry_after, text }
    }

    fn get(url: &str, path: &str, key: &str) -> Self {
        Self::to(url, "GET", path, key, &Value::Null)
    }

    #[track_caller]
    fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// Asserts that the answer asks for a retry and shows no internal error.
    #[track_caller]
    fn is_unavailable(&self) -> Value {
        let problem = self.is(503);
        assert_eq!((self.kind.as_str(), &problem["code"]), ("application/problem+json", &json!("unavailable")));
        let seconds: u64 = self.retry_after.as_ref().expect("Retry-After").parse().unwrap();
        assert!((1..=60).contains(&seconds) && problem["retryAfterMs"].is_u64(), "{problem}");
        for inside in ["dynamo", "item", "rows", "credential", "security", "exception", "role", "throughput", "127.0"] {
            assert!(!self.text.to_lowercase().contains(inside), "{inside}: {}", self.text);
        }
        problem
    }
}

/// Waits until the server says by `/readyz` that it is ready (200) or not (503): it checks once a second.
#[track_caller]
fn becomes(url: &str, status: u16) -> Answer {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let answer = Answer::get(url, "/readyz", "");
        if answer.status == status {
            return answer;
        }
        assert!(Instant::now() < deadline, "{status} is not what /readyz answers: {}", answer.text);
    }
}

/// Sends the same message from anna to ben each time.
fn send(url: &str, key: &str, client_id: &str) -> Answer {
    let body = json!({"receiverId": "ben", "content": client_id, "clientId": client_id});
    Answer::to(url, "POST", "/messages/send", key, &body)
}

/// The texts that ben has from anna, and his unread count.
fn seen(url: &str, key: &str) -> (Vec<String>, u64) {
    let conversations = Answer::get(url, "/messages/conversations", key).is(200)["conversations"].clone();
    let Some(conversation) = conversations.get(0) else { return (Vec::new(), 0) };
    let unread = conversation["unreadCount"]["ben"].as_u64().unwrap();
    let list = Answer::get(url, "/messages/list?conversationId=conv_anna_ben", key).is(200);
    let messages = list["messages"].as_array().unwrap().clone();
    for (number, message) in (1..).zip(&messages) {
        assert_eq!(message["number"], json!(number), "without gaps: {list}");
    }
    (messages.iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect(), unread)
}

/// A fault, and how to start it.
type Fault = (&'static str, fn(&Proxy));

/// Faults of all calls.
const ALL: [Fault; 6] = [
    ("out of reach", |proxy| proxy.set_down(true)),
    ("throttled", |proxy| proxy.set_rates(FaultRates { throttled: 1.0, ..FaultRates::default() })),
    ("broken", |proxy| proxy.set_rates(FaultRates { failed: 1.0, ..FaultRates::default() })),
    ("expired", |proxy| proxy.set_refusal(Some(Refusal::ExpiredToken))),
    ("unknown caller", |proxy| proxy.set_refusal(Some(Refusal::UnrecognizedClient))),
    ("not permitted", |proxy| proxy.set_refusal(Some(Refusal::AccessDenied))),
];

fn end(proxy: &Proxy) {
    proxy.set_down(false);
    proxy.set_refusal(None);
    proxy.set_rates(FaultRates::default());
}

fn writes(operation: &str) -> bool {
    matches!(operation, "TransactWriteItems" | "PutItem")
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_table_every_call_is_unavailable_until_it_is_back() {
    let stage = Stage::new(hasty()).await;
    let [url, other] = stage.servers.each_ref().map(|server| server.url.as_str());
    let (anna, ben) = (token(url, "anna"), token(url, "ben"));
    let mut sent: Vec<String> = Vec::new();
    for (name, begin) in ALL {
        begin(&stage.proxy);
        send(url, &anna, name).is_unavailable();
        Answer::get(url, "/messages/conversations", &ben).is_unavailable();
        becomes(url, 503).is_unavailable();
        Answer::get(url, "/healthz", "").is(200);
        end(&stage.proxy);
        becomes(url, 200);
        assert_eq!(seen(other, &ben), (sent.clone(), sent.len() as u64), "{name}: nothing was half done");
        let message = send(other, &anna, name).is(200)["message"].clone();
        assert_eq!(send(url, &anna, name).is(200)["message"]["id"], message["id"], "{name}");
        sent.push(name.to_owned());
        assert_eq!(seen(url, &ben), (sent.clone(), sent.len() as u64), "{name}: stored once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_the_table_refuses_stores_nothing() {
    let stage = Stage::new(hasty()).await;
    let [url, other] = stage.servers.each_ref().map(|server| server.url.as_str());
    let (anna, ben) = (token(url, "anna"), token(url, "ben"));
    stage.proxy.set_reach(writes);
    let cancelled: Fault =
        ("cancelled", |proxy| proxy.set_rates(FaultRates { cancelled: 1.0, ..FaultRates::default() }));
    let told = ALL.into_iter().filter(|(name, _)| !["out of reach", "broken"].contains(name)).chain([cancelled]);
    let mut sent: Vec<String> = Vec::new();
    for (name, begin) in told {
        begin(&stage.proxy);
        let problem = send(url, &anna, name).is_unavailable();
        assert!(problem["detail"].as_str().unwrap().contains("Nothing was changed"), "{name}: {problem}");
        Answer::get(url, "/readyz", "").is(200);
        assert_eq!(
            seen(url, &ben),
            (sent.clone(), sent.len() as u64),
            "{name}: reading goes on, nothing was half done"
        );
        end(&stage.proxy);
        send(other, &anna, name).is(200);
        sent.push(name.to_owned());
        assert_eq!(seen(url, &ben), (sent.clone(), sent.len() as u64), "{name}: stored once");
    }
}

/// Faults that carry out a write and lose the response.
fn lost() -> [(&'static str, FaultRates); 3] {
    let none = FaultRates::default();
    [
        ("answered 500", FaultRates { failed_done: 1.0, ..none }),
        ("cut", FaultRates { cut_done: 1.0, ..none }),
        ("in progress", FaultRates { in_progress: 1.0, ..none }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_with_an_unknown_outcome_is_resolved() {
    let stage = Stage::new(hasty()).await;
    let url = stage.servers[0].url.as_str();
    let (anna, ben) = (token(url, "anna"), token(url, "ben"));
    stage.proxy.set_reach(writes);
    for (number, (name, rates)) in (1..).zip(lost()) {
        stage.proxy.set_rates(rates);
        let message = send(url, &anna, name).is(200)["message"].clone();
        assert_eq!(message["number"], json!(number), "{name}");
        end(&stage.proxy);
        assert_eq!(send(url, &anna, name).is(200)["message"]["id"], message["id"], "{name}");
        assert_eq!(seen(url, &ben).1, number, "{name}: stored once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_with_an_unresolved_outcome_is_stored_once() {
    let stage = Stage::new(hasty()).await;
    let [url, other] = stage.servers.each_ref().map(|server| server.url.as_str());
    let (anna, ben) = (token(url, "anna"), token(url, "ben"));
    // From now on the server knows for a minute that anna was not deleted.
    seen(url, &anna);
    // The write, and the read that could resolve its outcome, but not the job, which is read before.
    stage.proxy.set_reach(|operation| writes(operation) || operation == "GetItem");
    stage.proxy.set_spared("GetItem", "OPENJOB#");
    let mut sent: Vec<String> = Vec::new();
    for (name, rates) in &lost()[..2] {
        stage.proxy.set_rates(*rates);
        let problem = send(url, &anna, name).is_unavailable();
        assert!(problem["detail"].as_str().unwrap().contains("same clientId"), "{name}: {problem}");
        sent.push((*name).to_owned());
        end(&stage.proxy);
        assert_eq!(seen(other, &ben), (sent.clone(), sent.len() as u64), "{name}: whole, though nobody was told");
        // Another call in between does not change that.
        let between = format!("after {name}");
        send(other, &anna, &between).is(200);
        for server in [url, other, url] {
            let again = send(server, &anna, name).is(200);
            assert_eq!(again["message"]["number"], json!(sent.len()), "{name}");
        }
        sent.push(between);
        assert_eq!(seen(url, &ben), (sent.clone(), sent.len() as u64), "{name}: stored once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_fault_is_retried() {
    let stage = Stage::new(Options::default()).await;
    let url = stage.servers[0].url.clone();
    let (anna, ben) = (token(&url, "anna"), token(&url, "ben"));
    stage.proxy.set_rates(FaultRates { throttled: 1.0, ..FaultRates::default() });
    let sending = tokio::task::spawn_blocking(move || (send(&url, &anna, "patient").is(200), url));
    let deadline = Instant::now() + Duration::from_secs(10);
    while stage.proxy.injected().get("throttled").is_none_or(|times| *times < 2) {
        assert!(Instant::now() < deadline, "nobody asked twice");
        tokio::task::yield_now().await;
    }
    end(&stage.proxy);
    let (_, url) = sending.await.unwrap();
    assert_eq!(seen(&url, &ben), (vec!["patient".to_owned()], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_credentials_are_in_the_log_and_in_table_check() {
    let emulator = Emulator::start().await;
    emulator.store("rows", Options::default()).await;
    let proxy = Proxy::start(emulator.address(), 1, FaultRates::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(proxy.address(), folder.path());
    let url = server.url();
    furnish(&url);
    let (anna, ben) = (token(&url, "anna"), token(&url, "ben"));
    let refusals = [
        (Refusal::ExpiredToken, "ExpiredTokenException", "the credentials are expired or wrong", "credentials"),
        (
            Refusal::UnrecognizedClient,
            "UnrecognizedClientException",
            "the credentials are expired or wrong",
            "credentials",
        ),
        (Refusal::AccessDenied, "AccessDeniedException", "the role lacks a permission", "no permission"),
    ];
    for (refusal, name, logged, checked) in refusals {
        proxy.set_refusal(Some(refusal));
        send(&url, &anna, name).is_unavailable();
        becomes(&url, 503).is_unavailable();
        let deadline = Instant::now() + Duration::from_secs(10);
        while !(server.log().contains(name) && server.log().contains(logged)) {
            assert!(Instant::now() < deadline, "{name} is not in {}", server.log());
        }
        says(&output(proxy.address(), &["table", "check"]), 1, &[checked]);
        proxy.set_refusal(None);
        becomes(&url, 200);
        send(&url, &anna, name).is(200);
    }
    assert_eq!(seen(&url, &ben).1, 3);
    assert!(!server.log().contains(&anna), "no token is logged");
}

//! How often memory is allocated for an idle poll, for a page of messages and for a send, from the request to the answer, in
//! the process of the server without its sockets, over the embedded engine. The counts may fall, but must not rise.
//!
//! `JOBLINE_ALLOCATIONS=show cargo test -p jobline --test allocations -- --nocapture` prints where each one comes from.
#![allow(unsafe_code, reason = "an allocator that counts is implemented with it")]
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

#[allow(dead_code, reason = "the tests over HTTP, which share these files, use more of them")]
#[path = "it/support/mod.rs"]
#[allow(unused_imports, reason = "the same")]
mod support;

use axum::body::Body;
use http::{HeaderValue, Method, Request};
use http_body_util::BodyExt;
use jobline_store_embedded::{EmbeddedStore, Options};
use serde_json::{Value, json};
use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use support::{Caller, TestApp};

/// The most that an idle poll may allocate: `list` and `sync` with the cursor of the last answer. The allocations are,
/// in order, the id of the request, the parameters, the future of the procedure, the ids and the cursor that it reads,
/// the key of the row, the answer, and two for its headers.
const IDLE_LIST: usize = 10;
const IDLE_SYNC: usize = 9;
/// The most that an idle `list` by tRPC may allocate: besides what REST needs, the future of the face, the decoded
/// input, and the envelope.
const IDLE_TRPC: usize = 13;
/// The most that a poll of fifty messages may allocate: 552, and 12 for each two of them that share a slot of the memory of
/// decoded messages, since the ids are random. That as many as four pairs do happens once in ten thousand runs.
const PAGE: usize = 600;
/// How many messages such a poll returns.
const PAGE_MESSAGES: usize = 50;
/// The most that a send of one line may allocate on the thread of its request. The writer of the store has its own.
const SEND: usize = 103;
/// The size of the future that answers a request. Each connection holds one from its first request on, and a request
/// moves it several times.
const REQUEST_BYTES: usize = 3_248;
/// How often each is repeated. The lowest count is used, since in other runs a cache may have grown.
const TIMES: usize = 24;

thread_local! {
    static COUNTS: Cell<bool> = const { Cell::new(false) };
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static SITES: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// The system's allocator, with counts on threads that ask for them.
struct Counting;

impl Counting {
    fn count(size: usize) {
        if COUNTS.try_with(Cell::get).unwrap_or(false) {
            COUNT.with(|count| count.set(count.get() + 1));
            // Allocations of the backtrace are not counted.
            COUNTS.with(|counts| counts.set(false));
            SITES.with(|sites| {
                if let Some(sites) = sites.borrow_mut().as_mut() {
                    sites.push(format!("{size} bytes\n{}", Backtrace::force_capture()));
                }
            });
            COUNTS.with(|counts| counts.set(true));
        }
    }
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::count(size);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Returns the answer to a request, and how often memory was allocated for it. Making the request is not counted.
async fn counted(app: &TestApp, request: Request<Body>, show: bool) -> (usize, Value) {
    COUNT.with(|count| count.set(0));
    SITES.with(|sites| *sites.borrow_mut() = show.then(Vec::new));
    COUNTS.with(|counts| counts.set(true));
    let response = app.service.handle(request).await;
    let (status, mut parts) = (response.status(), response.into_body());
    let first = parts.frame().await;
    COUNTS.with(|counts| counts.set(false));
    let body = first.unwrap().unwrap().into_data().unwrap();
    assert!(parts.frame().await.is_none(), "the answer is one part");
    for site in SITES.with(|sites| sites.borrow_mut().take()).unwrap_or_default() {
        println!("{}", ours(&site));
    }
    assert_eq!(status, 200, "{body:?}");
    (COUNT.with(Cell::get), serde_json::from_slice(&body).unwrap())
}

/// The innermost functions of this workspace in a backtrace, with their lines.
fn ours(site: &str) -> String {
    let (size, trace) = site.split_once('\n').unwrap_or((site, ""));
    let places = trace.lines().filter_map(|line| line.trim().strip_prefix("at "));
    let places = places.filter(|place| place.contains("/crates/") && !place.contains("allocations.rs"));
    let inner: Vec<&str> = places.map(|place| place.rsplit("/crates/").next().unwrap_or(place)).take(4).collect();
    format!("{size}: {}", inner.join(" < "))
}

/// The lowest count of several requests.
async fn least(app: &TestApp, mut request: impl FnMut(usize) -> Request<Body>) -> usize {
    let show = std::env::var("JOBLINE_ALLOCATIONS").is_ok_and(|value| value == "show");
    let mut least = usize::MAX;
    for time in 0..TIMES {
        let (count, _) = counted(app, request(time), show && time + 1 == TIMES).await;
        least = least.min(count);
    }
    least
}

/// A header as hyper reads it: a part of a shared buffer.
fn host() -> HeaderValue {
    static HOST: LazyLock<HeaderValue> = LazyLock::new(|| HeaderValue::from_bytes(b"jobline.test").unwrap());
    HOST.clone()
}

fn poll(caller: &Caller<'_>, path: &str, cursor: &str) -> Request<Body> {
    let request = caller.request(Method::GET, &format!("{path}since={cursor}")).header("host", host());
    request.body(Body::empty()).unwrap()
}

/// A server over `store`, where anna and ben share a job.
async fn over(store: EmbeddedStore) -> TestApp {
    let app = TestApp::with(support::Differs {
        engine: Some(Arc::new(store)),
        settings: jobline_chat::Settings { send_rate: 0, ..Default::default() },
        ..Default::default()
    })
    .await;
    app.host().knows(&["anna", "ben"]).await;
    app.host().job(7, &["anna", "ben"], "open").await.is(200);
    app
}

#[tokio::test]
async fn a_poll_of_fifty_messages_allocates_no_more_than_it_did() {
    let folder = tempfile::tempdir().unwrap();
    // The messages are read in place, whatever the load of the machine.
    let options = Options { in_place: Duration::from_secs(60), ..Options::default() };
    let app = over(EmbeddedStore::open(folder.path(), options).unwrap()).await;
    let (anna, ben) = (app.user("anna"), app.user("ben"));
    anna.send("ben", "Hello").await.is(200);
    let path = "/messages/list?conversationId=conv_anna_ben&";
    let first = ben.get(path.trim_end_matches('&')).await.is(200);
    let cursor = first["cursor"].as_str().unwrap().to_owned();
    for number in 0..PAGE_MESSAGES {
        let (from, to) = if number % 2 == 0 { (&anna, "ben") } else { (&ben, "anna") };
        from.send(to, &format!("I can come at {number} and bring the ladder.")).await.is(200);
    }
    let page = app.ask(poll(&ben, path, &cursor)).await.is(200);
    assert_eq!(page["messages"].as_array().unwrap().len(), PAGE_MESSAGES);
    let count = least(&app, |_| poll(&ben, path, &cursor)).await;
    println!("poll of {PAGE_MESSAGES}: {count} allocations");
    assert!(count <= PAGE, "poll of {PAGE_MESSAGES}: {count} allocations, which were {PAGE}");
}

#[tokio::test]
async fn what_a_request_takes_while_it_runs_is_no_larger_than_it_was() {
    let app = TestApp::new().await;
    let bytes = size_of_val(&app.service.handle(Request::new(Body::empty())));
    println!("the future of a request: {bytes} bytes");
    assert!(bytes <= REQUEST_BYTES, "the future of a request: {bytes} bytes, which were {REQUEST_BYTES}");
}

#[tokio::test]
async fn an_idle_poll_and_a_send_allocate_no_more_than_they_did() {
    let folder = tempfile::tempdir().unwrap();
    let app = over(EmbeddedStore::open(folder.path(), Options::default()).unwrap()).await;
    let (anna, ben) = (app.user("anna"), app.user("ben"));
    anna.send("ben", "Hello").await.is(200);
    for (name, path, most) in [
        ("idle list", "/messages/list?conversationId=conv_anna_ben&", IDLE_LIST),
        ("idle sync", "/messages/sync?", IDLE_SYNC),
    ] {
        let first = ben.get(path.trim_end_matches('&')).await.is(200);
        let mut cursor = first["cursor"].as_str().unwrap().to_owned();
        // The first poll records the delivery.
        cursor = app.ask(poll(&ben, path, &cursor)).await.is(200)["cursor"].as_str().unwrap().to_owned();
        let count = least(&app, |_| poll(&ben, path, &cursor)).await;
        println!("{name}: {count} allocations");
        assert!(count <= most, "{name}: {count} allocations, which were {most}");
    }
    let first = ben.get("/messages/list?conversationId=conv_anna_ben").await.is(200);
    let input = json!({"conversationId": "conv_anna_ben", "since": first["cursor"]}).to_string();
    let path = format!(
        "/trpc/messages.list?input={}",
        percent_encoding::utf8_percent_encode(&input, percent_encoding::NON_ALPHANUMERIC)
    );
    let by_trpc = || ben.request(Method::GET, &path).header("host", host()).body(Body::empty()).unwrap();
    assert_eq!(app.ask(by_trpc()).await.is(200)["result"]["data"]["messages"], json!([]));
    let count = least(&app, |_| by_trpc()).await;
    println!("idle list by tRPC: {count} allocations");
    assert!(count <= IDLE_TRPC, "idle list by tRPC: {count} allocations, which were {IDLE_TRPC}");
    let count = least(&app, |time| {
        let input = json!({"receiverId": "ben", "content": format!("Line {time}"), "clientId": format!("line-{time}")});
        let request = anna.request(Method::POST, "/messages/send").header("content-type", "application/json");
        let request = request.header("host", host());
        request.body(Body::from(input.to_string())).unwrap()
    });
    let count = count.await;
    println!("send: {count} allocations");
    assert!(count <= SEND, "send: {count} allocations, which were {SEND}");
}

//! The binary under one attack after another, while two people keep chatting.

use crate::binary::Started;
use crate::crash::{Caller, HOST_KEY, SmallDisk, fill, pair};
use crate::crowded::with_descriptors;
use axum::body::Body;
use http::Request;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How soon everything works normally after an attack has ended.
const WELL_WITHIN: Duration = Duration::from_secs(2);
/// How long 99 of 100 polls may take during an attack, in an optimized build on an idle machine. An unoptimized build,
/// beside other tests, only has to answer before the server gives up.
const ANSWERED_WITHIN: Duration = Duration::from_millis(if cfg!(debug_assertions) { 10_000 } else { 50 });
/// Polls during each attack.
const POLLS: usize = 300;

/// A server with at most 1,024 descriptors and `data` for its data.
fn server(folder: &TempDir, data: &Path) -> Started {
    let mut command = with_descriptors(folder, 1_024);
    Started::new(command.env("JOBLINE_DATA", data).env("JOBLINE_SEND_RATE", "0").env("JOBLINE_LOG", "off"))
}

/// Two people who talk, and the latencies of their answers.
struct Chat<'a> {
    server: &'a Started,
    anna: Caller,
    cursor: String,
    sent: usize,
}

impl Chat<'_> {
    /// Ben polls, each time over a new connection, like a phone that has just woken up.
    fn poll(&mut self) -> (u16, Duration) {
        let ben = Caller::new(self.server, HOST_KEY).token("ben");
        let begun = Instant::now();
        let (status, body) = ben.call("GET", &format!("/messages/sync?since={}", self.cursor), None).unwrap();
        if status == 200 {
            body["cursor"].as_str().unwrap().clone_into(&mut self.cursor);
        }
        (status, begun.elapsed())
    }

    /// Anna writes.
    fn send(&mut self) -> (u16, Value) {
        self.sent += 1;
        let text = format!("Line {} {}", self.sent, "x".repeat(1_900));
        self.anna.send("ben", &text, &format!("line-{}", self.sent)).unwrap()
    }

    /// Keeps chatting: all polls are answered in time, and if `writes` is set, all sends.
    fn goes_on(&mut self, during: &str, writes: bool) {
        let mut times: Vec<Duration> = Vec::with_capacity(POLLS);
        for number in 0..POLLS {
            let (status, took) = self.poll();
            assert_eq!(status, 200, "a poll during {during}");
            times.push(took);
            if writes && number % 30 == 0 {
                let (status, body) = self.send();
                assert_eq!(status, 200, "a message during {during}: {body}");
            }
        }
        times.sort();
        let (half, p99) = (times[POLLS / 2], times[POLLS * 99 / 100 - 1]);
        println!("polls during {during}: p50 {half:.1?}, p99 {p99:.1?}");
        assert!(p99 <= ANSWERED_WITHIN, "{during}: {p99:?}");
    }

    /// Everything works normally again.
    fn is_well_after(&mut self, attack: &str) {
        let ended = Instant::now();
        loop {
            let ready = self.anna.call("GET", "/readyz", None).unwrap().0;
            if self.send().0 == 200 && self.poll().0 == 200 && ready == 200 {
                break;
            }
            assert!(ended.elapsed() < WELL_WITHIN, "after {attack}: {:?}", ended.elapsed());
        }
        println!("well after {attack}: {:.1?}", ended.elapsed());
    }
}

/// Asks for pages of 413 KB over HTTP/2 and reads none of them.
async fn unread(address: &str, token: &str) -> SendRequest<Body> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(0).initial_connection_window_size(0).initial_max_send_streams(128);
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for _ in 0..128 {
        let page = Request::get("http://jobline/messages/list?conversationId=conv_anna_ben")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        drop(tokio::spawn(sender.send_request(page)));
    }
    sender
}

/// Announces files and uploads them, as fast as the server allows, until `stop`. Returns how many arrived.
fn upload_until(stop: &AtomicBool, server: &Started) -> usize {
    let carl = Caller::new(server, HOST_KEY).token("carl");
    let bytes = vec![b'x'; 4_000_000];
    let file =
        json!({ "receiverId": "anna", "fileName": "a.txt", "fileSize": bytes.len(), "contentType": "text/plain" });
    let mut arrived = 0;
    while !stop.load(Ordering::SeqCst) {
        let Ok((200, grant)) = carl.call("POST", "/messages/uploadFile", Some(&file)) else { continue };
        let mut put = ureq::put(grant["uploadUrl"].as_str().unwrap());
        for (name, value) in grant["headers"].as_object().unwrap() {
            if name != "content-length" {
                put = put.header(name, value.as_str().unwrap());
            }
        }
        arrived += usize::from(put.send(&bytes[..]).is_ok());
    }
    arrived
}

/// Whether this process, the attacker, may have more descriptors than the server.
fn has_descriptors() -> bool {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current.is_none_or(|most| most >= 1_500)
}

/// Writes a page of the longest messages.
fn fill_page(anna: &Caller) {
    for number in 0..50 {
        assert_eq!(anna.send("ben", &"😀".repeat(2_000), &number.to_string()).unwrap().0, 200);
    }
}

/// Ends an attack, also if the test fails during it.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn others_keep_chatting_during_every_attack_and_the_server_recovers_right_after_it() {
    if !has_descriptors() {
        println!("skipped: the attacker needs 1,500 descriptors");
        return;
    }
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("small");
    let Some(_disk) = SmallDisk::mount(&data, 512) else {
        println!("skipped: mounting a small file system needs root on Linux");
        return;
    };
    let server = server(&folder, &data);
    let host = Caller::new(&server, HOST_KEY);
    let (anna, _) = pair(&host);
    let job = json!({ "title": "Fence", "participants": ["anna", "carl"], "status": "open" });
    assert_eq!(host.call("PUT", "/host/jobs/2", Some(&job)).unwrap().0, 200);
    let mut chat = Chat { server: &server, anna, cursor: "1970-01-01T00:00:00Z".to_owned(), sent: 0 };
    fill_page(&chat.anna);
    chat.goes_on("no attack", true);

    let idle: Vec<TcpStream> = (0..1_100).filter_map(|_| TcpStream::connect(&server.address).ok()).collect();
    assert_eq!(idle.len(), 1_100);
    chat.goes_on("1,100 idle connections", true);
    drop(idle);
    chat.is_well_after("1,100 idle connections");

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let token = host.token("anna").key;
    let unread: Vec<SendRequest<Body>> = runtime.block_on(async {
        let mut senders = Vec::new();
        for _ in 0..64 {
            senders.push(unread(&server.address, &token).await);
        }
        senders
    });
    chat.goes_on("64 connections whose answers are not read", true);
    drop(unread);
    runtime.shutdown_background();
    chat.is_well_after("64 connections whose answers are not read");

    let stop = AtomicBool::new(false);
    thread::scope(|threads| {
        let uploads = threads.spawn(|| upload_until(&stop, &server));
        let stopping = StopOnDrop(&stop);
        chat.goes_on("an uploader that never stops", true);
        drop(stopping);
        assert!(uploads.join().unwrap() > 0, "nothing was uploaded: this was no attack");
    });
    chat.is_well_after("an uploader that never stops");

    let ballast = data.join("ballast");
    fill(&ballast);
    let refused = (0..20_000).find(|_| chat.send().0 == 503);
    assert!(refused.is_some(), "a full disk refuses messages");
    chat.goes_on("a full disk", false);
    fs::remove_file(&ballast).unwrap();
    chat.is_well_after("a full disk");
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn the_server_stops_within_ten_seconds_though_answers_are_never_read() {
    let folder = TempDir::new().unwrap();
    let server = server(&folder, &folder.path().join("data"));
    let host = Caller::new(&server, HOST_KEY);
    let (anna, _) = pair(&host);
    fill_page(&anna);
    let token = host.token("anna").key;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let unread = runtime.block_on(unread(&server.address, &token));
    // Others are answered meanwhile.
    assert_eq!(anna.call("GET", "/messages/list?conversationId=conv_anna_ben", None).unwrap().0, 200);
    // It fails after ten seconds.
    assert_eq!(server.stop().0, Some(0));
    drop(unread);
    runtime.shutdown_background();
}

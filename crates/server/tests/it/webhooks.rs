//! Webhooks of the real binary: signed, in order, and none lost when the server is killed.

use crate::{
    binary::{SECRET, Started, jobline},
    crash::{Caller, HOST_KEY, pair},
};
use jobline_notify::webhook::Secrets;
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The secret of 24 zero bytes.
const WEBHOOK_SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const MESSAGES: usize = 40;

type Events = Arc<Mutex<Vec<(String, Value)>>>;

/// A receiver that takes every event: its URL, and ids and bodies as they came.
fn receiver() -> (String, Events) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let events = Events::default();
    let kept = Arc::clone(&events);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let kept = Arc::clone(&kept);
            std::thread::spawn(move || receive(stream.unwrap(), &kept));
        }
    });
    (url, events)
}

/// Answers the requests of one connection, until it ends.
fn receive(mut stream: std::net::TcpStream, events: &Events) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let (mut id, mut length, mut signed) = (String::new(), 0, false);
        loop {
            let mut line = String::new();
            if !reader.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                return;
            }
            match line.trim().split_once(": ") {
                Some(("webhook-id", value)) => value.clone_into(&mut id),
                Some(("webhook-signature", value)) => signed = value.starts_with("v1,"),
                Some(("content-length", value)) => length = value.parse().unwrap(),
                None if line == "\r\n" => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        assert!(signed, "{id} is not signed");
        events.lock().unwrap().push((id, serde_json::from_slice(&body).unwrap()));
        if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").is_err() {
            return;
        }
    }
}

fn server(folder: &TempDir, url: &str) -> Started {
    let mut command = jobline(folder);
    command.env("JOBLINE_JWT_SECRET", SECRET).env("JOBLINE_HOST_KEY", HOST_KEY).env("JOBLINE_SEND_RATE", "0");
    command.env("JOBLINE_WEBHOOK_URL", url).env("JOBLINE_WEBHOOK_SECRET", WEBHOOK_SECRET);
    command.env("JOBLINE_WEBHOOK_ALLOW_PRIVATE", "on").env("JOBLINE_WEBHOOK_CONTENT", "on");
    Started::new(command.env("JOBLINE_DATA", folder.path().join("data")).env("JOBLINE_LOG", "off"))
}

/// The texts of the messages that the receiver was told, in the order in which each came first.
fn texts(events: &Events) -> Vec<String> {
    let mut seen = Vec::new();
    for (_, body) in &*events.lock().unwrap() {
        if let Some(text) = body["data"]["content"].as_str().map(str::to_owned)
            && !seen.contains(&text)
        {
            seen.push(text);
        }
    }
    seen
}

#[test]
fn events_reach_the_host_in_order_through_the_kill_of_the_server() {
    assert!(Secrets::parse(WEBHOOK_SECRET).is_some());
    let folder = TempDir::new().unwrap();
    let (url, events) = receiver();
    let mut running = server(&folder, &url);
    let (anna, _) = pair(&Caller::new(&running, HOST_KEY));
    for number in 0..MESSAGES {
        assert_eq!(anna.send("ben", &number.to_string(), &number.to_string()).unwrap().0, 200);
    }
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    let _running = server(&folder, &url);
    let expected: Vec<String> = (0..MESSAGES).map(|number| number.to_string()).collect();
    // Half a minute for the lease of the killed server.
    let begun = Instant::now();
    while texts(&events).len() < MESSAGES {
        assert!(begun.elapsed() < Duration::from_secs(90), "{:?}", texts(&events));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(texts(&events), expected);
    let events = events.lock().unwrap();
    let id_of = |body: &Value| events.iter().filter(|(_, other)| other == body).map(|(id, _)| id.clone()).next();
    for (id, body) in &*events {
        assert_eq!(id_of(body).as_ref(), Some(id), "the same event has the same id");
    }
}

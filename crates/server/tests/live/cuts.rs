//! A connection that breaks at any byte, in every way in which connections break, while a burst of messages is sent.

use crate::client::contents;
use crate::program::{Program, eventually};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use tokio_tungstenite::tungstenite::client::client;
use tokio_tungstenite::tungstenite::{Message, WebSocket, http};

const MESSAGES: usize = 200;
/// How long a client waits for a sign of life before it reconnects: nothing on this machine takes as long.
const SILENCE: Duration = Duration::from_millis(700);

/// How a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Break {
    /// Both ends notice it.
    Cut,
    /// Only the client notices it.
    HalfOpen,
    /// Nothing is carried in either direction, and neither end notices it.
    Stall,
}

/// A proxy, each of whose connections breaks after some bytes.
struct Proxy {
    address: String,
    /// Both ends of each connection.
    ends: Arc<Mutex<Vec<TcpStream>>>,
    /// The ways in which connections broke.
    broke: Arc<Mutex<BTreeSet<Break>>>,
}

impl Proxy {
    fn before(server: &str, mut dice: StdRng) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (ends, broke) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(BTreeSet::new())));
        let (server, all, ways) = (server.to_owned(), Arc::clone(&ends), Arc::clone(&broke));
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
                let copies = [client.try_clone().unwrap(), server.try_clone().unwrap()];
                all.lock().unwrap().extend(copies);
                // Within the handshake, within the first answer, and after many.
                let most = [200, 1_000, 20_000][dice.random_range(0..3)];
                let bytes = dice.random_range(1..most);
                let way = [Break::Cut, Break::HalfOpen, Break::Stall][dice.random_range(0..3)];
                let left = Arc::new(AtomicUsize::new(bytes));
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                for (from, to, is_back) in [(client, server, false), (back.0, back.1, true)] {
                    let (left, ways) = (Arc::clone(&left), Arc::clone(&ways));
                    thread::spawn(move || {
                        carry(&from, &to, &left);
                        ways.lock().unwrap().insert(way);
                        let (client, server) = if is_back { (to, from) } else { (from, to) };
                        break_line(way, &client, &server);
                    });
                }
            }
        });
        Self { address, ends, broke }
    }

    /// Ends the rest of every connection.
    fn end(&self) {
        for end in self.ends.lock().unwrap().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

/// Carries bytes until none are `left`, both directions together: the last one may be within a frame.
fn carry(mut from: &TcpStream, mut to: &TcpStream, left: &AtomicUsize) {
    let mut bytes = [0; 512];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        let before = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(left.saturating_sub(read)));
        let passes = before.unwrap().min(read);
        if to.write_all(&bytes[..passes]).is_err() || passes < read {
            return;
        }
    }
}

fn break_line(way: Break, client: &TcpStream, server: &TcpStream) {
    // An end that is already gone need not be closed.
    if way != Break::Stall {
        let _ = client.shutdown(Shutdown::Both);
    }
    if way == Break::Cut {
        let _ = server.shutdown(Shutdown::Both);
    }
}

/// Stores what comes over one connection to `address`, until it ends or is silent for [`SILENCE`].
fn listen(address: &str, token: &str, kept: &mut Kept) -> Option<()> {
    let stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(SILENCE)).ok()?;
    let request = http::Request::get(format!("ws://{address}/messages/live"))
        .header("host", address)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("sec-websocket-protocol", format!("jobline.v1, bearer.{token}"));
    let (mut socket, _) = client(request.body(()).ok()?, stream).ok()?;
    say(&mut socket, &json!({"op": "start", "since": kept.cursor}))?;
    while kept.texts.len() < MESSAGES {
        let Message::Text(text) = socket.read().ok()? else { continue };
        let frame: Value = serde_json::from_str(text.as_str()).expect("a whole frame is JSON");
        if frame["op"] == "synced" {
            kept.keep(&frame);
            say(&mut socket, &json!({"op": "have", "since": kept.cursor}))?;
        }
    }
    Some(())
}

fn say(socket: &mut WebSocket<TcpStream>, frame: &Value) -> Option<()> {
    socket.send(Message::text(frame.to_string())).ok()
}

/// The state of a client.
struct Kept {
    cursor: String,
    texts: Vec<String>,
}

impl Kept {
    fn keep(&mut self, answer: &Value) {
        self.texts.extend(contents(answer));
        answer["cursor"].as_str().unwrap().clone_into(&mut self.cursor);
    }
}

fn burst_over_lines_that_break(seed: u64) {
    let program = Program::start(&[]);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    let cursor = program.get("/messages/sync", &ben)["cursor"].as_str().unwrap().to_owned();
    program.send(&anna, "ben", "1");
    let (before, memory) = (program.descriptors(), program.peak_memory());
    let proxy = Proxy::before(&program.address, StdRng::seed_from_u64(seed));
    let expected: Vec<String> = (1..=MESSAGES).map(|number| number.to_string()).collect();
    let mut kept = Kept { cursor, texts: Vec::new() };
    let mut lines = 0;
    thread::scope(|scope| {
        scope.spawn(|| expected[1..].iter().for_each(|text| drop(program.send(&anna, "ben", text))));
        while kept.texts.len() < MESSAGES || lines < 12 {
            let _ = listen(&proxy.address, &ben, &mut kept);
            lines += 1;
            // Polls between two connections every other time, as clients do.
            if lines % 2 == 0 {
                kept.keep(&program.get(&format!("/messages/sync?limit=3&since={}", kept.cursor), &ben));
            }
        }
    });
    assert_eq!(kept.texts, expected, "seed {seed}");
    assert!(proxy.broke.lock().unwrap().len() >= 2, "seed {seed} breaks lines in one way");
    proxy.end();
    eventually("no connection is left", || program.metric("jobline_live_connections").as_deref() == Some("0"));
    // The two threads that call keep a connection each.
    eventually("no descriptor is left", || program.descriptors() <= before + 2);
    let grown = program.peak_memory().saturating_sub(memory);
    assert!(grown < 32 << 20, "seed {seed}: {grown} bytes");
    program.send(&anna, "ben", "And on it goes");
}

#[test]
fn nothing_is_missing_duplicated_or_out_of_order_wherever_connections_break() {
    let given = std::env::var("LIVE_SEED").ok().map(|seed| vec![seed.parse().expect("LIVE_SEED is a number")]);
    for seed in given.unwrap_or_else(|| vec![1, 2]) {
        println!("LIVE_SEED={seed}");
        burst_over_lines_that_break(seed);
    }
}

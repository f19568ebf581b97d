//! Bad networks: a proxy between client and server that delays everything, or drops one end silently.

use crate::client::{Live, contents};
use crate::program::{Program, eventually};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// A proxy in front of a server.
struct Proxy {
    address: String,
    stalls: Arc<AtomicBool>,
    /// The clients' ends.
    clients: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stalls, clients) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (server, stalled, ends) = (server.to_owned(), Arc::clone(&stalls), Arc::clone(&clients));
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
                ends.lock().unwrap().push(client.try_clone().unwrap());
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap(), Arc::clone(&stalled));
                let there = (client, server, Arc::clone(&stalled));
                for (from, to, stalled) in [back, there] {
                    thread::spawn(move || carry(from, to, &stalled));
                }
            }
        });
        Self { address, stalls, clients }
    }

    fn stall(&self, stalls: bool) {
        self.stalls.store(stalls, Ordering::SeqCst);
    }

    /// The clients have gone, and the server does not notice it.
    fn lose_clients(&self) {
        for client in self.clients.lock().unwrap().drain(..) {
            client.shutdown(Shutdown::Both).unwrap();
        }
    }
}

/// Carries bytes, but not the end of a connection: bytes that nobody accepts are dropped.
fn carry(mut from: TcpStream, mut to: TcpStream, stalled: &AtomicBool) {
    let mut bytes = [0; 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        while stalled.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        let _ = to.write_all(&bytes[..read]);
    }
}

#[test]
fn delayed_frames_arrive_complete_and_in_order() {
    let program = Program::start(&[]);
    let line = Proxy::to(&program.address);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    let cursor = program.get("/messages/sync", &ben)["cursor"].as_str().unwrap().to_owned();
    let mut live = Live::connect_at(&line.address, &ben);
    live.say(&json!({"op": "start", "since": cursor}));
    assert_eq!(live.frame()["op"], "ready");
    live.synced();
    let expected: Vec<String> = (1..=60).map(|number| number.to_string()).collect();
    let mut got = Vec::new();
    for part in expected.chunks(20) {
        line.stall(true);
        part.iter().for_each(|text| drop(program.send(&anna, "ben", text)));
        line.stall(false);
        while got.len() < expected.len() && got.last() != part.last() {
            got.extend(contents(&live.synced()));
        }
    }
    assert_eq!(got, expected);
}

#[test]
fn a_lost_connection_gives_way_to_ten_new_ones() {
    let program = Program::start(&[]);
    let line = Proxy::to(&program.address);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    let mut lost = Live::connect_at(&line.address, &ben);
    lost.say(&json!({"op": "start"}));
    assert_eq!(lost.frame()["op"], "ready");
    line.lose_clients();
    let mut there: Vec<Live> = (0..10).map(|_| Live::settled(&program, &ben).0).collect();
    let closed = || program.metric("jobline_live_closes_total{code=\"4409\"}");
    eventually("the lost one is closed", || closed().as_deref() == Some("1"));
    eventually("it holds nothing any more", || program.metric("jobline_live_connections").as_deref() == Some("10"));
    program.send(&anna, "ben", "Hello");
    for live in &mut there {
        assert_eq!(contents(&live.synced()), ["Hello"]);
    }
}

//! Two servers over one table, and a real NATS between them, which is killed.

use crate::account::{Account, HOST_KEY};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn nats(port: u16) -> Process {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/cloud-tools/bin/nats-server");
    assert!(program.exists(), "{} is missing: cargo xtask cloud-tools", program.display());
    let arguments = ["--addr", "127.0.0.1", "--port", &port.to_string()];
    let mut command = std::process::Command::new(program);
    let nats = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20), "NATS does not start");
        thread::yield_now();
    }
    Process(nats)
}

/// One of the two servers.
struct Server {
    url: String,
    _process: Process,
}

impl Server {
    fn start(account: &Account, bus: &str) -> Self {
        let mut command = account.program();
        command.args(["--listen", "127.0.0.1:0", "--bus", bus, "--send-rate", "0"]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { url, _process: Process(child) }
    }

    fn call(&self, method: &str, path: &str, bearer: &str, body: &Value) -> Value {
        let request = http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        let request =
            request.header("authorization", format!("Bearer {bearer}")).header("content-type", "application/json");
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let mut answer = ureq::run(request.body(body).unwrap()).unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }

    fn is_down(&self) -> bool {
        let text = ureq::get(format!("{}/metrics", self.url)).call().unwrap().into_body().read_to_string().unwrap();
        text.lines().any(|line| line == "jobline_bus_down 1")
    }
}

/// Anna writes at one server while ben waits at the other. Returns how long it takes until he has the message.
fn send_and_see(servers: &[Server; 2], anna: &str, ben: &str, text: &str, since: &mut String) -> Duration {
    thread::scope(|scope| {
        let path = format!("/messages/sync?wait=20&since={since}");
        let waits = scope.spawn(move || (servers[1].call("GET", &path, ben, &Value::Null), Instant::now()));
        // The wait has begun when its request is counted as in flight, in addition to the one that asks.
        let waiting = || {
            let url = format!("{}/metrics", servers[1].url);
            let text = ureq::get(url).call().unwrap().into_body().read_to_string().unwrap();
            text.lines().any(|line| line == "jobline_requests_in_flight 2")
        };
        let begun = Instant::now();
        while !waiting() {
            assert!(begun.elapsed() < Duration::from_secs(10), "ben's poll does not wait");
        }
        let sent = Instant::now();
        servers[0].call("POST", "/messages/send", anna, &json!({"receiverId": "ben", "content": text}));
        let (synced, seen) = waits.join().unwrap();
        assert_eq!(synced["messages"].as_array().map(Vec::len), Some(1), "{synced}");
        assert_eq!(synced["messages"][0]["content"], text);
        *since = synced["cursor"].as_str().unwrap().to_owned();
        seen.duration_since(sent)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_at_one_server_is_seen_at_the_other_with_the_bus_and_without_it() {
    let account = Account::new().await;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let bus = nats(port);
    let url = format!("nats://127.0.0.1:{port}");
    tokio::task::block_in_place(|| {
        let servers = [Server::start(&account, &url), Server::start(&account, &url)];
        for user in ["anna", "ben"] {
            servers[0].call("PUT", &format!("/host/users/{user}"), HOST_KEY, &json!({"name": user}));
        }
        let job = json!({"title": "Roof", "participants": ["anna", "ben"], "status": "open"});
        servers[0].call("PUT", "/host/jobs/1", HOST_KEY, &job);
        let token = |user: &str| {
            let minted = servers[0].call("POST", &format!("/host/users/{user}/token"), HOST_KEY, &json!({}));
            minted["token"].as_str().unwrap().to_owned()
        };
        let (anna, ben) = (token("anna"), token("ben"));
        let first = servers[1].call("GET", "/messages/sync", &ben, &Value::Null);
        let mut since = first["cursor"].as_str().unwrap().to_owned();
        for number in 0..5 {
            let took = send_and_see(&servers, &anna, &ben, &format!("with {number}"), &mut since);
            assert!(took < Duration::from_secs(2), "{took:?}: sooner than anybody looks");
        }
        drop(bus);
        for number in 0..3 {
            let took = send_and_see(&servers, &anna, &ben, &format!("without {number}"), &mut since);
            assert!(took < Duration::from_secs(5), "{took:?}");
        }
        assert!(servers.iter().all(Server::is_down));
        let _bus = nats(port);
        let begun = Instant::now();
        while servers.iter().any(Server::is_down) {
            assert!(begun.elapsed() < Duration::from_secs(30), "the bus is back");
        }
        let took = send_and_see(&servers, &anna, &ben, "with it again", &mut since);
        assert!(took < Duration::from_secs(2), "{took:?}");
    });
}

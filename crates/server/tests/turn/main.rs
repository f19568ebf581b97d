//! coturn with the configuration that `jobline turn-config` prints, and the credentials that `GET /calls/config` gives.
//! The client is coturn's own, `turnutils_uclient`. `cargo xtask test` installs both.
#![allow(clippy::unwrap_used, reason = "a test fails where something is not as it should be")]

#[allow(dead_code, reason = "the tests of live connections use more of it")]
#[path = "../live/program.rs"]
mod program;

use program::{PATIENCE, Program};
use serde_json::Value;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;
use tempfile::TempDir;

const SECRET: &str = "the-secret-of-the-relay";

/// The relay with the printed configuration, the server that gives credentials for it, and where the relay is.
struct Relay {
    child: Child,
    program: Program,
    address: String,
    port: u16,
    _folder: TempDir,
}

impl Relay {
    fn start() -> Self {
        let (address, folder) = (own_address(), TempDir::new().unwrap());
        let port = TcpListener::bind((address.as_str(), 0)).unwrap().local_addr().unwrap().port();
        let url = format!("turn:{address}:{port}");
        let settings = ["--turn-url", &url, "--turn-secret", SECRET];
        let mut command = Command::new(env!("CARGO_BIN_EXE_jobline"));
        command.env_clear().current_dir(folder.path()).args(settings).args(["turn-config", "--address", &address]);
        let printed = command.output().unwrap();
        assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
        let file = folder.path().join("turnserver.conf");
        std::fs::write(&file, &printed.stdout).unwrap();
        let mut command = Command::new("turnserver");
        command.arg("-c").arg(&file).args(["--listening-ip", &address, "--log-file", "stdout"]);
        for (option, name) in [("--pidfile", "pid"), ("--userdb", "users")] {
            command.arg(option).arg(folder.path().join(name));
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("apt-get install coturn");
        let relay = Self { child, program: Program::start(&settings), address, port, _folder: folder };
        let begun = Instant::now();
        while TcpStream::connect((relay.address.as_str(), port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "coturn does not listen");
            std::thread::yield_now();
        }
        relay
    }

    /// The user name and credential of a user.
    fn credentials(&self, user: &str) -> (String, String) {
        let config = self.program.get("/calls/config", &self.program.token(user));
        let server = &config["iceServers"][0];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&server["username"]), text(&server["credential"]))
    }

    /// The result of a client with these credentials and options.
    fn client(&self, (name, credential): &(String, String), options: &[&str]) -> Client {
        let mut command = Command::new("turnutils_uclient");
        command.args(["-c", "-n", "5", "-p", &self.port.to_string(), "-u", name, "-w", credential]);
        let client = command.args(options).arg(&self.address).stdout(Stdio::piped()).stderr(Stdio::piped());
        Client(client.spawn().unwrap())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Client(Child);

impl Client {
    /// Its output until it gives up or is done.
    fn says(self) -> String {
        let Output { stdout, stderr, .. } = self.0.wait_with_output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr))
    }
}

/// The address by which this machine reaches others; nothing is sent. coturn refuses to relay to loopback even to itself.
fn own_address() -> String {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("198.51.100.1:9").expect("a network besides loopback");
    socket.local_addr().unwrap().ip().to_string()
}

#[test]
fn two_devices_reach_each_other_through_the_relay_alone_over_udp_and_tcp() {
    let relay = Relay::start();
    let credentials = relay.credentials("anna");
    for options in [&["-y"][..], &["-y", "-t"]] {
        let said = relay.client(&credentials, options).says();
        assert!(said.contains("tot_send_msgs=10, tot_recv_msgs=10"), "{options:?}: {said}");
        assert!(said.contains("Total lost packets 0 "), "{options:?}: {said}");
    }
}

#[test]
fn the_doctor_is_given_a_relay_with_the_secret_and_refused_without() {
    let relay = Relay::start();
    let folder = TempDir::new().unwrap();
    let url = format!("turn:{}:{}", relay.address, relay.port);
    let both = format!("{url},{url}?transport=tcp");
    let says = |secret: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jobline"));
        command.env_clear().current_dir(folder.path());
        let output = command.args(["--turn-url", &both, "--turn-secret", secret, "doctor"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let said = says(SECRET);
    for url in [&url, &format!("{url}?transport=tcp")] {
        assert!(said.contains(&format!("ok      calls: {url} gives a relay to users\n")), "{said}");
    }
    let said = says("another-secret-of-the-relay");
    assert_eq!(said.matches("refuses a relay (401). Set --turn-secret").count(), 2, "{said}");
}

#[test]
fn a_client_without_valid_credentials_gets_no_relay() {
    let relay = Relay::start();
    let (name, credential) = relay.credentials("anna");
    let (_, user) = name.split_once(':').unwrap();
    let expired = format!("1763116200:{user}");
    let refused =
        [(name.clone(), "another".to_owned()), (expired, credential.clone()), (format!("{name}x"), credential)];
    for credentials in refused {
        let said = relay.client(&credentials, &["-y"]).says();
        assert!(said.contains("Cannot complete Allocation"), "{credentials:?}: {said}");
        assert!(!said.contains("tot_recv_msgs"), "{credentials:?}: {said}");
    }
}

#[test]
fn the_relay_refuses_private_addresses() {
    let relay = Relay::start();
    let targets = [
        "10.0.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "255.255.255.255",
    ];
    // Each is a different user, since the use of one user is limited.
    let clients = targets.map(|target| (target, relay.client(&relay.credentials(target), &["-e", target])));
    for (target, client) in clients {
        let said = client.says();
        assert!(said.contains("403 (Forbidden IP)"), "{target}: {said}");
    }
}

//! `jobline doctor`: what is said about settings that are right, and about those that are not.

use crate::{
    binary::{SECRET, Started, jobline},
    crash::HOST_KEY,
};
use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, UdpSocket},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// What it said, and its exit code.
struct Said {
    code: Option<i32>,
    text: String,
}

impl Said {
    fn by(command: &mut Command) -> Self {
        let output = command.arg("doctor").stdin(Stdio::null()).output().unwrap();
        Self { code: output.status.code(), text: String::from_utf8(output.stdout).unwrap() }
    }

    /// Fails unless one line begins so and holds all of `words`.
    fn has(&self, begins: &str, words: &[&str]) {
        let fits = |line: &&str| line.starts_with(begins) && words.iter().all(|word| line.contains(word));
        assert!(self.text.lines().any(|line| fits(&line)), "{begins} {words:?} in\n{}", self.text);
    }

    fn wrong(&self) -> usize {
        self.text.lines().filter(|line| line.starts_with("WRONG")).count()
    }
}

fn configured(folder: &TempDir) -> Command {
    let mut command = jobline(folder);
    command.env("JOBLINE_JWT_SECRET", SECRET).env("JOBLINE_HOST_KEY", HOST_KEY);
    command.env("JOBLINE_DATA", folder.path().join("data")).env("JOBLINE_LOG", "off");
    command.env("JOBLINE_ALLOWED_ORIGINS", "https://market.example");
    command
}

/// A server that says `first` to everybody who connects, and answers a request with `answer`.
fn speaker(first: &'static str, answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.write_all(first.as_bytes()).unwrap();
            if !answer.is_empty() {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer.as_bytes());
            }
        }
    });
    address
}

/// A STUN server: success to every binding request.
fn stun_server() -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut request = [0; 512];
        while let Ok((bytes, from)) = socket.recv_from(&mut request) {
            assert_eq!((bytes, &request[..2], &request[4..8]), (20, &[0, 1][..], &[0x21, 0x12, 0xa4, 0x42][..]));
            let mut answer = request[..20].to_vec();
            answer[0] = 1;
            socket.send_to(&answer, from).unwrap();
        }
    });
    address
}

/// An address at which nothing listens.
fn nowhere() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn a_deployment_that_is_well_is_told_so() {
    let folder = TempDir::new().unwrap();
    let running = Started::new(&mut configured(&folder));
    let said = Said::by(
        configured(&folder)
            .env("JOBLINE_PUBLIC_URL", format!("http://{}", running.address))
            .env(
                "JOBLINE_BUS",
                format!("nats://user:hunter2@{}", speaker("INFO {\"version\":\"2\"}\r\n", String::new())),
            )
            .env("JOBLINE_SMTP_URL", format!("smtp://{}", speaker("220 mail.example\r\n", String::new())))
            .env("JOBLINE_MAIL_FROM", "chat@example.com")
            .env("JOBLINE_STUN_URL", format!("stun:{}", stun_server()))
            .env("JOBLINE_TURN_URL", format!("turn:{}", stun_server()))
            .env("JOBLINE_TURN_SECRET", "a-secret-of-the-relay"),
    );
    assert_eq!((said.code, said.wrong()), (Some(0), 0), "{}", said.text);
    said.has("ok      settings", &[]);
    said.has("ok      user tokens", &["long enough"]);
    said.has("ok      host key", &[]);
    said.has("ok      store", &["a server runs"]);
    said.has("ok      public URL", &["answers as this deployment"]);
    said.has("ok      origin", &["https://market.example"]);
    said.has("ok      clock", &[]);
    said.has("ok      bus", &["NATS answers"]);
    said.has("ok      mail", &["answers"]);
    said.has("ok      calls", &["stun:127.0.0.1", "answers"]);
    said.has("ok      calls", &["turn:127.0.0.1", "answers"]);
    said.has("nothing is wrong", &[]);
    for secret in [SECRET, HOST_KEY, "hunter2", "a-secret-of-the-relay"] {
        assert!(!said.text.contains(secret), "{}", said.text);
    }
}

#[test]
fn what_is_not_configured_is_not_wrong() {
    let folder = TempDir::new().unwrap();
    let mut command = jobline(&folder);
    let said = Said::by(command.env("JOBLINE_DATA", folder.path().join("not/yet/there")));
    assert_eq!((said.code, said.wrong()), (Some(0), 0), "{}", said.text);
    said.has("skipped user tokens", &["demo"]);
    said.has("skipped public URL", &["--public-url"]);
    said.has("skipped bus", &["--bus"]);
    said.has("skipped calls", &["--turn-url"]);
    said.has("ok      store", &["can be made"]);
    assert!(!folder.path().join("not").exists(), "nothing is changed");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_store_that_nobody_uses_is_opened() {
    let folder = TempDir::new().unwrap();
    Started::new(&mut configured(&folder)).stop();
    let said = Said::by(&mut configured(&folder));
    assert_eq!((said.code, said.wrong()), (Some(0), 0), "{}", said.text);
    said.has("ok      store", &["rows can be read"]);
    said.has("ok      files", &["can be listed"]);
    let marker = folder.path().join("data/files");
    std::fs::remove_dir_all(&marker).unwrap();
    std::fs::write(&marker, "not a folder").unwrap();
    let said = Said::by(&mut configured(&folder));
    assert_eq!(said.code, Some(1));
    said.has("WRONG   store", &["--data"]);
}

#[test]
fn each_wrong_thing_is_named_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let running = Started::new(configured(&folder).env("JOBLINE_ALLOWED_ORIGINS", "https://other.example"));
    let mut command = configured(&folder);
    command.env("JOBLINE_PUBLIC_URL", format!("http://{}", running.address));
    let said = Said::by(command.env("JOBLINE_HOST_KEY", "another-host-key-that-is-long-enough-as-well"));
    assert_eq!((said.code, said.wrong()), (Some(1), 2), "{}", said.text);
    said.has("WRONG   public URL", &["does not take this --host-key", "same key"]);
    said.has("WRONG   origin", &["https://market.example", "may not call", "Restart"]);
    said.has("2 things are wrong", &[]);

    let mut command = configured(&folder);
    command.env("JOBLINE_PUBLIC_URL", format!("http://{}", nowhere()));
    command.env("JOBLINE_BUS", format!("nats://{}", nowhere())).env("JOBLINE_STUN_URL", format!("stun:{}", nowhere()));
    command.env("JOBLINE_JWKS_URL", format!("http://{}/keys", nowhere())).env_remove("JOBLINE_HOST_KEY");
    let said = Said::by(&mut command);
    assert_eq!((said.code, said.wrong()), (Some(1), 6), "{}", said.text);
    said.has("WRONG   host key", &["--host-key", "openssl"]);
    said.has("WRONG   public URL", &["cannot be reached from here", "DNS"]);
    said.has("WRONG   bus", &["cannot be reached from here", "NATS"]);
    said.has("WRONG   calls", &["does not answer a STUN request", "firewall"]);
    said.has("WRONG   user tokens", &["does not answer with keys", "--jwks-url"]);
    said.has("WRONG   user tokens", &["neither --jwt-issuer nor --jwt-audience"]);
}

#[test]
fn settings_that_cannot_be_read_are_named_without_the_secret() {
    let folder = TempDir::new().unwrap();
    let said = Said::by(configured(&folder).env("JOBLINE_JWT_SECRET", "hunter2"));
    assert_eq!((said.code, said.wrong()), (Some(1), 1), "{}", said.text);
    said.has("WRONG   settings", &["--jwt-secret", "at least 32"]);
    assert!(!said.text.contains("hunter2"), "{}", said.text);
    let said = Said::by(configured(&folder).env("JOBLINE_ALLOWED_ORIGINS", "market.example"));
    said.has("WRONG   settings", &["--allowed-origins"]);
    let said = Said::by(configured(&folder).env_remove("JOBLINE_JWT_SECRET"));
    said.has("WRONG   user tokens", &["--jwt-secret"]);
}

#[test]
fn clocks_that_disagree_and_strange_answers_are_told() {
    let folder = TempDir::new().unwrap();
    let of_the_past = "HTTP/1.1 200 OK\r\ndate: Fri, 14 Nov 2025 10:30:00 GMT\r\ncontent-length: 3\r\n\r\nok\n";
    let mut command = configured(&folder);
    command.env("JOBLINE_PUBLIC_URL", format!("http://{}", speaker("", of_the_past.to_owned())));
    command.env("JOBLINE_BUS", format!("nats://{}", speaker("HELLO\r\n", String::new())));
    let said = Said::by(&mut command);
    assert_eq!(said.code, Some(1));
    said.has("WRONG   clock", &["ahead of the public URL", "time synchronisation"]);
    said.has("WRONG   bus", &["says something else first"]);
    let elsewhere = "HTTP/1.1 301 Moved Permanently\r\nlocation: https://a.example/\r\ncontent-length: 0\r\n\r\n";
    let mut command = configured(&folder);
    let said = Said::by(command.env("JOBLINE_PUBLIC_URL", format!("http://{}", speaker("", elsewhere.to_owned()))));
    said.has("WRONG   public URL", &["redirects to https://a.example/"]);
    let missing = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
    let mut command = configured(&folder);
    let said = Said::by(command.env("JOBLINE_PUBLIC_URL", format!("http://{}", speaker("", missing.to_owned()))));
    said.has("WRONG   public URL", &["/healthz answers 404", "proxy"]);
    said.has("skipped clock", &[]);
}

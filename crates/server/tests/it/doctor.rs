//! `jobline doctor`: its findings about correct and wrong settings.

use crate::{
    binary::{SECRET, Started, jobline},
    crash::HOST_KEY,
    support::listening,
};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream, UdpSocket},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};
use tempfile::TempDir;

/// Its output and its exit code.
struct Said {
    code: Option<i32>,
    text: String,
}

impl Said {
    fn by(command: &mut Command) -> Self {
        let output = command.arg("doctor").stdin(Stdio::null()).output().unwrap();
        Self { code: output.status.code(), text: String::from_utf8(output.stdout).unwrap() }
    }

    /// Fails unless one line begins like this and contains all of `words`.
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

/// A server that sends `first` to every client, and answers a request with `answer`.
fn speaker(first: &'static str, answer: String) -> String {
    let talk = move |mut stream: TcpStream| {
        stream.write_all(first.as_bytes()).unwrap();
        if !answer.is_empty() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    };
    listening(talk).to_string()
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

/// A mail server that answers a sign-in with `to_account`: its address, and the received lines.
fn mail_server(to_account: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let kept = Arc::clone(&heard);
    let talk = move |mut stream: TcpStream| {
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        stream.write_all(b"220 mail.example\r\n").unwrap();
        for line in lines.map_while(Result::ok) {
            let answer = match line.get(..4).unwrap_or_default() {
                "EHLO" => "250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n",
                "AUTH" => to_account,
                "QUIT" => "221 bye\r\n",
                _ => "250 ok\r\n",
            };
            kept.lock().unwrap().push(line);
            if stream.write_all(answer.as_bytes()).is_err() || answer.starts_with("221") {
                break;
            }
        }
    };
    (listening(talk).to_string(), heard)
}

/// A TURN server that allocates a relay for every signed request, or answers each of them with an error code.
fn turn_server(to_account: Option<u16>) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut request = [0; 1024];
        while let Ok((bytes, from)) = socket.recv_from(&mut request) {
            let request = &request[..bytes];
            let refused = match (has_attribute(request, 0x0008), to_account) {
                (false, _) => Some(401),
                (true, code) => code,
            };
            let mut attributes = Vec::new();
            let mut add = |kind: u16, value: &[u8]| {
                attributes.extend(kind.to_be_bytes());
                attributes.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
                attributes.extend(value);
                attributes.resize(attributes.len().next_multiple_of(4), 0);
            };
            if let Some(code) = refused {
                add(0x0009, &[0, 0, u8::try_from(code / 100).unwrap(), u8::try_from(code % 100).unwrap()]);
                add(0x0014, b"calls.example");
                add(0x0015, b"a-nonce");
            }
            let class = if refused.is_some() { 0x11 } else { 0x01 };
            let mut answer = vec![1, request[1] | (class & 0x10)];
            answer.extend(u16::try_from(attributes.len()).unwrap().to_be_bytes());
            answer.extend(&request[4..20]);
            answer.extend(attributes);
            socket.send_to(&answer, from).unwrap();
        }
    });
    address
}

fn has_attribute(message: &[u8], kind: u16) -> bool {
    let mut rest = &message[20..];
    while rest.len() >= 4 {
        let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        if u16::from_be_bytes([rest[0], rest[1]]) == kind {
            return true;
        }
        rest = &rest[4 + length.next_multiple_of(4)..];
    }
    false
}

/// An address at which nothing listens.
fn nowhere() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn a_working_deployment_is_reported_as_such() {
    let folder = TempDir::new().unwrap();
    let running = Started::new(&mut configured(&folder));
    let (mail, heard) = mail_server("235 welcome\r\n");
    let said = Said::by(
        configured(&folder)
            .env("JOBLINE_PUBLIC_URL", format!("http://{}", running.address))
            .env(
                "JOBLINE_BUS",
                format!("nats://user:hunter2@{}", speaker("INFO {\"version\":\"2\"}\r\n", String::new())),
            )
            .env("JOBLINE_SMTP_URL", format!("smtp://chat:letmein@{mail}"))
            .env("JOBLINE_MAIL_FROM", "chat@example.com")
            .env("JOBLINE_STUN_URL", format!("stun:{}", stun_server()))
            .env("JOBLINE_TURN_URL", format!("turn:{}", turn_server(None)))
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
    said.has("ok      mail", &["takes user and password"]);
    let heard = heard.lock().unwrap().clone();
    let commands: Vec<&str> = heard.iter().map(|line| line.get(..4).unwrap_or_default()).collect();
    assert_eq!(commands, ["EHLO", "AUTH", "NOOP", "QUIT"], "it sends nothing");
    said.has("ok      calls", &["stun:127.0.0.1", "answers"]);
    said.has("ok      calls", &["turn:127.0.0.1", "gives a relay"]);
    said.has("nothing is wrong", &[]);
    for secret in [SECRET, HOST_KEY, "hunter2", "letmein", "a-secret-of-the-relay"] {
        assert!(!said.text.contains(secret), "{}", said.text);
    }
}

#[test]
fn parts_that_are_not_configured_are_not_reported() {
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
fn each_wrong_setting_is_named_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let running = Started::new(configured(&folder).env("JOBLINE_ALLOWED_ORIGINS", "https://other.example"));
    let mut command = configured(&folder);
    command.env("JOBLINE_PUBLIC_URL", format!("http://{}", running.address));
    let said = Said::by(command.env("JOBLINE_HOST_KEY", "another-host-key-that-is-long-enough-as-well"));
    assert_eq!((said.code, said.wrong()), (Some(1), 2), "{}", said.text);
    said.has("WRONG   public URL", &["does not accept this --host-key", "same key"]);
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
fn a_mail_server_that_refuses_the_sign_in_is_named_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let said = |url: String| {
        let mut command = configured(&folder);
        command.env("JOBLINE_PUBLIC_URL", format!("http://{}", nowhere()));
        command.env("JOBLINE_SMTP_URL", url).env("JOBLINE_MAIL_FROM", "chat@example.com");
        Said::by(&mut command)
    };
    let (mail, _) = mail_server("535 no such account\r\n");
    let wrong = said(format!("smtp://chat:letmein@{mail}"));
    assert_eq!(wrong.code, Some(1));
    wrong.has("WRONG   mail", &["does not take user and password", "535", "percent signs"]);
    assert!(!wrong.text.contains("letmein"), "{}", wrong.text);
    said(format!("smtp://{mail}?tls=required")).has("WRONG   mail", &["STARTTLS is not supported", "smtps://"]);
    said(format!("smtps://{mail}")).has("WRONG   mail", &["does not encrypt", "587"]);
    said(format!("smtp://{}", nowhere())).has("WRONG   mail", &["cannot be reached from here", "firewall"]);
    let busy = speaker("421 not now\r\n", String::new());
    said(format!("smtp://{busy}")).has("WRONG   mail", &["421", "log"]);
}

#[test]
fn a_turn_server_without_a_relay_is_named_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let said = |address: String| {
        let mut command = configured(&folder);
        command.env("JOBLINE_TURN_URL", format!("turn:{address}"));
        Said::by(command.env("JOBLINE_TURN_SECRET", "a-secret-of-the-relay"))
    };
    said(turn_server(Some(401))).has("WRONG   calls", &["refuses a relay (401)", "--turn-secret", "clocks"]);
    said(turn_server(Some(486))).has("WRONG   calls", &["refuses a relay (486)", "user-quota"]);
    said(turn_server(Some(508))).has("WRONG   calls", &["refuses a relay (508)", "min-port"]);
    said(nowhere()).has("WRONG   calls", &["does not answer a request for a relay", "firewall"]);
    let without_tls = format!("turns:{}?transport=tcp", speaker("hello\r\n", String::new()));
    let mut command = configured(&folder);
    command.env("JOBLINE_TURN_URL", without_tls).env("JOBLINE_TURN_SECRET", "a-secret-of-the-relay");
    Said::by(&mut command).has("WRONG   calls", &["accepts connections, but there is no TLS", "certificate"]);
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
fn clocks_that_disagree_and_unexpected_answers_are_reported() {
    let folder = TempDir::new().unwrap();
    let of_the_past = "HTTP/1.1 200 OK\r\ndate: Fri, 14 Nov 2025 10:30:00 GMT\r\ncontent-length: 3\r\n\r\nok\n";
    let mut command = configured(&folder);
    command.env("JOBLINE_PUBLIC_URL", format!("http://{}", speaker("", of_the_past.to_owned())));
    command.env("JOBLINE_BUS", format!("nats://{}", speaker("HELLO\r\n", String::new())));
    let said = Said::by(&mut command);
    assert_eq!(said.code, Some(1));
    said.has("WRONG   clock", &["ahead of the public URL", "time synchronisation"]);
    said.has("WRONG   bus", &["does not begin with"]);
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

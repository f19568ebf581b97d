//! Handshakes byte by byte: those that the WebSocket protocol (RFC 6455, 4.2) permits, and those that open no connection.

use crate::program::{PATIENCE, Program};
use std::io::{Read, Write};
use std::net::TcpStream;

/// `{"op":"ping"}` as a frame of a client, masked with zeros.
const PING: &[u8] = b"\x81\x8d\0\0\0\0{\"op\":\"ping\"}";
const PONG: &[u8] = b"\x81\x0d{\"op\":\"pong\"}";
const ACCEPT: &str = "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=";

/// The headers of browsers, except the subprotocols.
const USUAL: &[&str] = &[
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];
const PROTOCOLS: &str = "Sec-WebSocket-Protocol: jobline.v1, bearer.TOKEN";
const GET: &str = "GET /messages/live HTTP/1.1";

/// A request that begins with `line` and has the usual headers, except those that `instead` replaces.
fn with(line: &str, instead: &[&str]) -> String {
    let name = |header: &str| header.split(':').next().unwrap_or_default().to_lowercase();
    let usual = USUAL.iter().chain(&[PROTOCOLS, "Host: ADDRESS"]);
    let kept = usual.filter(|header| instead.iter().all(|other| name(other) != name(header)));
    // A header without a value is one that is left out.
    let all = kept.chain(instead.iter().filter(|header| !header.ends_with(':')));
    let headers: Vec<&str> = all.copied().collect();
    format!("{line}\r\n{}\r\n\r\n", headers.join("\r\n"))
}

/// Sends `request` and after it `more`, with this token and the program's address. Returns the head of the response, in
/// lower case.
fn head(program: &Program, token: &str, request: &str, more: &[u8]) -> (String, TcpStream) {
    let mut stream = TcpStream::connect(&program.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let text = request.replace("TOKEN", token).replace("ADDRESS", &program.address);
    stream.write_all(&[text.as_bytes(), more].concat()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    (String::from_utf8(head).unwrap().to_lowercase(), stream)
}

/// The next frame that is `wanted`, others left out: all are short.
fn hears(stream: &mut TcpStream, wanted: &[u8]) -> bool {
    loop {
        let mut frame = vec![0; 2];
        if stream.read_exact(&mut frame).is_err() {
            return false;
        }
        let start = frame.len();
        frame.resize(start + usize::from(frame[1] & 0x7f), 0);
        stream.read_exact(&mut frame[start..]).unwrap();
        if frame == wanted {
            return true;
        }
    }
}

fn permitted() -> Vec<(&'static str, String)> {
    let get = |instead: &[&str]| with(GET, instead);
    vec![
        ("as most send it", get(&[])),
        ("small letters", get(&["connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13"])),
        ("capital letters", get(&["CONNECTION: UPGRADE", "UPGRADE: WEBSOCKET", "SEC-WEBSOCKET-VERSION: 13"])),
        ("as Firefox sends it", get(&["Connection: keep-alive, Upgrade"])),
        ("no space after the colons", get(&["Connection:Upgrade", "Upgrade:websocket"])),
        ("the token first", get(&["Sec-WebSocket-Protocol: bearer.TOKEN,jobline.v1"])),
        (
            "a header for each protocol",
            get(&["Sec-WebSocket-Protocol: bearer.TOKEN", "Sec-WebSocket-Protocol: jobline.v1"]),
        ),
        ("protocols of a newer client", get(&["Sec-WebSocket-Protocol: jobline.v2, jobline.v1, bearer.TOKEN, x"])),
        ("extensions", get(&["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"])),
        ("the own page", get(&["Origin: http://ADDRESS"])),
        ("a query", with("GET /messages/live?x=1 HTTP/1.1", &[])),
        ("a body of no bytes", get(&["Content-Length: 0"])),
    ]
}

fn forbidden() -> Vec<(&'static str, String, u16)> {
    let get = |instead: &[&str]| with(GET, instead);
    let twice = ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
    vec![
        ("no key", get(&["Sec-WebSocket-Key:"]), 400),
        ("a short key", get(&["Sec-WebSocket-Key: dGhlIHNhbXBsZQ=="]), 400),
        ("a key that is no base64", get(&["Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!=="]), 400),
        ("two keys", get(&twice), 400),
        ("no version", get(&["Sec-WebSocket-Version:"]), 400),
        ("version 8", get(&["Sec-WebSocket-Version: 8"]), 400),
        ("another upgrade", get(&["Upgrade: h2c"]), 400),
        ("no upgrade", get(&["Upgrade:"]), 400),
        ("no connection header", get(&["Connection: keep-alive"]), 400),
        ("HTTP/1.0", with("GET /messages/live HTTP/1.0", &[]), 400),
        ("a body", get(&["Content-Length: 5"]) + "hello", 400),
        ("a body in parts", get(&["Transfer-Encoding: chunked"]) + "5\r\nhello\r\n0\r\n\r\n", 400),
        ("POST", with("POST /messages/live HTTP/1.1", &["Content-Length: 0"]), 405),
        ("no protocols", get(&["Sec-WebSocket-Protocol:"]), 401),
        ("no token", get(&["Sec-WebSocket-Protocol: jobline.v1"]), 401),
        ("the token alone", get(&["Sec-WebSocket-Protocol: bearer.TOKEN"]), 400),
        ("another protocol", get(&["Sec-WebSocket-Protocol: jobline.v2, bearer.TOKEN"]), 400),
        ("two tokens", get(&["Sec-WebSocket-Protocol: jobline.v1, bearer.TOKEN, bearer.TOKEN"]), 401),
        (
            "two tokens in two headers",
            get(&["Sec-WebSocket-Protocol: jobline.v1, bearer.TOKEN", "Sec-WebSocket-Protocol: bearer.TOKEN"]),
            401,
        ),
        ("a page from elsewhere", get(&["Origin: https://evil.example"]), 403),
        ("two origins", get(&["Origin: http://ADDRESS", "Origin: https://evil.example"]), 403),
    ]
}

#[test]
fn a_permitted_handshake_opens_a_connection_without_extensions() {
    let program = Program::start(&[]);
    let token = program.token("ben");
    for (name, request) in permitted() {
        let (head, mut stream) = head(&program, &token, &request, b"");
        assert!(head.starts_with("http/1.1 101") && head.contains(ACCEPT), "{name}: {head}");
        assert!(head.contains("sec-websocket-protocol: jobline.v1\r\n"), "{name}: {head}");
        assert!(!head.contains("sec-websocket-extensions"), "{name}: {head}");
        stream.write_all(PING).unwrap();
        assert!(hears(&mut stream, PONG), "{name}");
    }
}

#[test]
fn a_forbidden_handshake_is_refused_with_a_problem() {
    let program = Program::start(&[]);
    let token = program.token("ben");
    let mut wrong = Vec::new();
    for (name, request, status) in forbidden() {
        let (head, _) = head(&program, &token, &request, b"");
        let is_refused = head.split(' ').nth(1) == Some(&status.to_string());
        if !is_refused || !head.contains("application/problem+json") || head.contains("sec-websocket-accept") {
            wrong.push(format!("{name}: {head}, not {status}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(program.metric("jobline_live_opens_total").as_deref(), Some("0"));
    assert_eq!(program.metric("jobline_live_connections").as_deref(), Some("0"));
}

#[test]
fn another_websocket_version_gets_the_supported_one() {
    let program = Program::start(&[]);
    let request = with(GET, &["Sec-WebSocket-Version: 8"]);
    let (head, _) = head(&program, &program.token("ben"), &request, b"");
    assert!(head.contains("sec-websocket-version: 13\r\n"), "{head}");
}

#[test]
fn frames_that_come_with_the_handshake_are_not_lost() {
    let program = Program::start(&[]);
    let pings = [PING, PING].concat();
    let (head, mut stream) = head(&program, &program.token("ben"), &with(GET, &[]), &pings);
    assert!(head.starts_with("http/1.1 101"), "{head}");
    assert!(hears(&mut stream, PONG) && hears(&mut stream, PONG));
}

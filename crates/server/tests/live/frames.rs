//! Frames byte by byte: what the WebSocket protocol (RFC 6455) forbids, what it permits, and what the contract adds.

use crate::program::{PATIENCE, Program};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The expected reaction of the server.
#[derive(Debug, PartialEq)]
enum Does {
    /// Answers `{"op":"pong"}`, so the frames were taken for a `ping` of the contract.
    Pong,
    /// Answers a pong of the protocol with this payload.
    ProtocolPong(Vec<u8>),
    /// Closes with this code; none for an empty closing frame.
    Closes(Option<u16>),
}

/// A frame with `first` as its first byte, masked.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(MASKED | length as u8),
        length @ 126..65_536 => {
            bytes.push(MASKED | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(MASKED | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(KEY);
    bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ KEY[at % 4]));
    bytes
}

fn text(payload: &[u8]) -> Vec<u8> {
    frame(FIN | TEXT, payload)
}

fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(FIN | CLOSE, &[&code.to_be_bytes(), reason].concat())
}

fn header(first: u8, length: u64) -> Vec<u8> {
    [&[first, MASKED | 127][..], &length.to_be_bytes(), &KEY].concat()
}

/// `{"op":"ping"}` with spaces up to `length`.
fn padded(length: usize) -> Vec<u8> {
    let mut payload = br#"{"op":"ping"}"#.to_vec();
    payload.resize(length, b' ');
    payload
}

const OP: &[u8] = br#"{"op":"ping"}"#;

fn permitted() -> Vec<(&'static str, Vec<u8>, Does)> {
    let pong = || Does::ProtocolPong(b"abc".to_vec());
    vec![
        ("one frame", text(OP), Does::Pong),
        ("two fragments", [frame(TEXT, &OP[..3]), frame(FIN, &OP[3..])].concat(), Does::Pong),
        (
            "many fragments, some of them empty",
            [frame(TEXT, b""), frame(0, &OP[..1]), frame(0, b""), frame(0, &OP[1..9]), frame(FIN, &OP[9..])].concat(),
            Does::Pong,
        ),
        ("a ping", frame(FIN | PING, b"abc"), pong()),
        ("an empty ping", frame(FIN | PING, b""), Does::ProtocolPong(Vec::new())),
        ("a ping of 125 bytes", frame(FIN | PING, &[7; 125]), Does::ProtocolPong(vec![7; 125])),
        (
            "a ping between fragments",
            [frame(TEXT, &OP[..3]), frame(FIN | PING, b"abc"), frame(FIN, &OP[3..])].concat(),
            pong(),
        ),
        ("a pong that nobody asked for", [frame(FIN | PONG, b"x"), text(OP)].concat(), Does::Pong),
        ("the largest frame", text(&padded(32 * 1024)), Does::Pong),
        (
            "fragments that fill the largest frame",
            [frame(TEXT, &padded(32 * 1024)[..20_000]), frame(FIN, &padded(32 * 1024)[20_000..])].concat(),
            Does::Pong,
        ),
        ("any script", [text("{\"op\":\"né🦀\"}".as_bytes()), text(OP)].concat(), Does::Pong),
        (
            "a character cut by a fragment",
            [frame(TEXT, b"{\"op\":\"\xf0\x9f"), frame(FIN, b"\xa6\x80\"}"), text(OP)].concat(),
            Does::Pong,
        ),
        ("an op of a newer client", [text(br#"{"op":"dance"}"#), text(OP)].concat(), Does::Pong),
        ("fields of a newer client", text(br#"{"op":"ping","how":[{"a":null}]}"#), Does::Pong),
    ]
}

fn forbidden() -> Vec<(&'static str, Vec<u8>, Does)> {
    let (broken, not_text) = (|| Does::Closes(Some(1002)), || Does::Closes(Some(1007)));
    let (unknown, large) = (|| Does::Closes(Some(1008)), || Does::Closes(Some(1009)));
    vec![
        ("no mask", [&[FIN | TEXT, OP.len() as u8][..], OP].concat(), broken()),
        ("reserved bit 1", frame(FIN | 0x40 | TEXT, OP), broken()),
        ("reserved bit 2", frame(FIN | 0x20 | TEXT, OP), broken()),
        ("reserved bit 3", frame(FIN | 0x10 | TEXT, OP), broken()),
        ("opcode 3", frame(FIN | 3, OP), broken()),
        ("opcode 11", frame(FIN | 11, b""), broken()),
        ("a ping in fragments", frame(PING, b"a"), broken()),
        ("a ping of 126 bytes", frame(FIN | PING, &[7; 126]), broken()),
        ("a fragment without a beginning", frame(FIN, OP), broken()),
        ("a beginning within fragments", [frame(TEXT, OP), text(OP)].concat(), broken()),
        ("binary", frame(FIN | BINARY, OP), unknown()),
        ("bytes that are no UTF-8", text(b"{\"op\":\"\xc3\x28\"}"), not_text()),
        ("a surrogate in UTF-8", text(b"\xed\xa0\x80"), not_text()),
        ("bytes that are no UTF-8 in fragments", [frame(TEXT, b"\xf0\x9f"), frame(FIN, b"a")].concat(), not_text()),
        ("UTF-8 that ends within a character", text(b"{\"op\":\"ping\"}\xf0\x9f"), not_text()),
        ("one byte too many", text(&padded(32 * 1024 + 1)), large()),
        ("a megabyte", text(&padded(1 << 20)), large()),
        ("a length of 2^62", header(FIN | TEXT, 1 << 62), large()),
        ("a length of 2^64 - 1", header(FIN | TEXT, u64::MAX), large()),
        (
            "fragments that are too large together",
            [frame(TEXT, &padded(20_000)), frame(FIN, &padded(20_000))].concat(),
            large(),
        ),
        ("no JSON", text(b"ping"), unknown()),
        ("nothing", text(b""), unknown()),
        ("a list", text(b"[]"), unknown()),
        ("no op", text(b"{}"), unknown()),
        ("an op that is no text", text(br#"{"op":{"op":"ping"}}"#), unknown()),
        ("lists within lists", text(&[b'['; 30_000]), unknown()),
        ("objects within objects", text(br#"{"op":"#.repeat(3_000).as_slice()), unknown()),
        ("a field of the wrong kind", text(br#"{"op":"start","since":5}"#), unknown()),
        ("have before start", text(br#"{"op":"have","since":"c1"}"#), unknown()),
        ("a cursor of nobody", text(br#"{"op":"start","since":"cAAAA"}"#), unknown()),
    ]
}

fn closings() -> Vec<(&'static str, Vec<u8>, Does)> {
    let echo = |code| Does::Closes(Some(code));
    vec![
        ("without a code", frame(FIN | CLOSE, b""), Does::Closes(None)),
        ("normal", close(1000, b""), echo(1000)),
        ("with a reason", close(1001, b"the tab is closed"), echo(1001)),
        ("a code of the application", close(4999, b""), echo(4999)),
        ("half a code", frame(FIN | CLOSE, &[3]), echo(1002)),
        ("a code below 1000", close(999, b""), echo(1002)),
        ("a code that never travels", close(1006, b""), echo(1002)),
        ("a reserved code", close(1016, b""), echo(1002)),
        ("in fragments", frame(CLOSE, &[3, 0xe8]), echo(1002)),
    ]
}

/// A WebSocket connection whose frames the test writes byte by byte, after the handshake.
struct RawConnection(TcpStream);

impl RawConnection {
    fn open(program: &Program, token: &str) -> Self {
        let mut stream = TcpStream::connect(&program.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let address = &program.address;
        write!(
            stream,
            "GET /messages/live HTTP/1.1\r\nHost: {address}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: bearer.{token}\r\nSec-WebSocket-Protocol: jobline.v1\r\n\r\n"
        )
        .unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        assert!(head.starts_with("http/1.1 101"), "{head}");
        assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        assert!(!head.contains("sec-websocket-extensions"), "{head}");
        Self(stream)
    }

    /// The next frame: its opcode and payload. The server neither masks nor fragments frames.
    fn frame(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).unwrap();
        assert_eq!((head[0] & 0xf0, head[1] & MASKED), (FIN, 0));
        let length = match head[1] {
            126 => {
                let mut length = [0; 2];
                self.0.read_exact(&mut length).unwrap();
                u16::from_be_bytes(length).into()
            }
            length => usize::from(length),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).unwrap();
        (head[0] & 0x0f, payload)
    }

    /// The server's first reaction, apart from `ready` and `bye`.
    fn does(&mut self) -> Does {
        loop {
            match self.frame() {
                (TEXT, payload) => {
                    let frame: Value = serde_json::from_slice(&payload).unwrap();
                    if frame["op"] == "pong" {
                        return Does::Pong;
                    }
                }
                (PONG, payload) => return Does::ProtocolPong(payload),
                (CLOSE, payload) => {
                    return Does::Closes(payload.get(..2).map(|code| u16::from_be_bytes([code[0], code[1]])));
                }
                (opcode, _) => panic!("opcode {opcode}"),
            }
        }
    }
}

fn check(cases: Vec<(&'static str, Vec<u8>, Does)>) {
    let program = Program::start(&[]);
    let token = program.token("ben");
    let mut wrong = Vec::new();
    for (name, bytes, expected) in cases {
        let mut line = RawConnection::open(&program, &token);
        // The server may have closed before it has received everything.
        let _ = line.0.write_all(&bytes);
        let does = line.does();
        if does != expected {
            wrong.push(format!("{name}: {does:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn permitted_frames_are_accepted() {
    check(permitted());
}

#[test]
fn a_forbidden_frame_ends_the_connection_with_its_code() {
    check(forbidden());
}

#[test]
fn a_closing_frame_is_answered() {
    check(closings());
}

#[test]
fn frames_may_come_in_any_pieces() {
    let program = Program::start(&[]);
    let mut line = RawConnection::open(&program, &program.token("ben"));
    for byte in [frame(TEXT, &OP[..3]), frame(FIN, &OP[3..])].concat() {
        line.0.write_all(&[byte]).unwrap();
    }
    assert_eq!(line.does(), Does::Pong);
}

#[test]
fn announced_and_unfinished_frames_take_no_memory() {
    let program = Program::start(&[]);
    let tokens: Vec<String> = (0..20).map(|number| program.token(&format!("user{number}"))).collect();
    let before = program.peak_memory();
    let mut held = Vec::new();
    for token in &tokens {
        for length in [1 << 30, 1 << 40, 1 << 62, u64::MAX] {
            let mut line = RawConnection::open(&program, token);
            line.0.write_all(&header(FIN | TEXT, length)).unwrap();
            assert_eq!(line.does(), Does::Closes(Some(1009)));
        }
        // A text that never ends, in empty fragments.
        let mut line = RawConnection::open(&program, token);
        line.0.write_all(&frame(TEXT, b"")).unwrap();
        line.0.write_all(&frame(0, b"").repeat(5_000)).unwrap();
        held.push(line);
        // Pings whose answers nobody reads.
        let mut line = RawConnection::open(&program, token);
        let _ = line.0.write_all(&frame(FIN | PING, &[7; 125]).repeat(500));
        held.push(line);
    }
    for line in &mut held {
        let _ = line.0.write_all(&[frame(FIN, OP), text(OP)].concat());
    }
    let line = &mut held[0];
    assert_eq!(line.does(), Does::Pong, "fragments that say nothing are permitted");
    let grown = program.peak_memory().saturating_sub(before);
    assert!(grown < 24 << 20, "{grown} bytes");
}

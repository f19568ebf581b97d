//! What a deployment depends on, as far as the doctor asks it.

use crate::support::listening;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream, UdpSocket},
    sync::{Arc, Mutex},
};
use tempfile::TempDir;

/// A server that sends `first` to every client, and answers a request with `answer`.
pub(super) fn speaker(first: &'static str, answer: String) -> String {
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
pub(super) fn stun_server() -> String {
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
pub(super) fn mail_server(to_account: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
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
pub(super) fn turn_server(to_account: Option<u16>) -> String {
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
pub(super) fn nowhere() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The paths of a new certificate for this machine and its key.
pub(super) fn certificate(folder: &TempDir) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.into_os_string().into_string().unwrap()
    };
    (write("cert.pem", made.cert.pem()), write("key.pem", made.signing_key.serialize_pem()))
}

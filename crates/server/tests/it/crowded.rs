//! The binary with few descriptors: it uses as many as it may, and the store always has enough.

use crate::binary::{SECRET, Started, jobline};
use crate::crash::HOST_KEY;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The server with at most this many descriptors, starting with a soft limit of 32.
pub fn with_descriptors(folder: &TempDir, most: usize) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -Sn 32; ulimit -Hn {most}; exec \"$0\"")]);
    command.arg(jobline(folder).get_program()).env_clear().current_dir(folder.path());
    command.env("JOBLINE_LISTEN", "127.0.0.1:0").env("JOBLINE_JWT_SECRET", SECRET).env("JOBLINE_HOST_KEY", HOST_KEY);
    command
}

fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn more_connections_than_descriptors_do_not_stop_the_server() {
    let folder = TempDir::new().unwrap();
    let server = Started::new(&mut with_descriptors(&folder, 300));
    let idle: Vec<TcpStream> = (0..500).filter_map(|_| TcpStream::connect(&server.address).ok()).collect();
    assert_eq!(idle.len(), 500);
    for user in 0..20 {
        let begun = Instant::now();
        let body = r#"{"name": "Anna"}"#;
        let answer = ask(
            &server.address,
            &format!(
                "PUT /host/users/anna{user} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {HOST_KEY}\r\nconnection: close\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ),
        );
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
    let ready = ask(&server.address, "GET /readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    drop(idle);
    let (code, log) = server.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("fewer connections may be open"), "{log}");
    assert!(!log.contains("cannot accept connections"), "{log}");
}

//! A small HTTP/1.1 client: one connection, kept alive, one request at a time. Its cost is part of every measurement.

use std::fmt::Write;
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The most response headers; more are an error.
const HEADERS: usize = 32;
/// The host in requests, which the server also uses in the URLs of its answers.
pub(super) const HOST: &str = "127.0.0.1";
/// The most bytes of a response; more are an error.
const ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// One connection.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A response. Its body is valid until the next call.
pub(super) struct Response<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

/// The status, and where the body begins and how long it is.
struct Head {
    status: u16,
    begin: usize,
    length: usize,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends `request`, which is a whole HTTP request, and reads the response.
    pub(super) async fn call(&mut self, request: &[u8]) -> io::Result<Response<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            self.fill().await?;
            if let Some(head) = parse(&self.buffer)? {
                break head;
            }
        };
        let end = head.begin + head.length;
        while self.buffer.len() < end {
            self.fill().await?;
        }
        Ok(Response { status: head.status, body: &self.buffer[head.begin..end] })
    }

    async fn fill(&mut self) -> io::Result<()> {
        if self.buffer.len() > ANSWER_BYTES {
            return Err(io::Error::other("a response of more than 8 MB"));
        }
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            _ => Ok(()),
        }
    }
}

fn parse(bytes: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let begin = match response.parse(bytes).map_err(io::Error::other)? {
        httparse::Status::Complete(begin) => begin,
        httparse::Status::Partial => return Ok(None),
    };
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok())
        .ok_or_else(|| io::Error::other("a response without Content-Length"))?;
    Ok(Some(Head { status: response.code.unwrap_or_default(), begin, length }))
}

/// A GET request, as bytes.
pub(super) fn get(path: &str, token: Option<&str>) -> Vec<u8> {
    let mut request = String::with_capacity(512);
    head(&mut request, "GET", path, token);
    request.push_str("\r\n");
    request.into_bytes()
}

/// Replaces `request` by a POST request with a JSON body.
pub(super) fn post(request: &mut String, path: &str, token: Option<&str>, body: &str) {
    request.clear();
    head(request, "POST", path, token);
    let _ = write!(request, "content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
}

/// Replaces `request` by a PUT request of a file.
pub(super) fn put(request: &mut String, path: &str, headers: &[(String, String)], body: &str) {
    request.clear();
    head(request, "PUT", path, None);
    for (name, value) in headers {
        let _ = write!(request, "{name}: {value}\r\n");
    }
    let _ = write!(request, "content-length: {}\r\n\r\n{body}", body.len());
}

fn head(request: &mut String, method: &str, path: &str, token: Option<&str>) {
    let _ = write!(request, "{method} {path} HTTP/1.1\r\nhost: {HOST}\r\n");
    if let Some(token) = token {
        let _ = write!(request, "authorization: Bearer {token}\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_complete_only_with_its_head() {
        let response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        let head = parse(response).unwrap().unwrap();
        assert_eq!((head.status, &response[head.begin..], head.length), (200, &b"ok"[..], 2));
        assert!(parse(&response[..20]).unwrap().is_none());
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "no length");
    }

    #[test]
    fn requests_are_http() {
        let mut request = String::new();
        post(&mut request, "/p", Some("t"), "{}");
        let expected = "POST /p HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer t\r\n\
                        content-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(request, expected);
        assert!(get("/g", None).ends_with(b"host: 127.0.0.1\r\n\r\n"));
    }
}

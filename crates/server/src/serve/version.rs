//! Which version of HTTP a client speaks.
//!
//! Its first bytes say so: HTTP/2 begins with a preface that is no request of HTTP/1.1. They are read as much at a time as hyper's
//! HTTP/1.1 reads, and handed to it all at once. After a shorter first read it asks for as much again and doubles its buffer, which
//! it then keeps for as long as the connection is open.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};

/// What a client of HTTP/2 sends first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How much is read at a time.
const READ_BYTES: usize = 8 * 1024;

/// The version of HTTP that a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.1 or 1.0, or what is no HTTP.
    Http1,
    /// HTTP/2.
    Http2,
}

/// Reads until the client has sent the preface, something that differs from it, or everything. Returns the version, and what was
/// read.
///
/// # Errors
/// As reading.
pub async fn find<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<(Version, Vec<u8>)> {
    let mut read = Vec::new();
    poll_fn(|cx| {
        loop {
            // Within one poll, for what outlives it takes memory until the client has said something.
            let mut room = [MaybeUninit::uninit(); READ_BYTES];
            let mut room = ReadBuf::uninit(&mut room);
            ready!(Pin::new(&mut *stream).poll_read(cx, &mut room))?;
            read.extend_from_slice(room.filled());
            if read.starts_with(PREFACE) {
                return Poll::Ready(Ok((Version::Http2, std::mem::take(&mut read))));
            }
            if room.filled().is_empty() || !PREFACE.starts_with(&read) {
                return Poll::Ready(Ok((Version::Http1, std::mem::take(&mut read))));
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::poll;
    use std::pin::pin;
    use tokio::io::{AsyncWriteExt, duplex};

    /// What is found once a client has sent each of these parts, each after the one before was read.
    async fn found(parts: impl IntoIterator<Item = &[u8]>) -> Poll<(Version, Vec<u8>)> {
        let (mut client, mut server) = duplex(2 * READ_BYTES);
        let mut finding = pin!(find(&mut server));
        for part in parts {
            client.write_all(part).await.unwrap();
            if let Poll::Ready(found) = poll!(finding.as_mut()) {
                return Poll::Ready(found.unwrap());
            }
        }
        Poll::Pending
    }

    #[tokio::test]
    async fn the_preface_in_any_parts_is_http2() {
        for size in 1..=PREFACE.len() {
            assert_eq!(found(PREFACE.chunks(size)).await, Poll::Ready((Version::Http2, PREFACE.to_vec())));
            assert_eq!(found(PREFACE[..PREFACE.len() - 1].chunks(size)).await, Poll::Pending, "it may go on");
        }
        let more = [PREFACE, b"and frames"].concat();
        assert_eq!(found([&*more]).await, Poll::Ready((Version::Http2, more)));
    }

    #[tokio::test]
    async fn the_first_byte_that_differs_says_that_it_is_http1() {
        for common in 0..PREFACE.len() {
            let sent = [&PREFACE[..common], b"x"].concat();
            assert_eq!(found(sent.chunks(1)).await, Poll::Ready((Version::Http1, sent.clone())));
            assert_eq!(found([&*sent]).await, Poll::Ready((Version::Http1, sent)));
        }
    }

    #[tokio::test]
    async fn a_client_that_sends_no_more_speaks_http1() {
        let (mut client, mut server) = duplex(READ_BYTES);
        client.write_all(b"PRI").await.unwrap();
        drop(client);
        assert_eq!(find(&mut server).await.unwrap(), (Version::Http1, b"PRI".to_vec()));
    }
}

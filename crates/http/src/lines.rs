//! A body of lines, read one by one: only one line and one part of the body are held at a time.

use axum::body::Body;
use bytes::{Buf as _, Bytes, BytesMut};
use http_body_util::BodyExt as _;

/// The lines of a body.
pub struct Lines {
    body: Body,
    buffer: BytesMut,
    /// How much of the buffer has been searched for the end of a line.
    searched: usize,
    /// How many more bytes are allowed.
    room: usize,
    longest: usize,
    has_ended: bool,
    /// Whether the rest of a line that is too long is being skipped.
    is_skipping: bool,
}

/// The next item of a body of lines.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// A line, without its end.
    Line(Bytes),
    /// A line that is too long.
    TooLong,
    /// The body is larger than it may be. Nothing more is read.
    TooLarge,
    /// The body broke off.
    Broken,
    /// There are no more lines.
    End,
}

impl Lines {
    /// The lines of `body`, of at most `longest` bytes each, in at most `room` bytes.
    #[must_use]
    pub fn new(body: Body, longest: usize, room: usize) -> Self {
        let buffer = BytesMut::new();
        Self { body, buffer, searched: 0, room, longest, has_ended: false, is_skipping: false }
    }

    /// The next line. Cancel safe.
    pub async fn next(&mut self) -> Next {
        loop {
            if let Some(found) = self.take() {
                return found;
            }
            match self.body.frame().await {
                None => self.has_ended = true,
                Some(Err(_)) => return Next::Broken,
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    if data.len() > self.room {
                        return Next::TooLarge;
                    }
                    self.room -= data.len();
                    self.buffer.extend_from_slice(&data);
                }
            }
        }
    }

    /// The next item from the buffer, if it is complete.
    fn take(&mut self) -> Option<Next> {
        while let Some(end) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
            let line = self.buffer.split_to(self.searched + end).freeze();
            self.buffer.advance(1);
            self.searched = 0;
            if !std::mem::take(&mut self.is_skipping) {
                return Some(self.line(line));
            }
        }
        if self.is_skipping {
            self.buffer.clear();
        }
        self.searched = self.buffer.len();
        if self.searched > self.longest {
            (self.is_skipping, self.searched) = (true, 0);
            self.buffer.clear();
            return Some(Next::TooLong);
        }
        if !self.has_ended {
            return None;
        }
        let rest = self.buffer.split().freeze();
        self.searched = 0;
        Some(if rest.is_empty() { Next::End } else { self.line(rest) })
    }

    fn line(&self, line: Bytes) -> Next {
        if line.len() > self.longest { Next::TooLong } else { Next::Line(line) }
    }

    /// Reads and drops the rest of the body, up to `most` bytes, so that its sender gets to see the answer.
    pub async fn drain(&mut self, mut most: usize) {
        while let Some(Ok(frame)) = self.body.frame().await {
            most = most.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if most == 0 {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt as _, stream};

    fn body(parts: &[&str]) -> Body {
        let parts: Vec<Result<Bytes, std::io::Error>> =
            parts.iter().map(|part| Ok(Bytes::from(part.to_string()))).collect();
        Body::from_stream(stream::iter(parts))
    }

    fn all(parts: &[&str], longest: usize, room: usize) -> Vec<String> {
        let mut lines = Lines::new(body(parts), longest, room);
        let mut all = Vec::new();
        loop {
            match lines.next().now_or_never().unwrap() {
                Next::Line(line) => all.push(String::from_utf8(line.to_vec()).unwrap()),
                Next::End => return all,
                Next::TooLong => all.push("too long".to_owned()),
                other => {
                    all.push(format!("{other:?}"));
                    return all;
                }
            }
        }
    }

    #[test]
    fn lines_do_not_depend_on_how_the_body_is_divided() {
        let text = "one\n\ntwo\r\nthree";
        let expected = ["one", "", "two\r", "three"];
        assert_eq!(all(&[text], 10, 100), expected);
        for cut in 0..=text.len() {
            assert_eq!(all(&[&text[..cut], &text[cut..]], 10, 100), expected, "{cut}");
        }
        let bytes: Vec<String> = text.chars().map(String::from).collect();
        assert_eq!(all(&bytes.iter().map(String::as_str).collect::<Vec<_>>(), 10, 100), expected);
        assert!(all(&[], 10, 100).is_empty());
        assert_eq!(all(&["one\n"], 10, 100), ["one"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_left_out_whole() {
        for parts in [&["1234567\nok\n"][..], &["123", "456", "7", "\nok"], &["1234", "5678", "9\nok\n"]] {
            assert_eq!(all(parts, 6, 100), ["too long", "ok"], "{parts:?}");
        }
        assert_eq!(all(&["1234567"], 6, 100), ["too long"]);
        assert_eq!(all(&["123456\n"], 6, 100), ["123456"]);
    }

    #[test]
    fn a_body_that_is_too_large_ends_there() {
        assert_eq!(all(&["one\n", "two\n", "three\n"], 10, 8), ["one", "two", "TooLarge"]);
    }

    #[test]
    fn a_body_that_breaks_off_says_so() {
        let parts = vec![Ok(Bytes::from("one\ntw")), Err(std::io::Error::other("gone"))];
        let mut lines = Lines::new(Body::from_stream(stream::iter(parts)), 10, 100);
        assert_eq!(lines.next().now_or_never(), Some(Next::Line(Bytes::from("one"))));
        assert_eq!(lines.next().now_or_never(), Some(Next::Broken));
    }
}

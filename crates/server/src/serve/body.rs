//! The body of an answer on its way out: given in small parts, counted while it waits, running until it is taken.

use super::activity::Activity;
use axum::Error;
use axum::body::HttpBody;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use jobline_chat::Clock;
use jobline_http::Payload;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// What is given at a time. HTTP/2 keeps what it was given until the reader takes it, whole, so that this much of each
/// stream waits uncounted; and a reader makes progress by taking this much.
const PART_BYTES: usize = 4 << 10;
/// What a body that tells no size holds in memory, roughly: one block of a file.
const BLOCK_BYTES: usize = 64 << 10;
/// The most that a body is taken to hold: larger ones come from a disk, a block at a time.
const MOST_BYTES: usize = 512 << 10;

/// A request that runs: from its head to the end of its answer.
pub struct Running {
    activity: Arc<Activity>,
    clock: Arc<dyn Clock>,
}

impl Running {
    /// A request begins.
    pub fn new(activity: Arc<Activity>, clock: Arc<dyn Clock>, multiplexed: bool) -> Self {
        activity.begin(multiplexed);
        Self { activity, clock }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.activity.end(self.clock.now_ms());
    }
}

/// A body that is watched while it is sent.
pub struct Outgoing {
    body: Payload,
    /// What the body has given and the reader has not been given yet.
    rest: Bytes,
    held: usize,
    place: usize,
    running: Running,
}

/// What `body` takes in memory while it waits.
pub fn weight(body: &Payload) -> usize {
    let told = body.size_hint().exact().map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    told.unwrap_or(BLOCK_BYTES).min(MOST_BYTES)
}

impl Outgoing {
    /// `body`, for the request that runs.
    pub fn new(body: Payload, running: Running) -> Self {
        let held = weight(&body);
        running.activity.hold(held);
        let place = running.activity.body_begins(running.clock.now_ms());
        Self { body, rest: Bytes::new(), held, place, running }
    }

    /// The next part of what the body has given.
    fn part(&mut self) -> Frame<Bytes> {
        let part = self.rest.split_to(self.rest.len().min(PART_BYTES));
        // Of a body without a size one block is held to its end.
        if self.body.size_hint().exact().is_some() {
            let taken = self.held.min(part.len());
            self.held -= taken;
            self.running.activity.release(taken);
        }
        self.running.activity.body_moves(self.place, self.running.clock.now_ms());
        Frame::data(part)
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(self.part())));
        }
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_pending() {
            self.running.activity.body_waits(self.place);
        }
        match ready!(polled) {
            Some(Ok(frame)) => Poll::Ready(Some(Ok(match frame.into_data() {
                Ok(data) => {
                    self.rest = data;
                    self.part()
                }
                Err(trailers) => trailers,
            }))),
            ended => Poll::Ready(ended),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, told) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(told.lower().saturating_add(rest));
        if let Some(upper) = told.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.running.activity.body_ends(self.place);
        self.running.activity.release(self.held);
    }
}

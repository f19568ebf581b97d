//! JSON on its way out: as it is, or compressed where it is large and the caller takes it so.

use axum::response::Response;
use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, VARY};
use jobline_http::{Coding, Failure, Payload, compress};
use serde::Serialize;
use std::cell::Cell;
use std::sync::LazyLock;
use std::thread::available_parallelism;
use tokio::sync::Semaphore;

/// The size in bytes from which on an answer is compressed: smaller ones, polls without news above all, fit a packet.
const COMPRESSED_FROM: usize = 1024;
/// The largest answer that is compressed on the thread that serves it: that takes less than a millisecond.
const COMPRESSED_HERE: usize = 16 * 1024;

/// The answers that are compressed beside those threads at a time. When there are more, they leave as they are: what
/// compressing takes must not become what everybody waits for.
static BESIDE: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, usize::from)));

/// The largest buffer that a thread keeps for the next answer: a page of fifty messages takes some 20 KB.
const KEPT_BYTES: usize = 64 * 1024;

thread_local! {
    /// Where this thread writes an answer while its length is not known.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// `output` as JSON, in exactly as many bytes as it takes: it may wait for its reader.
///
/// # Errors
/// `unavailable`; no shape of the contract fails.
pub fn written<T: Serialize>(output: &T) -> Result<Bytes, Failure> {
    let mut buffer = BUFFER.take();
    buffer.clear();
    let result = serde_json::to_writer(&mut buffer, output);
    let json = Bytes::copy_from_slice(&buffer);
    if buffer.capacity() <= KEPT_BYTES {
        BUFFER.set(buffer);
    }
    result.map(|()| json).map_err(|error| Failure::unavailable(error.to_string()))
}

/// An answer of this JSON to a request with this `Accept-Encoding`.
pub async fn json(json: Bytes, accepted: Option<&HeaderValue>) -> Response<Payload> {
    if json.len() < COMPRESSED_FROM {
        return response(json);
    }
    let (json, coding) = compressed(json, accepted.and_then(Coding::accepted)).await;
    let mut response = response(json);
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    }
    response
}

/// The JSON in `coding`, or as it is.
async fn compressed(json: Bytes, coding: Option<Coding>) -> (Bytes, Option<Coding>) {
    let Some(coding) = coding else { return (json, None) };
    let work = move |json: Bytes| match compress(&json, coding) {
        Ok(small) => (small.into(), Some(coding)),
        Err(_) => (json, None),
    };
    if json.len() <= COMPRESSED_HERE {
        return work(json);
    }
    let Ok(_permit) = BESIDE.try_acquire() else { return (json, None) };
    let kept = json.clone();
    tokio::task::spawn_blocking(move || work(json)).await.unwrap_or((kept, None))
}

fn response(json: Bytes) -> Response<Payload> {
    let mut response = Response::new(Payload::from(json));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

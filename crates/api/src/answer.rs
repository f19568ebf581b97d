//! JSON on its way out: as it is, or compressed where it is large and the caller takes it so.

use axum::body::Body;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, VARY};
use jobline_http::{Coding, compress};
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

/// An answer of this JSON to a request with this `Accept-Encoding`.
pub async fn json(json: Vec<u8>, accepted: Option<HeaderValue>) -> Response {
    if json.len() < COMPRESSED_FROM {
        return response(json);
    }
    let (json, coding) = compressed(json, accepted.as_ref().and_then(Coding::accepted)).await;
    let mut response = response(json);
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    }
    response
}

/// The JSON in `coding`, or as it is.
async fn compressed(json: Vec<u8>, coding: Option<Coding>) -> (Vec<u8>, Option<Coding>) {
    let Some(coding) = coding else { return (json, None) };
    let work = move |json: Vec<u8>| match compress(&json, coding) {
        Ok(small) => (small, Some(coding)),
        Err(_) => (json, None),
    };
    if json.len() <= COMPRESSED_HERE {
        return work(json);
    }
    let Ok(_permit) = BESIDE.try_acquire() else { return (json, None) };
    let kept = json.clone();
    tokio::task::spawn_blocking(move || work(json)).await.unwrap_or((kept, None))
}

fn response(json: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(json));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

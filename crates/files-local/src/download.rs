//! `GET` and `HEAD /files/{id}`: the bytes, so that a browser never runs them.

use super::disk::Disk;
use super::grant::Download;
use super::range::{self, Part};
use super::{LocalFiles, refuse, text};
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jobline_chat::{Error, Result, is_file_id};
use jobline_wire::{Code, content_disposition, file_types::is_inline};
use std::io;
use std::sync::Arc;

/// The block that is read at a time, which is all that a download holds in memory.
const BLOCK_BYTES: u64 = 64 * 1024;

/// Serves a file.
pub(super) async fn get(
    State(files): State<Arc<LocalFiles>>,
    id: std::result::Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let id = id.map(|Path(id)| id).unwrap_or_default();
    match files.hand_out(&id, query.as_deref(), &method, &headers).await {
        Ok(response) => response,
        Err(error) => refuse(error),
    }
}

impl LocalFiles {
    async fn hand_out(&self, id: &str, query: Option<&str>, method: &Method, asked: &HeaderMap) -> Result<Response> {
        let now_ms = self.clock.now_ms();
        let grant = self.signer.download(id, query, now_ms)?;
        let gone = || Error::new(Code::NotFound, "The file behind this URL is no longer kept.");
        if !is_file_id(id) {
            return Err(gone());
        }
        let owned = id.to_owned();
        let size = self.on_disk(move |disk| disk.size(&owned)).await?.ok_or_else(gone)?;
        let etag = format!("\"{id}\"");
        let mut response = Response::new(Body::empty());
        describe(&grant, &etag, now_ms, response.headers_mut());
        if text(asked, header::IF_NONE_MATCH).is_some_and(|known| range::names(known, &etag)) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return Ok(response);
        }
        // A range has a meaning only for GET.
        let part = if *method == Method::GET { range::part(asked, &etag, size) } else { Part::Whole };
        let Some((start, length)) = announce(&part, size, &mut response) else { return Ok(response) };
        if *method != Method::HEAD {
            *response.body_mut() = Body::from_stream(blocks(Arc::clone(&self.disk), id.to_owned(), start, length));
        }
        Ok(response)
    }
}

/// The headers that do not depend on the requested part.
fn describe(grant: &Download, etag: &str, now_ms: u64, headers: &mut HeaderMap) {
    let inline = grant.inline && is_inline(&grant.content_type);
    let fresh_s = grant.expires_ms.saturating_sub(now_ms) / 1_000;
    let values = [
        (header::CONTENT_TYPE, HeaderValue::from_str(&grant.content_type)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&content_disposition(inline, &grant.name))),
        (header::CACHE_CONTROL, HeaderValue::from_str(&format!("private, max-age={fresh_s}, immutable"))),
        (header::ETAG, HeaderValue::from_str(etag)),
    ];
    for (name, value) in values {
        // Each was made of safe characters, or is a type from a fixed list; anything else is bytes to keep.
        headers.insert(name, value.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    }
    for (name, value) in [
        (header::ACCEPT_RANGES, "bytes"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Status and headers of the part; its start and length, if there is one.
fn announce(part: &Part, size: u64, response: &mut Response) -> Option<(u64, u64)> {
    let (status, range, start, length) = match *part {
        Part::Whole => (StatusCode::OK, None, 0, size),
        Part::Range(first, last) => {
            (StatusCode::PARTIAL_CONTENT, Some(format!("bytes {first}-{last}/{size}")), first, last - first + 1)
        }
        Part::Outside => (StatusCode::RANGE_NOT_SATISFIABLE, Some(format!("bytes */{size}")), 0, 0),
    };
    *response.status_mut() = status;
    if let Some(value) = range.and_then(|range| HeaderValue::from_str(&range).ok()) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    (*part != Part::Outside).then_some((start, length))
}

/// The bytes, a block at a time, each read off the threads that serve. The file is opened for each block: a client that
/// does not read holds no descriptor.
fn blocks(disk: Arc<Disk>, id: String, start: u64, length: u64) -> impl Stream<Item = io::Result<Bytes>> + Send {
    futures_util::stream::try_unfold((disk, id, start, length), |(disk, id, at, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || {
            let length = usize::try_from(left.min(BLOCK_BYTES)).unwrap_or_default();
            let block = disk.read(&id, at, length)?;
            io::Result::Ok((disk, id, block.unwrap_or_default()))
        });
        let (disk, id, block) = read.await.map_err(io::Error::other)??;
        if block.is_empty() {
            // It was deleted meanwhile.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let came = block.len() as u64;
        Ok(Some((Bytes::from(block), (disk, id, at + came, left - came))))
    })
}

//! Representations of content that is the same for everyone: compressed or not, each with its own `ETag`.

use super::coding::{Coding, compress, quality};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};

/// One form.
pub struct Representation {
    /// Its content coding; `None` if it is not compressed.
    coding: Option<&'static str>,
    bytes: Bytes,
    /// A tag for exactly these bytes.
    etag: HeaderValue,
}

impl Representation {
    /// `bytes`, which are in this coding.
    ///
    /// # Panics
    /// Never: hexadecimal digits between quotes are a header value.
    #[must_use]
    pub fn new(coding: Option<&'static str>, bytes: Bytes) -> Self {
        let hash = blake3::hash(&bytes).to_hex();
        let etag = HeaderValue::from_str(&format!("\"{}\"", &hash[..32])).expect("visible ASCII");
        Self { coding, bytes, etag }
    }

    /// The forms of `text`, the smallest first, the text as it is last.
    #[must_use]
    pub fn all_of(text: Bytes) -> Vec<Self> {
        let compressed = |coding: Coding| Some(Self::new(Some(coding.name()), compress(&text, coding).ok()?.into()));
        let mut forms: Vec<Self> = [Coding::Brotli, Coding::Gzip].into_iter().filter_map(compressed).collect();
        forms.push(Self::new(None, text));
        forms
    }

    /// The answer: the one of `forms` that the request prefers, of equals the first, or that it has it already. As it is, it
    /// is always accepted: an answer is better than 406.
    ///
    /// # Panics
    /// When there is no form without a coding.
    pub fn answer(forms: &[Self], asked: &HeaderMap, headers: HeaderMap) -> Response {
        let values = || asked.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let quality = |form: &Self| form.coding.map_or(f32::MIN_POSITIVE, |coding| quality(values(), coding));
        let accepted = forms.iter().rev().filter(|form| quality(form) > 0.0);
        let chosen = accepted.max_by(|one, other| quality(one).total_cmp(&quality(other)));
        let chosen = chosen.expect("the last form has no coding and is accepted");
        let mut response = Response::new(Body::empty());
        *response.headers_mut() = headers;
        response.headers_mut().insert(ETAG, chosen.etag.clone());
        if asked.get_all(IF_NONE_MATCH).iter().any(|known| names(known, &chosen.etag)) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        if let Some(coding) = chosen.coding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        *response.body_mut() = Body::from(chosen.bytes.clone());
        response
    }
}

/// Whether an `If-None-Match` names this tag; the comparison is the weak one, for a proxy may have weakened it.
fn names(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (known, tag) = (known.to_str().unwrap_or_default(), tag.to_str().unwrap_or_default());
    known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

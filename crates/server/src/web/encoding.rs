//! Content negotiation: Brotli, gzip or uncompressed (RFC 9110, section 12.5.3).

use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderValue};
use jobline_web::Asset;

/// A representation of a file.
pub struct Representation {
    /// Its content coding; `None`: uncompressed.
    pub coding: Option<&'static str>,
    /// Its bytes.
    pub bytes: &'static [u8],
    /// The entity tag of these bytes.
    pub etag: HeaderValue,
}

/// The representations of a file: the smallest first, the uncompressed last.
pub fn representations(asset: &Asset) -> Vec<Representation> {
    let forms = [(Some("br"), asset.brotli), (Some("gzip"), asset.gzip), (None, Some(asset.identity))];
    forms.into_iter().filter_map(|(coding, bytes)| Some(Representation::new(coding, bytes?))).collect()
}

/// The first representation that the request accepts. The uncompressed one is always sent rather than 406.
///
/// # Panics
/// When `forms` is empty, which [`representations`] never returns.
pub fn choose<'a>(forms: &'a [Representation], asked: &HeaderMap) -> &'a Representation {
    let accepted = |form: &&Representation| form.coding.is_none_or(|coding| accepts(asked, coding));
    forms.iter().find(accepted).expect("the last representation has no coding and is accepted")
}

/// Whether `Accept-Encoding` names `coding`, or else `*`, with a quality above zero.
fn accepts(asked: &HeaderMap, coding: &str) -> bool {
    let values = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut others = false;
    for entry in values.flat_map(|value| value.split(',')) {
        let (name, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let (_, quality) = parameters.split_once('=').unwrap_or(("q", "1"));
        let wanted = quality.trim().parse::<f32>().is_ok_and(|quality| quality > 0.0);
        match name.trim() {
            name if name.eq_ignore_ascii_case(coding) => return wanted,
            "*" => others = wanted,
            _ => {}
        }
    }
    others
}

impl Representation {
    fn new(coding: Option<&'static str>, bytes: &'static [u8]) -> Self {
        let hash = blake3::hash(bytes).to_hex();
        // Hexadecimal digits between quotes are a valid header value.
        let etag = HeaderValue::from_str(&format!("\"{}\"", &hash[..32])).expect("visible ASCII");
        Self { coding, bytes, etag }
    }
}

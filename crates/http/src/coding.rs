//! Content codings: which the caller accepts, and compressing an answer (RFC 9110, section 12.5.3).

use flate2::write::GzEncoder;
use http::HeaderValue;
use std::io::{self, Write};

/// The level of compression. Higher levels take several times as long to save a tenth of the size.
const BROTLI_QUALITY: i32 = 3;
const GZIP_LEVEL: u32 = 3;

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Brotli.
    Brotli,
    /// gzip.
    Gzip,
}

impl Coding {
    /// The one that `Accept-Encoding` prefers, and of those that it prefers alike the smaller.
    #[must_use]
    pub fn accepted(asked: &HeaderValue) -> Option<Self> {
        let asked = asked.to_str().ok()?;
        let quality = |coding: &Self| quality([asked], coding.name());
        let accepted = [Self::Gzip, Self::Brotli].into_iter().filter(|coding| quality(coding) > 0.0);
        accepted.max_by(|one, other| quality(one).total_cmp(&quality(other)))
    }

    /// Its name in `Content-Encoding`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// The quality that the values of `Accept-Encoding` give to `coding`, or else to `*`; 0 where it is not accepted.
pub fn quality<'a>(values: impl IntoIterator<Item = &'a str>, coding: &str) -> f32 {
    let mut others = 0.0;
    for entry in values.into_iter().flat_map(|value| value.split(',')) {
        let (name, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let (_, quality) = parameters.split_once('=').unwrap_or(("q", "1"));
        let quality = quality.trim().parse().ok().filter(|quality| (0.0..=1.0).contains(quality)).unwrap_or(0.0);
        match name.trim() {
            name if name.eq_ignore_ascii_case(coding) => return quality,
            "*" => others = quality,
            _ => {}
        }
    }
    others
}

/// `bytes` in this coding.
///
/// # Errors
/// None that is known: the encoders write to memory.
pub fn compress(bytes: &[u8], coding: Coding) -> io::Result<Vec<u8>> {
    let room = Vec::with_capacity(bytes.len() / 2);
    match coding {
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(room, flate2::Compression::new(GZIP_LEVEL));
            encoder.write_all(bytes)?;
            encoder.finish()
        }
        Coding::Brotli => {
            let parameters = brotli::enc::BrotliEncoderParams {
                quality: BROTLI_QUALITY,
                size_hint: bytes.len(),
                ..Default::default()
            };
            let mut compressed = room;
            brotli::BrotliCompress(&mut &*bytes, &mut compressed, &parameters)?;
            Ok(compressed)
        }
    }
}

//! Encodings of the app's files: compressed when the program was built, or now if their text depends on the deployment.

use bytes::Bytes;
use jobline_http::Representation;
use jobline_web::Asset;

/// The encodings of a file, the smallest first, the plain file last.
pub fn representations(asset: &Asset) -> Vec<Representation> {
    let forms = [(Some("br"), asset.brotli), (Some("gzip"), asset.gzip), (None, Some(asset.identity))];
    let stored =
        |(coding, bytes): (_, Option<&'static [u8]>)| Some(Representation::new(coding, Bytes::from_static(bytes?)));
    forms.into_iter().filter_map(stored).collect()
}

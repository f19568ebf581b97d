//! Images that browsers show: their size, and the image without its metadata.

use super::image::Image;
use super::{gif, jpeg, png, webp};

/// Reads the header of an image of this type. `None` if the bytes are not of that type.
pub(crate) fn read(content_type: &str, bytes: &[u8]) -> Option<Image> {
    match content_type {
        "image/jpeg" => jpeg::read(bytes),
        "image/png" => png::read(bytes),
        "image/gif" => gif::read(bytes),
        "image/webp" => webp::read(bytes),
        _ => None,
    }
}

/// The image without the metadata about place, time and device, with the same pixels in the same orientation. `None` if
/// there is nothing to remove, or the type is not JPEG, PNG or WebP. The bytes were already read as that type.
#[must_use]
pub fn without_metadata(content_type: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let kept = match content_type {
        "image/jpeg" => jpeg::without_metadata(bytes),
        "image/png" => png::without_metadata(bytes),
        "image/webp" => webp::without_metadata(bytes),
        _ => return None,
    };
    (kept != bytes).then_some(kept)
}

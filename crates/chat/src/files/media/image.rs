//! Images that browsers show: how large they are, and what in them is not the picture.

use super::exif::Orientation;
use super::{gif, jpeg, png, webp};

/// Pixels of an image: a browser needs four bytes for each, so a small file could take all of a phone's memory.
const PIXELS: u64 = 50_000_000;
/// Pixels of a side.
const SIDE: u32 = 20_000;

/// Width and height in pixels. The larger of two is the one with more pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Dimensions {
    pixels: u64,
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl Dimensions {
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self { pixels: u64::from(width) * u64::from(height), width, height }
    }

    pub(super) fn is_empty(self) -> bool {
        self.pixels == 0
    }

    pub(super) fn is_too_large(self) -> bool {
        self.pixels > PIXELS || self.width > SIDE || self.height > SIDE
    }
}

/// What the header of an image tells.
pub(super) struct Image {
    /// As the pixels are stored.
    pub stored: Dimensions,
    /// What a decoder has to hold at most.
    pub largest: Dimensions,
    pub orientation: Orientation,
}

impl Image {
    /// As it is seen, turned upright.
    pub fn shown(&self) -> Dimensions {
        let Dimensions { width, height, .. } = self.stored;
        if self.orientation.lies_on_its_side() { Dimensions::new(height, width) } else { self.stored }
    }
}

/// What an image of this type tells of itself. `None`: the bytes are not of that type.
pub(super) fn read(content_type: &str, bytes: &[u8]) -> Option<Image> {
    match content_type {
        "image/jpeg" => jpeg::read(bytes),
        "image/png" => png::read(bytes),
        "image/gif" => gif::read(bytes),
        "image/webp" => webp::read(bytes),
        _ => None,
    }
}

/// An image without what tells where, when and with what it was taken, with the same pixels the same way up. `None`: there
/// is nothing to take away, or the type is not one of JPEG, PNG and WebP. The bytes were read as that type before.
pub(crate) fn without_metadata(content_type: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let kept = match content_type {
        "image/jpeg" => jpeg::without_metadata(bytes),
        "image/png" => png::without_metadata(bytes),
        "image/webp" => webp::without_metadata(bytes),
        _ => return None,
    };
    (kept != bytes).then_some(kept)
}

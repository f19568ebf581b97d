//! The size and orientation of an image.

use super::exif::Orientation;

/// The limit of pixels: a browser needs four bytes for each, so a small file could take all of a phone's memory.
const PIXELS: u64 = 50_000_000;
/// The limit of pixels of a side.
const SIDE: u32 = 20_000;

/// Width and height in pixels, ordered by the number of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dimensions {
    pixels: u64,
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl Dimensions {
    pub(crate) fn new(width: u32, height: u32) -> Self {
        Self { pixels: u64::from(width) * u64::from(height), width, height }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.pixels == 0
    }

    pub(crate) fn is_too_large(self) -> bool {
        self.pixels > PIXELS || self.width > SIDE || self.height > SIDE
    }
}

/// What the header of an image says.
pub(crate) struct Image {
    /// As the pixels are stored.
    pub stored: Dimensions,
    /// The most that a decoder has to hold in memory.
    pub largest: Dimensions,
    pub orientation: Orientation,
}

impl Image {
    /// As it is shown, turned upright.
    pub fn shown(&self) -> Dimensions {
        let Dimensions { width, height, .. } = self.stored;
        if self.orientation.lies_on_its_side() { Dimensions::new(height, width) } else { self.stored }
    }
}

//! GIF: a screen, and frames that are drawn on it.

use super::bytes::{le16, part};
use super::exif::Orientation;
use super::image::{Dimensions, Image};

pub(crate) fn read(bytes: &[u8]) -> Option<Image> {
    if !bytes.starts_with(b"GIF87a") && !bytes.starts_with(b"GIF89a") {
        return None;
    }
    let screen = Dimensions::new(le16(bytes, 6)?.into(), le16(bytes, 8)?.into());
    let largest = frames(bytes).fold(screen, Dimensions::max);
    Some(Image { stored: screen, largest, orientation: Orientation::default() })
}

/// The part of the screen that each frame needs, as far as the bytes can be parsed.
fn frames(bytes: &[u8]) -> impl Iterator<Item = Dimensions> + '_ {
    let mut at = 13 + part(bytes, 10, 1).map_or(0, |flags| table(flags[0]));
    std::iter::from_fn(move || {
        loop {
            match *bytes.get(at)? {
                b'!' => at = blocks_end(bytes, at + 2)?,
                b',' => {
                    let side = |place: usize, size: usize| {
                        Some(u32::from(le16(bytes, at + place)?) + u32::from(le16(bytes, at + size)?))
                    };
                    let frame = Dimensions::new(side(1, 5)?, side(3, 7)?);
                    at = blocks_end(bytes, at + 11 + table(*bytes.get(at + 9)?))?;
                    return Some(frame);
                }
                _ => return None,
            }
        }
    })
}

/// Bytes of the colour table that these flags declare.
fn table(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// The index after the blocks that begin at `at`. Each begins with its length, and one of length 0 is the last.
fn blocks_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match usize::from(*bytes.get(at)?) {
            0 => return Some(at + 1),
            length => at += 1 + length,
        }
    }
}

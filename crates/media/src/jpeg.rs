//! JPEG: segments, each with a marker and a length, and the coded pixels after each scan header.

use super::bytes::{be16, find, part};
use super::exif::Orientation;
use super::image::{Dimensions, Image};

const EXIF: &[u8] = b"Exif\0\0";

/// A segment: its marker, and where it begins and ends, coded pixels included.
#[derive(Clone, Copy)]
struct Segment {
    marker: u8,
    from: usize,
    to: usize,
}

impl Segment {
    /// The bytes after marker and length.
    fn content<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.from + 4..self.to).unwrap_or_default()
    }
}

/// The segments in order, up to the end of the image or of the bytes. Bytes between segments are skipped, as
/// decoders do.
fn segments(bytes: &[u8]) -> impl Iterator<Item = Segment> + '_ {
    let mut at = 2;
    std::iter::from_fn(move || {
        let (from, marker) = marker(bytes, at)?;
        let to = match marker {
            // Markers without content: restarts, and the end.
            0x01 | 0xd0..=0xd9 => from + 2,
            // The length includes its own two bytes; decoders stop at a smaller one.
            _ => (from + 2 + usize::from(be16(bytes, from + 2).filter(|length| *length >= 2)?)).min(bytes.len()),
        };
        let to = if marker == 0xda { scan_end(bytes, to) } else { to };
        at = if marker == 0xd9 { bytes.len() } else { to };
        Some(Segment { marker, from, to })
    })
}

/// The index of the next marker, and the marker: a byte that is neither 0 nor 255, after one that is 255.
fn marker(bytes: &[u8], mut at: usize) -> Option<(usize, u8)> {
    loop {
        at = find(bytes, at, 0xff)?;
        match *bytes.get(at + 1)? {
            0x00 => at += 2,
            0xff => at += 1,
            marker => return Some((at, marker)),
        }
    }
}

/// The end of the coded pixels that begin at `at`. They include restart markers.
fn scan_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match marker(bytes, at) {
            Some((found, 0xd0..=0xd7)) => at = found + 2,
            Some((found, _)) => return found,
            None => return bytes.len(),
        }
    }
}

fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8, 0xff])
}

/// The largest frame that the bytes declare.
pub(crate) fn read(bytes: &[u8]) -> Option<Image> {
    let mut frame: Option<Dimensions> = None;
    for segment in segments(bytes).take_while(|_| begins(bytes)) {
        if matches!(segment.marker, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf) {
            let content = segment.content(bytes);
            let (Some(height), Some(width)) = (be16(content, 1), be16(content, 3)) else { continue };
            frame = frame.max(Some(Dimensions::new(width.into(), height.into())));
        }
    }
    Some(Image { stored: frame?, largest: frame?, orientation: orientation(bytes) })
}

fn orientation(bytes: &[u8]) -> Orientation {
    let exif = segments(bytes).filter(|segment| segment.marker == 0xe1);
    let mut blocks = exif.filter_map(|segment| segment.content(bytes).strip_prefix(EXIF));
    blocks.find_map(Orientation::read).unwrap_or_default()
}

/// Whether decoding, colouring or scaling the pixels needs this segment. All others contain place, time, device or software,
/// or a thumbnail that does.
fn needed(segment: Segment, bytes: &[u8]) -> bool {
    let content = segment.content(bytes);
    match segment.marker {
        0xe0 => content.starts_with(b"JFIF\0"),
        0xe2 => content.starts_with(b"ICC_PROFILE\0"),
        0xee => content.starts_with(b"Adobe"),
        0xe1 | 0xe3..=0xed | 0xef | 0xfe => false,
        _ => true,
    }
}

/// The same image without metadata, and without bytes after its end: a video, or a second image with a location.
pub(crate) fn without_metadata(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len() + 40);
    kept.extend_from_slice(part(bytes, 0, 2).unwrap_or_default());
    let mut turn = Some(orientation(bytes)).filter(|orientation| orientation.turns());
    for segment in segments(bytes) {
        // After JFIF, which comes first, and before all other segments.
        if segment.marker != 0xe0
            && let Some(orientation) = turn.take()
        {
            let tiff = orientation.tiff();
            kept.extend_from_slice(&[0xff, 0xe1, 0, (2 + EXIF.len() + tiff.len()) as u8]);
            kept.extend_from_slice(EXIF);
            kept.extend_from_slice(&tiff);
        }
        if needed(segment, bytes) {
            kept.extend_from_slice(bytes.get(segment.from..segment.to).unwrap_or_default());
        }
    }
    kept
}

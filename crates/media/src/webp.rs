//! WebP: chunks of name, length and content in a RIFF container.

use super::bytes::{le16, le24, le32, part};
use super::exif::Orientation;
use super::image::{Dimensions, Image};

/// Where the first chunk begins: after `RIFF`, the length of the rest, and `WEBP`.
const FIRST: usize = 12;
/// In the first byte of `VP8X`: the file has EXIF, or XMP.
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;
/// The chunks that affect the picture. Any other chunk is metadata, or unknown to browsers.
const NEEDED: [&[u8; 4]; 7] = [b"VP8 ", b"VP8L", b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH"];

struct Chunk<'a> {
    name: &'a [u8],
    content: &'a [u8],
}

fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && part(bytes, 8, 4) == Some(b"WEBP")
}

/// The chunks in order. The last one may be truncated.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let told = le32(bytes, 4).and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    let end = told.saturating_add(8).min(bytes.len());
    let mut at = FIRST;
    std::iter::from_fn(move || {
        let name = part(bytes, at, 4).filter(|_| at < end)?;
        let length = usize::try_from(le32(bytes, at + 4)?).ok()?;
        let to = (at + 8).saturating_add(length).min(bytes.len());
        let content = bytes.get(at + 8..to)?;
        // After an odd length there is one byte of padding.
        at = to + length % 2;
        Some(Chunk { name, content })
    })
}

pub(crate) fn read(bytes: &[u8]) -> Option<Image> {
    if !begins(bytes) {
        return None;
    }
    let mut sizes = chunks(bytes).filter_map(|chunk| dimensions(&chunk));
    let stored = sizes.next()?;
    let largest = sizes.fold(stored, Dimensions::max);
    Some(Image { stored, largest, orientation: orientation(bytes) })
}

fn dimensions(chunk: &Chunk<'_>) -> Option<Dimensions> {
    let content = chunk.content;
    match chunk.name {
        b"VP8X" => Some(Dimensions::new(le24(content, 4)? + 1, le24(content, 7)? + 1)),
        b"VP8L" if content.first() == Some(&0x2f) => {
            let packed = le32(content, 1)?;
            Some(Dimensions::new((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1))
        }
        // The upper two bits of each say how to scale, which browsers do not.
        b"VP8 " if part(content, 3, 3) == Some(b"\x9d\x01\x2a") => {
            let side = |at| le16(content, at).map(|side| u32::from(side & 0x3fff));
            Some(Dimensions::new(side(6)?, side(8)?))
        }
        _ => None,
    }
}

fn orientation(bytes: &[u8]) -> Orientation {
    let mut blocks = chunks(bytes).filter(|chunk| chunk.name == b"EXIF");
    blocks.find_map(|chunk| turn(chunk.content)).unwrap_or_default()
}

/// The orientation in an EXIF chunk. Some programs put the prefix that JPEG needs before the block.
fn turn(exif: &[u8]) -> Option<Orientation> {
    Orientation::read(exif.strip_prefix(b"Exif\0\0").unwrap_or(exif))
}

/// The same image without metadata, and without bytes after its end.
pub(crate) fn without_metadata(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    kept.extend_from_slice(b"RIFF\0\0\0\0WEBP");
    let turns = orientation(bytes).turns();
    for Chunk { name, content } in chunks(bytes) {
        if name == b"VP8X" && !content.is_empty() {
            let flags = content[0] & !(HAS_EXIF | HAS_XMP) | if turns { HAS_EXIF } else { 0 };
            append(&mut kept, name, &[&[flags], &content[1..]].concat());
        } else if NEEDED.iter().any(|needed| name == *needed) {
            append(&mut kept, name, content);
        } else if name == b"EXIF"
            && let Some(orientation) = turn(content).filter(|orientation| orientation.turns())
        {
            append(&mut kept, name, &orientation.tiff());
        }
    }
    let length = u32::try_from(kept.len().saturating_sub(8)).unwrap_or(u32::MAX);
    kept[4..8].copy_from_slice(&length.to_le_bytes());
    kept
}

fn append(kept: &mut Vec<u8>, name: &[u8], content: &[u8]) {
    kept.extend_from_slice(name);
    kept.extend_from_slice(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_le_bytes());
    kept.extend_from_slice(content);
    if content.len() % 2 == 1 {
        kept.push(0);
    }
}

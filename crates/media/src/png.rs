//! PNG: a signature, then chunks of length, name, content and checksum.

use super::bytes::{be32, part};
use super::exif::Orientation;
use super::image::{Dimensions, Image};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Chunks that are not critical and still affect the picture: transparency, colours, print size, animation.
const NEEDED: [&[u8; 4]; 15] = [
    b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"acTL", b"fcTL",
    b"fdAT", b"cICP", b"mDCV",
];
/// How many chunks may come before the header of the image: Apple writes one.
const BEFORE_HEADER: usize = 2;

struct Chunk<'a> {
    name: &'a [u8],
    content: &'a [u8],
    /// With length, name and checksum.
    whole: &'a [u8],
}

/// The chunks in order, as far as they are complete.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut at = SIGNATURE.len();
    std::iter::from_fn(move || {
        let length = usize::try_from(be32(bytes, at)?).ok()?;
        let whole = part(bytes, at, length.checked_add(12)?)?;
        at += whole.len();
        Some(Chunk { name: &whole[4..8], content: &whole[8..8 + length], whole })
    })
}

pub(crate) fn read(bytes: &[u8]) -> Option<Image> {
    if !bytes.starts_with(SIGNATURE) {
        return None;
    }
    // The bytes may end after the header.
    let first = Some((part(bytes, 12, 4)?, bytes.get(16..)?));
    let later = chunks(bytes).take(BEFORE_HEADER).map(|chunk| (chunk.name, chunk.content));
    let (_, header) = first.into_iter().chain(later).find(|(name, _)| *name == b"IHDR")?;
    let stored = Dimensions::new(be32(header, 0)?, be32(header, 4)?);
    Some(Image { stored, largest: stored, orientation: orientation(bytes) })
}

fn orientation(bytes: &[u8]) -> Orientation {
    let mut blocks = chunks(bytes).filter(|chunk| chunk.name == b"eXIf");
    blocks.find_map(|chunk| Orientation::read(chunk.content)).unwrap_or_default()
}

/// The same image without metadata, and without bytes after its end.
pub(crate) fn without_metadata(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len() + 40);
    kept.extend_from_slice(bytes.get(..SIGNATURE.len()).unwrap_or_default());
    let (mut at, mut ended) = (SIGNATURE.len(), false);
    for chunk in chunks(bytes) {
        at += chunk.whole.len();
        // The name of a critical chunk begins with a capital: no decoder may skip it.
        if chunk.name[0].is_ascii_uppercase() || NEEDED.iter().any(|needed| chunk.name == *needed) {
            kept.extend_from_slice(chunk.whole);
        } else if chunk.name == b"eXIf"
            && let Some(orientation) = Orientation::read(chunk.content).filter(|orientation| orientation.turns())
        {
            append(&mut kept, *b"eXIf", &orientation.tiff());
        }
        ended = chunk.name == b"IEND";
        if ended {
            break;
        }
    }
    if !ended {
        // Truncated: decoders show the part that is there.
        kept.extend_from_slice(bytes.get(at..).unwrap_or_default());
    }
    kept
}

fn append(kept: &mut Vec<u8>, name: [u8; 4], content: &[u8; 26]) {
    kept.extend_from_slice(&26_u32.to_be_bytes());
    let from = kept.len();
    kept.extend_from_slice(&name);
    kept.extend_from_slice(content);
    let checksum = crc32(&kept[from..]);
    kept.extend_from_slice(&checksum.to_be_bytes());
}

/// The checksum of PNG (ISO 3309), bit by bit, since it is only needed for thirty bytes.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

/// The checksum as a file has it, for tests that make images.
#[cfg(test)]
pub(crate) fn tests_checksum(bytes: &[u8]) -> [u8; 4] {
    crc32(bytes).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_png_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b"IEND"), 0xae42_6082);
    }
}

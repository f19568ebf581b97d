//! Files made for tests, as small as their formats allow.

use crate::*;

pub(super) const OOXML: &str = "application/vnd.openxmlformats-officedocument.";

pub(super) const ODF: &str = "application/vnd.oasis.opendocument.";

/// An archive that stores its entries as they are.
pub(super) fn zip(entries: &[(&str, &[u8])], comment: &[u8]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let at = bytes.len() as u32;
        let sizes = [(content.len() as u32).to_le_bytes(); 2].concat();
        let names = [(name.len() as u16).to_le_bytes(), [0, 0]].concat();
        let start = [&b"\x14\0\0\0\0\0\0\0\0\0\0\0\0\0"[..], &sizes, &names].concat();
        bytes.extend([b"PK\x03\x04", &start[..], name.as_bytes(), content].concat());
        let rest = [&[0; 10][..], &at.to_le_bytes()].concat();
        directory.extend([b"PK\x01\x02\x14\0", &start[..], &rest, name.as_bytes()].concat());
    }
    let count = (entries.len() as u16).to_le_bytes();
    let place = [(directory.len() as u32).to_le_bytes(), (bytes.len() as u32).to_le_bytes()].concat();
    bytes.extend(directory);
    bytes.extend([b"PK\x05\x06\0\0\0\0", &[count, count].concat()[..], &place].concat());
    bytes.extend([&(comment.len() as u16).to_le_bytes()[..], comment].concat());
    bytes
}

/// A compound file with one sector of directory that names these streams.
pub(super) fn compound(names: &[&str]) -> Vec<u8> {
    let mut bytes = vec![0; 512 * 3];
    bytes[..8].copy_from_slice(ole::SIGNATURE);
    bytes[30] = 9;
    bytes[48] = 1;
    bytes[76] = 0;
    bytes[512..1024].fill(0xff);
    bytes[516..520].copy_from_slice(&0xffff_fffe_u32.to_le_bytes());
    for (at, name) in ["Root Entry"].iter().chain(names).enumerate() {
        let entry = &mut bytes[1024 + at * 128..][..128];
        for (at, unit) in name.encode_utf16().enumerate() {
            entry[2 * at..2 * at + 2].copy_from_slice(&unit.to_le_bytes());
        }
        entry[64] = (2 * name.len() + 2) as u8;
    }
    bytes
}

pub(super) fn docx() -> Vec<u8> {
    zip(&[("[Content_Types].xml", b"<Types/>"), ("_rels/.rels", b""), ("word/document.xml", b"<w:document/>")], b"")
}

pub(super) fn odt() -> Vec<u8> {
    zip(&[("mimetype", format!("{ODF}text").as_bytes()), ("content.xml", b"<office/>")], b"")
}

pub(super) fn utf16(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

pub(super) fn png_chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32).to_be_bytes()[..], name, content, b"sum."].concat()
}

pub(super) fn png(width: u32, height: u32, more: &[Vec<u8>]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let ends = [png_chunk(b"IDAT", b"pixels"), png_chunk(b"IEND", b"")].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), png_chunk(b"IHDR", &header), more.concat(), ends].concat()
}

pub(super) fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    [&[0xff, marker][..], &(content.len() as u16 + 2).to_be_bytes(), content].concat()
}

pub(super) fn jpeg(width: u16, height: u16, more: &[Vec<u8>]) -> Vec<u8> {
    let frame = [&[8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[1, 1, 0x11, 0]].concat();
    let scan = [segment(0xda, &[1, 1, 0, 0, 63, 0]), b"pix\xff\0els\xff\xd0more".to_vec()].concat();
    let tables = segment(0xdb, &[0; 65]);
    [vec![0xff, 0xd8], more.concat(), tables, segment(0xc0, &frame), scan, vec![0xff, 0xd9]].concat()
}

pub(super) fn riff(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut all = b"WEBP".to_vec();
    for (name, content) in chunks {
        all.extend([&name[..], &(content.len() as u32).to_le_bytes(), content].concat());
        all.extend(&b"\0"[..content.len() % 2]);
    }
    [&b"RIFF"[..], &(all.len() as u32).to_le_bytes(), &all].concat()
}

pub(super) fn vp8x(flags: u8, width: u32, height: u32) -> (&'static [u8; 4], Vec<u8>) {
    let side = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    (b"VP8X", [vec![flags, 0, 0, 0], side(width), side(height)].concat())
}

pub(super) fn vp8(width: u16, height: u16) -> (&'static [u8; 4], Vec<u8>) {
    (b"VP8 ", [&b"\0\0\0\x9d\x01\x2a"[..], &width.to_le_bytes(), &height.to_le_bytes(), b"pixel"].concat())
}

pub(super) fn gif(screen: [u16; 2], frame: [u16; 4]) -> Vec<u8> {
    let numbers = |numbers: &[u16]| numbers.iter().flat_map(|one| one.to_le_bytes()).collect::<Vec<_>>();
    let head = [b"GIF89a".to_vec(), numbers(&screen), vec![0x80, 0, 0], vec![0; 6]].concat();
    let comment = b"!\xfe\x03abc\0".to_vec();
    [head, comment, b",".to_vec(), numbers(&frame), vec![0, 2, 1, 0, 0, b';']].concat()
}

/// EXIF as a camera writes it: orientation and location.
pub(super) fn tiff(orientation: u8) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &1_u32.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let entries = [entry(0x010f, 4, 7), entry(0x0112, 3, orientation.into()), entry(0x8825, 4, 50)].concat();
    [&b"II*\0\x08\0\0\0\x03\0"[..], &entries, &[0; 4], b"GPS 52.52 13.40"].concat()
}

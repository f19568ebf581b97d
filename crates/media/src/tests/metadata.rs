//! Metadata of photos is removed; data that the pixels need stays.

use super::samples::*;
use crate::*;

const SECRETS: [&[u8]; 4] = [b"GPS 52.52", b"Pixel 8", b"xmp", b"film"];

fn tells(bytes: &[u8]) -> bool {
    SECRETS.iter().any(|secret| bytes.windows(secret.len()).any(|window| window == *secret))
}

/// The same image with all metadata that phones add, and the bytes that must remain.
pub(super) fn with_metadata(orientation: u8) -> [(&'static str, Vec<u8>, Vec<u8>); 3] {
    let turn = |wanted: u8| if wanted == 1 { None } else { exif::Orientation::read(&tiff(wanted)) };
    let exif = |block: &[u8]| segment(0xe1, &[b"Exif\0\0", block].concat());
    let (jfif, icc) = (segment(0xe0, b"JFIF\0 1"), segment(0xe2, b"ICC_PROFILE\0 colours"));
    let adobe = segment(0xee, b"Adobe 1");
    let left = turn(orientation).map(|turn| exif(&turn.tiff())).unwrap_or_default();
    let full = [
        jfif.clone(),
        exif(&tiff(orientation)),
        segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0 xmp"),
        icc.clone(),
        segment(0xe2, b"MPF\0 film"),
        segment(0xed, b"Photoshop 3.0 Pixel 8"),
        segment(0xfe, b"Pixel 8"),
        adobe.clone(),
    ];
    let jpegs = ([jpeg(4, 3, &full), b"video after the end".to_vec()].concat(), jpeg(4, 3, &[jfif, left, icc, adobe]));
    let chunk = png_chunk;
    let full = [
        chunk(b"iCCP", b"colours"),
        chunk(b"tEXt", b"Software\0Pixel 8"),
        chunk(b"eXIf", &tiff(orientation)),
        chunk(b"iTXt", b"XML:com.adobe.xmp"),
        chunk(b"tRNS", b"seen"),
        chunk(b"caBX", b"film"),
    ];
    let left = turn(orientation).map(|turn| {
        let mut left = chunk(b"eXIf", &turn.tiff());
        // The rewritten chunk has a correct checksum.
        let sum = left.len() - 4;
        left.truncate(sum);
        left.extend(png::tests_checksum(&left[4..]));
        left
    });
    let left = [chunk(b"iCCP", b"colours"), left.unwrap_or_default(), chunk(b"tRNS", b"seen")];
    let pngs = ([png(4, 3, &full), b"film".to_vec()].concat(), png(4, 3, &left));
    let flags = |more: u8| 0x20 | 0x10 | more;
    let full = riff(&[
        vp8x(flags(0x0c), 4, 3),
        (b"ICCP", b"colours".to_vec()),
        vp8(4, 3),
        (b"EXIF", tiff(orientation)),
        (b"XMP ", b"xmp".to_vec()),
        (b"abcd", b"film".to_vec()),
    ]);
    let mut left =
        vec![vp8x(flags(if orientation > 1 { 8 } else { 0 }), 4, 3), (b"ICCP", b"colours".to_vec()), vp8(4, 3)];
    left.extend(turn(orientation).map(|turn| (b"EXIF", turn.tiff().to_vec())));
    let webps = ([full, b"film".to_vec()].concat(), riff(&left));
    [("image/jpeg", jpegs.0, jpegs.1), ("image/png", pngs.0, pngs.1), ("image/webp", webps.0, webps.1)]
}

#[test]
fn metadata_is_removed_and_pixels_colours_and_orientation_stay() {
    for orientation in 1..=8 {
        for (content_type, full, left) in with_metadata(orientation) {
            assert!(tells(&full) && !tells(&left));
            let without = without_metadata(content_type, &full).unwrap();
            assert_eq!(without.escape_ascii().to_string(), left.escape_ascii().to_string(), "{content_type}");
            assert_eq!(without_metadata(content_type, &left), None, "{content_type}: nothing is left to remove");
            assert_eq!(prove(content_type, &left).unwrap(), prove(content_type, &full).unwrap());
        }
    }
    assert_eq!(without_metadata("image/gif", &gif([1, 1], [0, 0, 1, 1])), None);
}

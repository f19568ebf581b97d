//! What is accepted, and bytes of every kind: whole, cut short, and hostile.

use super::*;
use proptest::prelude::*;

const OOXML: &str = "application/vnd.openxmlformats-officedocument.";
const ODF: &str = "application/vnd.oasis.opendocument.";

fn proven(content_type: &str, bytes: &[u8]) -> bool {
    match prove(content_type, bytes) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.code, Code::FileTypeMismatch, "{content_type}: {error}");
            false
        }
    }
}

/// An archive that stores its entries as they are.
fn zip(entries: &[(&str, &[u8])], comment: &[u8]) -> Vec<u8> {
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
fn compound(names: &[&str]) -> Vec<u8> {
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

fn docx() -> Vec<u8> {
    zip(&[("[Content_Types].xml", b"<Types/>"), ("_rels/.rels", b""), ("word/document.xml", b"<w:document/>")], b"")
}

fn odt() -> Vec<u8> {
    zip(&[("mimetype", format!("{ODF}text").as_bytes()), ("content.xml", b"<office/>")], b"")
}

fn utf16(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

fn png_chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32).to_be_bytes()[..], name, content, b"sum."].concat()
}

fn png(width: u32, height: u32, more: &[Vec<u8>]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let ends = [png_chunk(b"IDAT", b"pixels"), png_chunk(b"IEND", b"")].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), png_chunk(b"IHDR", &header), more.concat(), ends].concat()
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    [&[0xff, marker][..], &(content.len() as u16 + 2).to_be_bytes(), content].concat()
}

fn jpeg(width: u16, height: u16, more: &[Vec<u8>]) -> Vec<u8> {
    let frame = [&[8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[1, 1, 0x11, 0]].concat();
    let scan = [segment(0xda, &[1, 1, 0, 0, 63, 0]), b"pix\xff\0els\xff\xd0more".to_vec()].concat();
    let tables = segment(0xdb, &[0; 65]);
    [vec![0xff, 0xd8], more.concat(), tables, segment(0xc0, &frame), scan, vec![0xff, 0xd9]].concat()
}

fn riff(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut all = b"WEBP".to_vec();
    for (name, content) in chunks {
        all.extend([&name[..], &(content.len() as u32).to_le_bytes(), content].concat());
        all.extend(&b"\0"[..content.len() % 2]);
    }
    [&b"RIFF"[..], &(all.len() as u32).to_le_bytes(), &all].concat()
}

fn vp8x(flags: u8, width: u32, height: u32) -> (&'static [u8; 4], Vec<u8>) {
    let side = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    (b"VP8X", [vec![flags, 0, 0, 0], side(width), side(height)].concat())
}

fn vp8(width: u16, height: u16) -> (&'static [u8; 4], Vec<u8>) {
    (b"VP8 ", [&b"\0\0\0\x9d\x01\x2a"[..], &width.to_le_bytes(), &height.to_le_bytes(), b"pixel"].concat())
}

fn gif(screen: [u16; 2], frame: [u16; 4]) -> Vec<u8> {
    let numbers = |numbers: &[u16]| numbers.iter().flat_map(|one| one.to_le_bytes()).collect::<Vec<_>>();
    let head = [b"GIF89a".to_vec(), numbers(&screen), vec![0x80, 0, 0], vec![0; 6]].concat();
    let comment = b"!\xfe\x03abc\0".to_vec();
    [head, comment, b",".to_vec(), numbers(&frame), vec![0, 2, 1, 0, 0, b';']].concat()
}

/// EXIF as a camera writes it: which side is up, and where it was.
fn tiff(orientation: u8) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &1_u32.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let entries = [entry(0x010f, 4, 7), entry(0x0112, 3, orientation.into()), entry(0x8825, 4, 50)].concat();
    [&b"II*\0\x08\0\0\0\x03\0"[..], &entries, &[0; 4], b"GPS 52.52 13.40"].concat()
}

#[test]
fn bytes_are_what_they_are_said_to_be_or_refused() {
    let (docx, odt, word, sheet) =
        (docx(), odt(), format!("{OOXML}wordprocessingml.document"), format!("{OOXML}spreadsheetml.sheet"));
    let (png, jpeg) = (png(3, 2, &[]), jpeg(3, 2, &[]));
    let cases: &[(&str, &[u8], bool)] = &[
        ("image/png", &png, true),
        ("image/jpeg", &jpeg, true),
        ("image/jpeg", &png, false),
        ("image/gif", &gif([3, 2], [0, 0, 3, 2]), true),
        ("image/webp", &riff(&[vp8(3, 2)]), true),
        ("image/heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", true),
        ("image/heif", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", true),
        ("image/heic", b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", false),
        ("image/heic", b"\0\0\0\x14ftypmp42\0\0\0\0isomheic", false),
        ("image/png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", false),
        ("image/png", b"\x89PNG\r\n\x1a\n", false),
        ("application/pdf", b"%PDF-1.7\n", true),
        ("application/pdf", b"<html>", false),
        ("application/zip", &docx, true),
        ("application/zip", &docx[..docx.len() - 1], false),
        ("application/zip", b"PK\x03\x04 and so on", false),
        ("application/zip", &zip(&[], b""), true),
        ("application/zip", &zip(&[("a", b"b")], b"a comment"), true),
        (&word, &docx, true),
        (&sheet, &docx, false),
        (&word, &zip(&[("notes.txt", b"word/document.xml [Content_Types].xml")], b""), false),
        (&word, &zip(&[("word/document.xml", b"")], b""), false),
        (&word, b"PK\x03\x04....[Content_Types].xml....PK\x03\x04....word/document.xml", false),
        (&word, &compound(&["EncryptionInfo", "EncryptedPackage"]), true),
        (&sheet, &compound(&["EncryptionInfo", "EncryptedPackage"]), true),
        (&word, &compound(&["WordDocument"]), false),
        ("application/vnd.oasis.opendocument.text", &odt, true),
        ("application/vnd.oasis.opendocument.spreadsheet", &odt, false),
        ("application/vnd.oasis.opendocument.text", &docx, false),
        ("application/msword", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", true),
        ("application/msword", &compound(&["WordDocument"]), true),
        ("application/msword", &compound(&["Workbook"]), false),
        ("application/vnd.ms-excel", &compound(&["Workbook"]), true),
        ("application/vnd.ms-excel", &docx, false),
        ("text/plain", "Grüße, 漢字\n".as_bytes(), true),
        ("text/plain", b"Gr\xfc\xdfe, caf\xe9\n", true),
        ("text/plain", &utf16("Grüße, 漢字 😀"), true),
        ("text/plain", &utf16("odd")[..5], false),
        ("text/plain", b"\xff\xfe\x00\xd8", false),
        ("text/plain", b"\x1b[31merror\x1b[0m 10:30 \x07\r\n", true),
        ("text/markdown", b"<!-- a comment -->\n# Title\n", true),
        ("text/plain", b"Write <script>alert(1)</script> into the page.", true),
        ("text/csv", b"a,b\r\n1,2\r\n", true),
        ("text/csv", b"BMI,weight\n21,70\n", true),
        ("text/csv", b"a,<script>alert(1)</script>", true),
        ("text/plain", b"<?xml version=\"1.0\"?><log/>", true),
        ("text/plain", b"MZ is a place", true),
        ("text/plain", b"a\0b", false),
        ("text/plain", &png, false),
        ("text/plain", &jpeg, false),
        ("text/plain", b" \n<!DOCTYPE html><p>", false),
        ("text/plain", b"<!-- hidden --> <HTML>", false),
        ("text/plain", b"<?xml version=\"1.0\"?>\n<svg onload='x'/>", false),
        ("text/plain", &utf16("\u{feff}<!doctype HTML><p>"), false),
        ("text/plain", b"<script>alert(1)</script>", false),
        ("text/plain", b"%PDF-1.7\n", false),
        ("text/html", b"<p>", false),
        ("image/svg+xml", b"<svg/>", false),
    ];
    for (content_type, bytes, expected) in cases {
        assert_eq!(proven(content_type, bytes), *expected, "{content_type} {:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn what_systems_announce_is_understood() {
    let resolved = |name: &str, content_type: &str| announced(name, 1, content_type).map(|it| it.content_type);
    for (name, content_type, expected) in [
        ("Foto 1.JPG", "Image/JPEG", "image/jpeg"),
        ("a.jpg", "image/jpg", "image/jpeg"),
        ("a.txt", "text/plain;charset=utf-8", "text/plain"),
        ("a.png", "image/png; charset=x", "image/png"),
        ("a.csv", "application/vnd.ms-excel", "text/csv"),
        ("a.xls", "application/vnd.ms-excel", "application/vnd.ms-excel"),
        ("a.csv", "text/plain", "text/csv"),
        ("a.csv", "text/comma-separated-values", "text/csv"),
        ("a.md", "text/markdown", "text/markdown"),
        ("a.md", "text/x-markdown;charset=UTF-8", "text/markdown"),
        ("a.log", "text/plain", "text/plain"),
        ("a.log", "", "text/plain"),
        ("a.PDF", "application/octet-stream", "application/pdf"),
        ("a.zip", "application/x-zip-compressed", "application/zip"),
        ("a.odt", "application/zip", "application/vnd.oasis.opendocument.text"),
        ("a.heic", "", "image/heic"),
        ("noending", "text/plain", "text/plain"),
        ("a.png ", "image/png", "image/png"),
    ] {
        assert_eq!(resolved(name, content_type).unwrap(), expected, "{name} {content_type}");
    }
    assert_eq!(announced("../a\u{200e}.png. ", 1, "image/png").unwrap().name, "..a.png");
    assert_eq!(announced("a.png", FILE_BYTES + 1, "image/png").unwrap_err().code, Code::FileTooLarge);
    for (name, size, content_type) in [
        ("a.png", 0, "image/png"),
        ("a.html", 1, "text/plain"),
        ("a.html", 1, ""),
        ("a.html", 1, "application/octet-stream"),
        ("a", 1, ""),
        ("a.svg", 1, "image/png"),
        ("a.csv", 1, "image/png"),
        ("a.html", 1, "text/html"),
        ("a.txt", 1, "text/html; x=text/plain"),
        ("a.svg", 1, "image/svg+xml"),
        ("a.js", 1, "text/javascript"),
        ("gnp.\u{202e}exe", 1, "image/png"),
        ("", 1, "image/png"),
        ("..", 1, "image/png"),
    ] {
        let error = announced(name, size, content_type).unwrap_err();
        assert_eq!(error.code, Code::InvalidFile, "{name} {content_type}");
    }
}

#[test]
fn images_tell_how_large_they_are_and_how_they_are_seen() {
    let side = |bytes: &[u8], content_type: &str| match prove(content_type, bytes).unwrap() {
        Proved::Image(Dimensions { width, height, .. }) => Some((width, height)),
        Proved::Voice(_) | Proved::Other => None,
    };
    let exif = |orientation| segment(0xe1, &[b"Exif\0\0", &tiff(orientation)[..]].concat());
    assert_eq!(side(&png(640, 480, &[]), "image/png"), Some((640, 480)));
    assert_eq!(side(&png(640, 480, &[png_chunk(b"eXIf", &tiff(8))]), "image/png"), Some((480, 640)));
    assert_eq!(side(&jpeg(640, 480, &[exif(1)]), "image/jpeg"), Some((640, 480)));
    assert_eq!(side(&jpeg(640, 480, &[exif(3)]), "image/jpeg"), Some((640, 480)));
    assert_eq!(side(&jpeg(640, 480, &[exif(6)]), "image/jpeg"), Some((480, 640)));
    assert_eq!(side(&gif([640, 480], [0, 0, 9, 9]), "image/gif"), Some((640, 480)));
    assert_eq!(side(&riff(&[vp8(640, 480)]), "image/webp"), Some((640, 480)));
    let lossless = [&[0x2f][..], &(639_u32 | 479 << 14).to_le_bytes()].concat();
    assert_eq!(side(&riff(&[(b"VP8L", lossless)]), "image/webp"), Some((640, 480)));
    let animated = riff(&[vp8x(0x08, 640, 480), (b"EXIF", tiff(5))]);
    assert_eq!(side(&animated, "image/webp"), Some((480, 640)));
    assert_eq!(side(b"%PDF-", "application/pdf"), None);
}

#[test]
fn an_image_that_would_fill_a_phone_is_refused() {
    assert!(prove("image/png", &png(10_000, 5_000, &[])).is_ok(), "50 megapixels");
    assert!(prove("image/png", &png(20_000, 2_500, &[])).is_ok(), "20,000 a side");
    for (content_type, bytes) in [
        ("image/png", png(10_000, 5_001, &[])),
        ("image/png", png(20_001, 1, &[])),
        ("image/png", png(u32::MAX, u32::MAX, &[])),
        ("image/jpeg", jpeg(1, 20_001, &[])),
        ("image/jpeg", jpeg(1, 1, &[jpeg(10_000, 10_000, &[])[2..].to_vec()])),
        ("image/gif", gif([9_000, 9_000], [0, 0, 1, 1])),
        ("image/gif", gif([1, 1], [0, 0, 9_000, 9_000])),
        ("image/webp", riff(&[vp8(16_383, 16_383)])),
        ("image/webp", riff(&[vp8x(0, 1, 1), vp8(16_383, 16_383)])),
        ("image/webp", riff(&[vp8x(0, 1 << 24, 1)])),
    ] {
        let error = prove(content_type, &bytes).unwrap_err();
        assert_eq!(error.code, Code::InvalidFile, "{content_type}");
        assert!(error.detail.contains("pixels; at most 50 million"), "{}", error.detail);
    }
    for (content_type, bytes) in [("image/png", png(0, 5, &[])), ("image/jpeg", jpeg(5, 0, &[]))] {
        assert_eq!(prove(content_type, &bytes).unwrap_err().code, Code::FileTypeMismatch);
    }
}

const SECRETS: [&[u8]; 4] = [b"GPS 52.52", b"Pixel 8", b"xmp", b"film"];

fn tells(bytes: &[u8]) -> bool {
    SECRETS.iter().any(|secret| bytes.windows(secret.len()).any(|window| window == *secret))
}

/// The same image with all that phones add to it, and what must be left of it.
fn with_metadata(orientation: u8) -> [(&'static str, Vec<u8>, Vec<u8>); 3] {
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
    let jpegs = ([jpeg(4, 3, &full), b"film behind the end".to_vec()].concat(), jpeg(4, 3, &[jfif, left, icc, adobe]));
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
        // What is made anew has a checksum that is right.
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
fn metadata_goes_and_pixels_colours_and_orientation_stay() {
    for orientation in 1..=8 {
        for (content_type, full, left) in with_metadata(orientation) {
            assert!(tells(&full) && !tells(&left));
            let without = without_metadata(content_type, &full).unwrap();
            assert_eq!(without.escape_ascii().to_string(), left.escape_ascii().to_string(), "{content_type}");
            assert_eq!(without_metadata(content_type, &left), None, "{content_type}: nothing is left to take away");
            assert_eq!(prove(content_type, &left).unwrap(), prove(content_type, &full).unwrap());
        }
    }
    assert_eq!(without_metadata("image/gif", &gif([1, 1], [0, 0, 1, 1])), None);
}

#[test]
fn what_is_cut_short_does_no_harm() {
    for (content_type, full, _) in with_metadata(6) {
        for length in 0..full.len() {
            let cut = &full[..length];
            if prove(content_type, cut).is_ok() {
                let without = without_metadata(content_type, cut);
                assert!(without.is_none_or(|without| without.len() <= length + 40));
            }
        }
    }
    let word = format!("{OOXML}wordprocessingml.document");
    for (content_type, whole) in [
        ("image/gif", gif([3, 2], [0, 0, 3, 2])),
        (&word, docx()),
        (&word, compound(&["EncryptedPackage"])),
        ("application/vnd.oasis.opendocument.text", odt()),
        ("text/plain", utf16("Grüße")),
    ] {
        for length in 0..whole.len() {
            let _ = prove(content_type, &whole[..length]);
        }
    }
}

#[test]
fn a_chain_of_sectors_may_be_a_circle() {
    let mut circle = compound(&["WordDocument"]);
    circle[516..520].copy_from_slice(&1_u32.to_le_bytes());
    assert_eq!(ole::holds(&circle, &["WordDocument"]), Some(true));
    assert_eq!(ole::holds(&circle, &["Workbook"]), Some(false));
}

proptest! {
    #[test]
    fn no_bytes_bring_it_down(
        which in 0..ACCEPTED.len(),
        at in proptest::collection::vec((0_usize..2_000, any::<u8>()), 0..20),
        sample in 0..8_usize,
    ) {
        let [jpeg, png, webp] = with_metadata(6).map(|(_, full, _)| full);
        let samples =
            [jpeg, png, webp, gif([3, 2], [0, 0, 3, 2]), docx(), odt(), compound(&["Workbook"]), utf16("<!-- x -->")];
        let mut bytes = samples[sample].clone();
        for (at, byte) in at {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let content_type = ACCEPTED[which].0;
        if prove(content_type, &bytes).is_ok() && let Some(without) = without_metadata(content_type, &bytes) {
            prop_assert!(without.len() <= bytes.len() + 40);
            prop_assert!(prove(content_type, &without).is_ok());
        }
    }

    #[test]
    fn any_name_is_clean_or_refused(name in ".{0,400}") {
        if let Some(clean) = name::clean(&name) {
            prop_assert!(!clean.is_empty() && clean.len() <= 255);
            prop_assert_eq!(name::clean(&clean), Some(clean.clone()));
        }
    }
}

//! Which files are accepted, and bytes of every kind: complete, truncated, and hostile.

mod metadata;
mod samples;

use super::*;
use metadata::with_metadata;
use proptest::prelude::*;
use samples::*;

fn proven(content_type: &str, bytes: &[u8]) -> bool {
    match prove(content_type, bytes) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.code, Code::FileTypeMismatch, "{content_type}: {error}");
            false
        }
    }
}

#[test]
fn bytes_match_their_announced_type_or_are_refused() {
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
fn content_types_of_operating_systems_are_understood() {
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
fn images_have_a_size_and_an_orientation() {
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
fn an_image_with_too_many_pixels_is_refused() {
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

#[test]
fn truncated_files_are_refused_without_a_panic() {
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
fn a_circular_chain_of_sectors_ends() {
    let mut circle = compound(&["WordDocument"]);
    circle[516..520].copy_from_slice(&1_u32.to_le_bytes());
    assert_eq!(ole::holds(&circle, &["WordDocument"]), Some(true));
    assert_eq!(ole::holds(&circle, &["Workbook"]), Some(false));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
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

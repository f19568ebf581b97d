//! Which files are accepted, and whether bytes are what they are said to be.

use crate::base::error::{Error, Result};
use jobline_wire::{Code, MessageType};

/// Bytes of a file.
pub const FILE_BYTES: u64 = 10 * 1024 * 1024;
/// How many of the first bytes are looked at: enough for the names of the first entries of a ZIP.
pub(crate) const HEAD_BYTES: usize = 64 * 1024;

/// How bytes are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// By a signature of its own.
    Signature,
    /// A ZIP that names one of these among its first entries; any ZIP when there are none.
    Zip(&'static [&'static str]),
    /// An OLE compound file: the Office formats before 2007.
    Ole,
    /// Text that a browser would not take for a page.
    Text,
}

/// A type that is accepted: its name, the endings a file of it has, how it is recognised.
struct Media(&'static str, &'static [&'static str], Proof);

/// Stands for "the media type itself" in [`Proof::Zip`].
const ODF: &str = "application/vnd.oasis.opendocument.";

/// Everything that is accepted. Deliberately absent is whatever a browser would run: HTML, SVG, XML, scripts.
const ACCEPTED: &[Media] = &[
    Media("image/jpeg", &["jpg", "jpeg", "jpe", "jfif"], Proof::Signature),
    Media("image/png", &["png"], Proof::Signature),
    Media("image/gif", &["gif"], Proof::Signature),
    Media("image/webp", &["webp"], Proof::Signature),
    Media("image/heic", &["heic", "heif", "hif"], Proof::Signature),
    Media("image/heif", &["heic", "heif", "hif"], Proof::Signature),
    Media("application/pdf", &["pdf"], Proof::Signature),
    Media("application/zip", &["zip"], Proof::Zip(&[])),
    Media("application/x-zip-compressed", &["zip"], Proof::Zip(&[])),
    Media("application/msword", &["doc", "dot"], Proof::Ole),
    Media("application/vnd.ms-excel", &["xls", "xlt"], Proof::Ole),
    Media("application/vnd.ms-powerpoint", &["ppt", "pps", "pot"], Proof::Ole),
    Media("application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["docx"], Proof::Zip(&["word/"])),
    Media("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"], Proof::Zip(&["xl/"])),
    Media(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        &["pptx"],
        Proof::Zip(&["ppt/"]),
    ),
    Media("application/vnd.openxmlformats-officedocument.presentationml.slideshow", &["ppsx"], Proof::Zip(&["ppt/"])),
    Media("application/vnd.oasis.opendocument.text", &["odt"], Proof::Zip(&[ODF])),
    Media("application/vnd.oasis.opendocument.spreadsheet", &["ods"], Proof::Zip(&[ODF])),
    Media("application/vnd.oasis.opendocument.presentation", &["odp"], Proof::Zip(&[ODF])),
    Media("application/vnd.oasis.opendocument.graphics", &["odg"], Proof::Zip(&[ODF])),
    Media("text/plain", &["txt", "text", "log", "md"], Proof::Text),
    Media("text/csv", &["csv"], Proof::Text),
];

/// What is accepted, for people.
const IN_WORDS: &str = "JPEG, PNG, GIF, WebP, HEIC, PDF, Office and OpenDocument files, plain text, CSV and ZIP";

/// A file that was announced, checked: its media type in lower case.
pub(crate) fn announced(name: &str, size: u64, content_type: &str) -> Result<String> {
    let bad = |field, detail: String| Error::new(Code::InvalidFile, detail).at(field);
    if size == 0 {
        return Err(bad("fileSize", "fileSize is 0: an empty file is not accepted.".into()));
    }
    if size > FILE_BYTES {
        let detail =
            format!("The file has {size} bytes; at most {FILE_BYTES} (10 MB) are accepted. Send a smaller one.");
        return Err(Error::new(Code::FileTooLarge, detail).at("fileSize"));
    }
    let content_type = content_type.trim().to_ascii_lowercase();
    let Some(media) = find(&content_type) else {
        return Err(bad("contentType", format!("contentType is not one of those accepted: {IN_WORDS}.")));
    };
    check_name(name).map_err(|detail| bad("fileName", detail.into()))?;
    match name.rsplit_once('.') {
        Some((_, ending)) if !media.1.contains(&ending.to_ascii_lowercase().as_str()) => {
            let endings = media.1.join(", .");
            Err(bad("fileName", format!("The name of a file of type {content_type} ends in .{endings}.")))
        }
        _ => Ok(content_type),
    }
}

/// A name that can be shown and saved under: no path, nothing that hides or turns around its ending.
fn check_name(name: &str) -> std::result::Result<(), &'static str> {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    if name.is_empty() || name.len() > 255 {
        return Err("fileName has 1 to 255 bytes.");
    }
    if name.chars().any(|c| c.is_control() || c == '/' || c == '\\' || turns(c)) {
        return Err("fileName is a plain name: no path, no control characters, no characters that change direction.");
    }
    if name.trim().is_empty() || name.chars().all(|c| c == '.') || name.ends_with(['.', ' ']) {
        return Err("fileName is a plain name that does not end in a dot or a space.");
    }
    Ok(())
}

/// Whether a file that begins with `head` may be one of `content_type`.
pub(crate) fn proves(content_type: &str, head: &[u8]) -> bool {
    let Some(Media(name, _, proof)) = find(content_type) else { return false };
    match proof {
        Proof::Signature => match infer::get(head).map(|kind| kind.mime_type()) {
            // One container, two names for it.
            Some("image/heif" | "image/heic") => name.starts_with("image/hei"),
            found => found == Some(*name),
        },
        Proof::Zip(entries) => {
            is_zip(head) && (entries.is_empty() || entries.iter().any(|entry| mentions(head, entry, name)))
        }
        Proof::Ole => head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
        Proof::Text => is_text(head),
    }
}

/// `image` for the pictures that every browser shows, `file` for all else.
pub(crate) fn message_type(content_type: &str) -> MessageType {
    if shown_inline(content_type) { MessageType::Image } else { MessageType::File }
}

/// Whether a browser may show it in place.
pub(crate) fn shown_inline(content_type: &str) -> bool {
    matches!(content_type, "image/jpeg" | "image/png" | "image/gif" | "image/webp")
}

fn find(content_type: &str) -> Option<&'static Media> {
    ACCEPTED.iter().find(|media| media.0 == content_type)
}

fn is_zip(head: &[u8]) -> bool {
    // A local file header, or the end record of an archive without entries.
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// An OpenDocument archive holds its media type in full as its first entry; the others name folders.
fn mentions(head: &[u8], entry: &str, name: &str) -> bool {
    let wanted = if entry == ODF { name } else { entry };
    head.windows(wanted.len()).any(|window| window == wanted.as_bytes())
}

fn is_text(head: &[u8]) -> bool {
    let utf16 = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    let control = |byte: &u8| *byte < 0x20 && !b"\t\n\r\x0c".contains(byte);
    (utf16 || !head.iter().any(control))
        && !looks_like_page(head)
        && !PRINTABLE.iter().any(|signature| head.starts_with(signature))
}

/// How formats begin that are no plain text, though all of it is printable.
const PRINTABLE: &[&[u8]] = &[b"%PDF-", b"%!PS", b"{\\rtf", b"PK\x03\x04", b"GIF8"];

/// Whether a browser that guesses would take it for a page, a drawing or a script.
fn looks_like_page(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&head[..head.len().min(1_024)]).to_ascii_lowercase();
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\n', '\r', '\u{c}']);
    ["<!", "<?xml", "<html", "<head", "<body", "<script", "<svg", "<iframe", "#!"]
        .iter()
        .any(|tag| text.starts_with(tag))
        || text.contains("<script")
        || text.contains("<!doctype html")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OOXML: &str = "application/vnd.openxmlformats-officedocument.";
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F'];

    #[test]
    fn bytes_are_what_they_are_said_to_be_or_refused() {
        let docx = b"PK\x03\x04....[Content_Types].xml....PK\x03\x04....word/document.xml";
        let odt = b"PK\x03\x04........mimetypeapplication/vnd.oasis.opendocument.textPK";
        let word = format!("{OOXML}wordprocessingml.document");
        let sheet = format!("{OOXML}spreadsheetml.sheet");
        let cases: &[(&str, &[u8], bool)] = &[
            ("image/png", PNG, true),
            ("image/jpeg", JPEG, true),
            ("image/jpeg", PNG, false),
            ("image/gif", b"GIF89a......", true),
            ("image/webp", b"RIFF\x24\0\0\0WEBPVP8 ", true),
            ("image/heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", true),
            ("image/png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", false),
            ("application/pdf", b"%PDF-1.7\n", true),
            ("application/pdf", b"<html>", false),
            ("application/zip", docx, true),
            (&word, docx, true),
            (&sheet, docx, false),
            ("application/vnd.oasis.opendocument.text", odt, true),
            ("application/vnd.oasis.opendocument.spreadsheet", odt, false),
            ("application/msword", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", true),
            ("text/plain", "Grüße, 漢字\n".as_bytes(), true),
            ("text/csv", b"a,b\r\n1,2\r\n", true),
            ("text/csv", b"BMI,weight\n21,70\n", true),
            ("text/plain", b"MZ is a place", true),
            ("text/plain", b"a\0b", false),
            ("text/plain", b" \n<!DOCTYPE html><p>", false),
            ("text/plain", b"<script>alert(1)</script>", false),
            ("text/csv", b"a,<script>alert(1)</script>", false),
            ("text/plain", b"%PDF-1.7\n", false),
            ("text/html", b"<p>", false),
            ("image/svg+xml", b"<svg/>", false),
        ];
        for (content_type, head, expected) in cases {
            assert_eq!(proves(content_type, head), *expected, "{content_type} {:?}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn what_is_announced_must_be_plain() {
        assert_eq!(announced("Foto 1.JPG", 1, "Image/JPEG").unwrap(), "image/jpeg");
        assert_eq!(announced("noending", FILE_BYTES, "text/plain").unwrap(), "text/plain");
        assert_eq!(announced("a.png", FILE_BYTES + 1, "image/png").unwrap_err().code, Code::FileTooLarge);
        let refused = [
            ("a.png", 0, "image/png"),
            ("a.html", 1, "text/plain"),
            ("a.svg", 1, "image/png"),
            ("a.html", 1, "text/html"),
            ("a.svg", 1, "image/svg+xml"),
            ("a.js", 1, "text/javascript"),
            ("a.png", 1, "image/png; charset=x"),
            ("../a.png", 1, "image/png"),
            ("a\\b.png", 1, "image/png"),
            ("a\n.png", 1, "image/png"),
            ("gnp.\u{202e}exe.png", 1, "image/png"),
            ("", 1, "image/png"),
            ("..", 1, "image/png"),
            ("a.png ", 1, "image/png"),
        ];
        for (name, size, content_type) in refused {
            assert_eq!(
                announced(name, size, content_type).unwrap_err().code,
                Code::InvalidFile,
                "{name} {content_type}"
            );
        }
        assert!(announced(&"x".repeat(256), 1, "image/png").is_err());
    }
}

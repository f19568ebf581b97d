//! Plain text, in whatever encoding systems write it.

use std::borrow::Cow;

/// The first bytes of formats that are printable and yet not plain text.
const PRINTABLE: &[&[u8]] = &[b"%PDF-", b"%!PS", b"{\\rtf", b"PK\x03\x04", b"GIF8"];
/// How pages, drawings and scripts for browsers begin.
const PAGES: [&str; 8] = ["<!doctype html", "<html", "<head", "<body", "<script", "<svg", "<!doctype svg", "<iframe"];
/// How many characters of a text are checked for whether it is a page.
const BEGINNING: usize = 4_096;

/// Whether these bytes are text: UTF-8, UTF-16 with a byte order mark, or one byte for each character, without the control
/// characters that no text has. A page for a browser is not text, in any encoding; a text that quotes one is.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    if PRINTABLE.iter().any(|signature| bytes.starts_with(signature)) {
        return false;
    }
    match decode(bytes) {
        Some(text) => !is_page(&text),
        None => false,
    }
}

/// The beginning of the text, if all of it is text.
fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let text: String = char::decode_utf16(units).collect::<Result<_, _>>().ok()?;
        (bytes.len().is_multiple_of(2) && !text.contains(is_foreign)).then_some(Cow::Owned(text))
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ if bytes.iter().any(|byte| is_foreign(char::from(*byte))) => None,
        _ => Some(match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            // The first characters of each code page are those of ASCII, and no others are checked.
            Err(_) => bytes.iter().take(BEGINNING).map(|byte| char::from(*byte)).collect(),
        }),
    }
}

/// Whether this character occurs in no text. Tabs, line and page ends, bells and escape characters do occur in logs.
fn is_foreign(char: char) -> bool {
    matches!(char, '\0'..='\x06' | '\x0e'..='\x1a' | '\x1c'..='\x1f')
}

/// Whether a browser that sniffs the type would execute it.
fn is_page(text: &str) -> bool {
    let beginning: String = text.chars().take(BEGINNING).collect::<String>().to_ascii_lowercase();
    let mut rest = beginning.as_str();
    loop {
        rest = rest.trim_start_matches(|char: char| char == '\u{feff}' || char.is_whitespace());
        // A comment or declaration does not show the type.
        let after = ["<!--", "<?xml"].into_iter().zip(["-->", "?>"]).find_map(|(begin, end)| {
            let inside = rest.strip_prefix(begin)?;
            Some(inside.split_once(end).map_or("", |(_, after)| after))
        });
        match after {
            Some(after) => rest = after,
            None => return PAGES.iter().any(|page| rest.starts_with(page)),
        }
    }
}

//! Plain text, in whatever encoding systems write it.

use std::borrow::Cow;

/// How formats begin that are no plain text, though all of it is printable.
const PRINTABLE: &[&[u8]] = &[b"%PDF-", b"%!PS", b"{\\rtf", b"PK\x03\x04", b"GIF8"];
/// How pages, drawings and scripts of browsers begin.
const PAGES: [&str; 8] = ["<!doctype html", "<html", "<head", "<body", "<script", "<svg", "<!doctype svg", "<iframe"];
/// How much of a text is looked at to see whether it is a page, in characters.
const BEGINNING: usize = 4_096;

/// Whether these bytes are text: UTF-8, UTF-16 with a byte order mark, or one byte for each character, without the control
/// characters that no text has. A page for a browser is none, however it is encoded; text that quotes one is.
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
            // The first of each code page are the same as those of ASCII, and that is all that is looked at.
            Err(_) => bytes.iter().take(BEGINNING).map(|byte| char::from(*byte)).collect(),
        }),
    }
}

/// Whether no text has this character. Tabulators, line and page ends, bells and the beginning of colour codes are in
/// logs.
fn is_foreign(char: char) -> bool {
    matches!(char, '\0'..='\x06' | '\x0e'..='\x1a' | '\x1c'..='\x1f')
}

/// Whether a browser that guesses would take it for something that it runs.
fn is_page(text: &str) -> bool {
    let beginning: String = text.chars().take(BEGINNING).collect::<String>().to_ascii_lowercase();
    let mut rest = beginning.as_str();
    loop {
        rest = rest.trim_start_matches(|char: char| char == '\u{feff}' || char.is_whitespace());
        // A comment or declaration says nothing of what follows.
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

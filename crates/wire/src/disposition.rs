use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is escaped: everything but what RFC 8187 allows unescaped.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// `Content-Disposition` (RFC 6266) for a file of this name, which another user chose: whether a browser may show the
/// file in the page, and under which name it saves it.
#[must_use]
pub fn content_disposition(inline: bool, name: &str) -> String {
    let kind = if inline { "inline" } else { "attachment" };
    let name = sanitized(name);
    // Some browsers decode percent escapes even in `filename`, so it contains none.
    let plain: String = name.chars().map(|char| if char.is_ascii() && char != '%' { char } else { '_' }).collect();
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(&name, ESCAPED))
}

/// `name` without the characters that control a terminal, a path or the direction of text: a reader must not see
/// `exe.pdf` where the name ends with `.exe`.
fn sanitized(name: &str) -> String {
    let kept = name.chars().filter(|char| !char.is_control() && !is_control_mark(*char));
    let kept: String = kept.map(|char| if r#"/\:*?"<>|"#.contains(char) { '_' } else { char }).collect();
    match kept.trim_matches([' ', '.']) {
        kept if kept.chars().all(is_joiner) => "file".to_owned(),
        kept => kept.to_owned(),
    }
}

/// Bidirectional controls, line and paragraph separators, and zero-width characters other than joiners.
fn is_control_mark(char: char) -> bool {
    let without_width = matches!(char, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    without_width && !is_joiner(char) || matches!(char, '\u{61c}' | '\u{2028}'..='\u{202e}')
}

/// The two joiners, which many emoji and the spelling of Persian and Hindi need.
fn is_joiner(char: char) -> bool {
    matches!(char, '\u{200c}' | '\u{200d}')
}

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 8187 lets stand unescaped.
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

/// `Content-Disposition` (RFC 6266) for a file of this name, which is another user's text: whether a browser may show the
/// file in place, and under which name it saves it.
#[must_use]
pub fn content_disposition(inline: bool, name: &str) -> String {
    let kind = if inline { "inline" } else { "attachment" };
    let name = harmless(name);
    // Some browsers decode escapes even here, so none may be in it.
    let plain: String = name.chars().map(|char| if char.is_ascii() && char != '%' { char } else { '_' }).collect();
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(&name, ESCAPED))
}

/// `name` without what steers a terminal, a path or the direction of writing: `exe.fdp` must not read `pdf.exe`.
fn harmless(name: &str) -> String {
    let kept = name.chars().filter(|char| !char.is_control() && !steers(*char));
    let kept: String = kept.map(|char| if r#"/\:*?"<>|"#.contains(char) { '_' } else { char }).collect();
    match kept.trim_matches([' ', '.']) {
        kept if kept.chars().all(joins) => "file".to_owned(),
        kept => kept.to_owned(),
    }
}

/// Bidirectional controls, line and paragraph separators, and characters without width that join nothing.
fn steers(char: char) -> bool {
    let without_width = matches!(char, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    without_width && !joins(char) || matches!(char, '\u{61c}' | '\u{2028}'..='\u{202e}')
}

/// Joiners make one sign of several, as in many emoji, and belong to the spelling of Persian and Hindi.
fn joins(char: char) -> bool {
    matches!(char, '\u{200c}' | '\u{200d}')
}

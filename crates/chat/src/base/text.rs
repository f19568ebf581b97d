//! What text is accepted: message content, names, client ids, the limit of a list.

use crate::base::error::{Error, Result};
use jobline_wire::Code;

/// Unicode scalar values of a message.
pub const CONTENT_CHARS: usize = 2_000;
/// Bytes of a client id.
pub const CLIENT_ID_BYTES: usize = 64;
/// Messages or conversations in one answer.
pub const LIMIT: u32 = 50;
/// Characters of the last message that a conversation shows.
const PREVIEW_CHARS: usize = 100;

/// The content of a message, checked.
pub(crate) fn content(text: Option<String>, with_file: bool) -> Result<String> {
    let text = match text {
        Some(text) => text,
        None if with_file => String::new(),
        None => return Err(Error::invalid("content", "content is missing: send the text of the message.")),
    };
    if text.chars().any(|char| char.is_control() && char != '\n' && char != '\t') {
        return Err(Error::invalid("content", "content holds control characters; only tab and newline are accepted."));
    }
    let length = text.chars().count();
    if length > CONTENT_CHARS {
        let detail =
            format!("content has {length} characters; at most {CONTENT_CHARS} are accepted. Shorten or split it.");
        return Err(Error::new(Code::ContentTooLong, detail).at("content"));
    }
    if !with_file && text.trim().is_empty() {
        let detail = "content is empty. Write something, or send a file with it.";
        return Err(Error::new(Code::ContentEmpty, detail).at("content"));
    }
    Ok(text)
}

/// The beginning of a message for the list of conversations, on one line.
pub(crate) fn preview(text: &str, file_name: Option<&str>) -> String {
    beginning(text, file_name, PREVIEW_CHARS)
}

/// The first `length` characters of a message, or of its file's name where it has no text, on one line.
pub(crate) fn beginning(text: &str, file_name: Option<&str>, length: usize) -> String {
    let shown = if text.trim().is_empty() { file_name.unwrap_or_default() } else { text };
    let mut line: String = shown.chars().take(length).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if shown.chars().nth(length).is_some() {
        line.push('…');
    }
    line
}

/// A comment to the host, checked: empty, or text as in a message.
pub(crate) fn comment(text: String) -> Result<String> {
    content(Some(text), true).map_err(|error| error.at("comment"))
}

/// A client id, checked.
pub(crate) fn client_id(text: Option<&str>) -> Result<()> {
    match text {
        Some(text) if text.is_empty() || text.len() > CLIENT_ID_BYTES => {
            Err(Error::invalid("clientId", "clientId has 1 to 64 bytes."))
        }
        Some(text) if text.chars().any(char::is_control) => {
            Err(Error::invalid("clientId", "clientId holds control characters; use a UUID or the like."))
        }
        _ => Ok(()),
    }
}

/// How many to answer.
pub(crate) fn limit(limit: Option<u32>) -> Result<usize> {
    match limit {
        None => Ok(LIMIT as usize),
        Some(limit) if (1..=LIMIT).contains(&limit) => Ok(limit as usize),
        Some(_) => Err(Error::invalid("limit", "limit is a whole number from 1 to 50.")),
    }
}

/// A line of text to show, such as a name or a title: 1 to 200 characters, not only white space.
pub(crate) fn line(field: &'static str, text: &str) -> Result<()> {
    let length = text.chars().count();
    if length > 200 || text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(Error::invalid(
            field,
            format!("{field} has 1 to 200 characters, none of them a control character."),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_thousand_characters_of_any_script_are_a_message_and_one_more_is_not() {
        for one in ["a", "ß", "я", "ع", "漢", "한", "😀", "e", "\u{301}", "\u{202e}", "\u{200d}"] {
            let text = one.repeat(CONTENT_CHARS);
            assert_eq!(content(Some(text.clone()), false).unwrap(), text);
            let error = content(Some(text + one), false).unwrap_err();
            assert_eq!(error.code, Code::ContentTooLong);
        }
    }

    #[test]
    fn white_space_alone_needs_a_file() {
        for text in ["", " ", "\n\t ", "\u{a0}\u{2003}\u{3000}"] {
            assert_eq!(content(Some(text.into()), false).unwrap_err().code, Code::ContentEmpty);
            assert_eq!(content(Some(text.into()), true).unwrap(), text);
        }
        assert_eq!(content(None, true).unwrap(), "");
        assert_eq!(content(None, false).unwrap_err().field, Some("content"));
    }

    #[test]
    fn control_characters_are_refused_but_for_tab_and_newline() {
        for char in (0..0x20_u8).chain([0x7f]).map(char::from).chain(['\u{80}', '\u{9f}']) {
            let accepted = content(Some(format!("a{char}b")), false).is_ok();
            assert_eq!(accepted, char == '\n' || char == '\t', "{char:?}");
        }
    }

    #[test]
    fn a_preview_is_one_short_line() {
        assert_eq!(preview("one\ntwo", None), "one two");
        assert_eq!(preview("", Some("plan.pdf")), "plan.pdf");
        assert_eq!(preview(&"x".repeat(101), None), format!("{}…", "x".repeat(100)));
        assert_eq!(preview(&"x".repeat(100), None), "x".repeat(100));
    }
}

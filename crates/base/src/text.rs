//! Which text is accepted: message content, names, client ids, the limit of a list.

use crate::error::{Error, Result};
use crate::time::parse_iso;
use jobline_wire::{
    Code,
    limits::{CLIENT_ID_BYTES, CONTENT_CHARS, LANGUAGE_BYTES, NAME_CHARS, PAGE_ITEMS, PREVIEW_CHARS, QUOTE_CHARS},
};
use unicode_segmentation::UnicodeSegmentation;

/// The content of a message, checked, with `\n` at the end of each line that ended with `\r\n`.
pub fn content(text: Option<String>, with_file: bool) -> Result<String> {
    written("content", text, with_file)
}

/// The text that a user wrote in `field`, checked.
fn written(field: &'static str, text: Option<String>, may_be_empty: bool) -> Result<String> {
    let text = match text {
        Some(text) if text.contains("\r\n") => text.replace("\r\n", "\n"),
        Some(text) => text,
        None if may_be_empty => String::new(),
        None => return Err(Error::invalid(field, format!("{field} is missing: send the text of the message."))),
    };
    if text.chars().any(|char| char.is_control() && char != '\n' && char != '\t') {
        let detail = format!("{field} holds control characters; only tab and newline are accepted.");
        return Err(Error::invalid(field, detail));
    }
    let length = text.chars().count();
    if length > CONTENT_CHARS {
        let detail =
            format!("{field} has {length} characters; at most {CONTENT_CHARS} are accepted. Shorten or split it.");
        return Err(Error::new(Code::ContentTooLong, detail).at(field));
    }
    if !may_be_empty && is_blank(&text) {
        let detail = format!("{field} is empty. Write something, or send a file with it.");
        return Err(Error::new(Code::ContentEmpty, detail).at(field));
    }
    Ok(text)
}

/// The beginning of a message for the list of conversations, on one line, with an ellipsis where something follows.
pub fn preview(text: &str, file_name: Option<&str>) -> String {
    let (mut line, is_all) = beginning(text, file_name, PREVIEW_CHARS);
    if !is_all {
        line.push('…');
    }
    line
}

/// The beginning of a message for those that reply to it, on one line. No ellipsis is added: a quote is never longer than
/// the contract says, and contains only the message's text.
pub fn quote(text: &str, file_name: Option<&str>) -> String {
    beginning(text, file_name, QUOTE_CHARS).0
}

/// The beginning of a message, or of its file's name where it has no text, on one line: at most `length` Unicode scalar
/// values; and whether that is the whole text.
fn beginning(text: &str, file_name: Option<&str>, length: usize) -> (String, bool) {
    let shown = if is_blank(text) { file_name.unwrap_or_default() } else { text };
    let whole = cut(shown, length);
    let line = whole.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    (line, whole.len() == shown.len())
}

/// At most the first `length` Unicode scalar values of a text, cut between grapheme clusters (what a reader sees as one
/// character). A first cluster that is longer is cut, so that something is left.
fn cut(text: &str, length: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(length) else { return text };
    let begins = text.grapheme_indices(true).map(|(at, _)| at).take_while(|at| *at <= end);
    match begins.last() {
        None | Some(0) => &text[..end],
        Some(at) => &text[..at],
    }
}

/// Whether a user would see nothing: only white space and invisible characters.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|char| char.is_whitespace() || is_invisible(char))
}

/// Whether a character shows nothing by itself: what Unicode calls `Default_Ignorable_Code_Point` (joiners, marks of
/// direction, variation selectors, Hangul fillers, tags), annotation marks, and the Braille pattern without a dot.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}')
        || matches!(char, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(char, '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}')
        || matches!(char, '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}')
        || matches!(char, '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A comment to the host, checked: empty, or text as in a message.
pub fn comment(text: String) -> Result<String> {
    written("comment", Some(text), true)
}

/// A client id, checked.
pub fn client_id(text: Option<&str>) -> Result<()> {
    match text {
        Some(text) if text.is_empty() || text.len() > CLIENT_ID_BYTES => {
            Err(Error::invalid("clientId", format!("clientId has 1 to {CLIENT_ID_BYTES} bytes.")))
        }
        Some(text) if text.chars().any(char::is_control) => {
            Err(Error::invalid("clientId", "clientId holds control characters; use a UUID or the like."))
        }
        _ => Ok(()),
    }
}

/// The id after which a list continues: the cursor of an earlier answer, or the last possible id of an instant. Ids in the
/// list are `prefix`, 14 digits of Unix milliseconds, and more.
pub fn since(text: &str, prefix: &str, is_id: impl FnOnce(&str) -> bool) -> Result<String> {
    if is_id(text) {
        return Ok(text.to_owned());
    }
    // `~` sorts after every continuation of an id made at that instant.
    parse_iso(text).map(|at| format!("{prefix}{at:014}_~")).ok_or_else(|| {
        let detail = "since is the cursor of an earlier answer, or an instant such as 2025-11-14T10:30:00.000Z.";
        Error::new(Code::InvalidCursor, detail).at("since")
    })
}

/// How many items to answer.
pub fn limit(limit: Option<u32>) -> Result<usize> {
    match limit {
        None => Ok(PAGE_ITEMS as usize),
        Some(limit) if (1..=PAGE_ITEMS).contains(&limit) => Ok(limit as usize),
        Some(_) => Err(Error::invalid("limit", format!("limit is a whole number from 1 to {PAGE_ITEMS}."))),
    }
}

/// A line of text to show, such as a name or a title: 1 to [`NAME_CHARS`] characters, some of them visible.
pub fn line(field: &'static str, text: &str) -> Result<()> {
    let length = text.chars().count();
    if length > NAME_CHARS || is_blank(text) || text.chars().any(char::is_control) {
        return Err(Error::invalid(
            field,
            format!("{field} has 1 to {NAME_CHARS} characters, none of them a control character."),
        ));
    }
    Ok(())
}

/// The tag of a language, such as `es` or `ar-EG`: at most [`LANGUAGE_BYTES`] bytes; two to eight letters, and parts of one to
/// eight letters and digits after `-` or `_`.
pub fn language(tag: Option<&str>) -> Result<()> {
    let is_tag = |tag: &str| {
        let mut parts = tag.split(['-', '_']);
        let names = parts.next().is_some_and(|name| name.len() >= 2 && name.bytes().all(|b| b.is_ascii_alphabetic()));
        let is_part =
            |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        tag.len() <= LANGUAGE_BYTES && names && tag.split(['-', '_']).all(is_part)
    };
    match tag {
        Some(tag) if !is_tag(tag) => {
            let detail = format!("language is a tag such as es or ar-EG, of at most {LANGUAGE_BYTES} bytes.");
            Err(Error::invalid("language", detail))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_tags() {
        let longest = format!("{}-abc", "abcdefgh-".repeat(3) + "abcd");
        for tag in ["en", "ar-EG", "zh_Hant_TW", "sr-Latn-RS", "de-1996", longest.as_str()] {
            language(Some(tag)).unwrap();
        }
        language(None).unwrap();
        let too_long = format!("{longest}d");
        for wrong in ["", "e", "e1", "en-", "-en", "english language", "abcdefghi", "en--us", "é", "en;q=1", &too_long]
        {
            let error = language(Some(wrong)).unwrap_err();
            assert_eq!((error.code, error.field), (Code::InvalidRequest, Some("language")), "{wrong}");
        }
    }

    #[test]
    fn two_thousand_characters_of_any_script_are_a_message_and_one_more_is_not() {
        for one in ["a", "ß", "я", "ع", "漢", "한", "😀", "e", "\u{301}", "\u{202e}", "\u{200d}"] {
            let text = format!("a{}", one.repeat(CONTENT_CHARS - 1));
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
    fn characters_that_show_nothing_need_a_file_too() {
        let invisible = [
            "\u{200b}",
            "\u{200d}",
            "\u{fe0f}",
            "\u{202e}",
            "\u{200f}",
            "\u{ad}",
            "\u{3164}",
            "\u{2800}",
            "\u{feff}",
            "\u{2060}",
            "\u{e0020}",
            "\u{115f}",
            "\u{34f}",
        ];
        for one in invisible {
            let text = format!(" {one}\n{one}");
            assert_eq!(content(Some(text.clone()), false).unwrap_err().code, Code::ContentEmpty, "{one:?}");
            assert_eq!(content(Some(text.clone()), true).unwrap(), text, "{one:?}");
            assert_eq!(preview(&text, Some("plan.pdf")), "plan.pdf", "{one:?}");
            assert!(line("name", one).is_err(), "{one:?}");
            assert_eq!(content(Some(format!("{one}a")), false).unwrap(), format!("{one}a"), "nothing is taken out");
        }
        for seen in ["👩\u{200d}🔧", "❤\u{fe0f}", "می\u{200c}خواهم", "\u{301}", "."] {
            assert!(content(Some(seen.into()), false).is_ok(), "{seen:?}");
        }
    }

    #[test]
    fn windows_line_ends_become_newlines() {
        assert_eq!(content(Some("one\r\ntwo\r\n".into()), false).unwrap(), "one\ntwo\n");
        let long = "a\r\n".repeat(CONTENT_CHARS / 2);
        assert_eq!(content(Some(long), false).unwrap().chars().count(), CONTENT_CHARS, "counted as it is kept");
        for wrong in ["\r", "a\rb", "a\r\r\nb", "a\n\r"] {
            assert_eq!(content(Some(wrong.into()), false).unwrap_err().code, Code::InvalidRequest, "{wrong:?}");
        }
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

    #[test]
    fn a_quote_is_never_longer_than_the_contract_says() {
        assert_eq!(quote("one\ntwo", None), "one two");
        assert_eq!(quote(" ", Some("plan.pdf")), "plan.pdf");
        for one in ["x", "é", "😀"] {
            assert_eq!(quote(&one.repeat(QUOTE_CHARS), None), one.repeat(QUOTE_CHARS));
            assert_eq!(quote(&one.repeat(QUOTE_CHARS + 1), None), one.repeat(QUOTE_CHARS));
        }
        let family = "👩\u{200d}👩\u{200d}👧".repeat(25);
        assert_eq!(quote(&family, None), "👩\u{200d}👩\u{200d}👧".repeat(QUOTE_CHARS / 5));
    }

    #[test]
    fn a_preview_ends_between_two_characters_as_readers_see_them() {
        for (one, length) in [
            ("👩\u{200d}🔧", 3),
            ("👍🏽", 2),
            ("🇩🇪", 2),
            ("e\u{301}", 2),
            ("\u{1100}\u{1161}\u{11a8}", 3),
            ("❤\u{fe0f}", 2),
        ] {
            for before in 0..length {
                let text = "x".repeat(before) + &one.repeat(60);
                let whole = (PREVIEW_CHARS - before) / length;
                let expected = "x".repeat(before) + &one.repeat(whole);
                assert_eq!(preview(&text, None), expected + "…", "{one} after {before}");
            }
        }
        let endless = format!("e{}", "\u{301}".repeat(150));
        assert_eq!(preview(&endless, None), format!("e{}…", "\u{301}".repeat(PREVIEW_CHARS - 1)));
    }
}

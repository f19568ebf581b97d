//! Names of files, as phones and computers give them.

/// The limit of a name in bytes, which every file system accepts.
const BYTES: usize = 255;
/// Bytes of an ending, dot included, up to which it is kept when a name is shortened.
const ENDING: usize = 20;

/// The name under which a file is shown and saved: without a path, without characters that hide or reverse its ending,
/// without dots and spaces at its end, at most 255 bytes. `None` if nothing is left.
pub(crate) fn clean(name: &str) -> Option<String> {
    let kept: String = name.chars().filter(|char| stands(*char)).collect();
    let kept = kept.trim_start().trim_end_matches(|char: char| char == '.' || char.is_whitespace());
    let is_nothing = kept.chars().all(|char| char == '.' || char.is_whitespace() || is_invisible(char));
    (!is_nothing).then(|| shorten(kept))
}

/// The ending in lower case, without its dot.
pub(crate) fn ending(name: &str) -> Option<String> {
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase())
}

/// Joiners combine several characters into one, as in many emoji, and are part of the spelling of Persian and Hindi.
fn stands(char: char) -> bool {
    let joins = matches!(char, '\u{200c}' | '\u{200d}');
    !(char.is_control() || char == '/' || char == '\\' || char == '\u{fffd}' || (is_invisible(char) && !joins))
}

/// Whether it has no width, or controls text layout: its direction, the ends of lines.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(char, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// The name in at most 255 bytes, shortened before its ending.
fn shorten(name: &str) -> String {
    if name.len() <= BYTES {
        return name.to_owned();
    }
    let ending = name.rfind('.').map_or("", |at| &name[at..]);
    let ending = if ending.len() <= ENDING { ending } else { "" };
    let mut end = name.floor_char_boundary(BYTES - ending.len());
    // Never between a character and its combining characters.
    while name[end..].starts_with(belongs_to_the_last) || name[..end].ends_with('\u{200d}') {
        let Some((before, _)) = name[..end].char_indices().next_back() else { break };
        end = before;
    }
    let stem = name[..end].trim_end_matches(|char: char| char == '.' || char.is_whitespace());
    [stem, ending].concat()
}

/// Accents, variation selectors, skin tones, and joiners.
fn belongs_to_the_last(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_characters_are_removed_from_names() {
        for (name, expected) in [
            ("Foto 1.JPG", "Foto 1.JPG"),
            ("\u{200e}Screenshot 2025-11-14 at 10.30.png", "Screenshot 2025-11-14 at 10.30.png"),
            ("plan.pdf ", "plan.pdf"),
            ("plan.pdf. . ", "plan.pdf"),
            (" plan.pdf", "plan.pdf"),
            ("../a.png", "..a.png"),
            ("a\\b.png", "ab.png"),
            ("a\r\n.png", "a.png"),
            ("gnp.\u{202e}exe.png", "gnp.exe.png"),
            ("👩\u{200d}🔧.txt", "👩\u{200d}🔧.txt"),
            ("می\u{200c}خواهم.pdf", "می\u{200c}خواهم.pdf"),
            ("\u{feff}a\u{ad}b.txt", "ab.txt"),
            (".gitignore", ".gitignore"),
            ("日本.pdf", "日本.pdf"),
        ] {
            assert_eq!(clean(name).as_deref(), Some(expected), "{name:?}");
        }
        for nothing in ["", " ", "..", ". .", "\u{200e}", "\u{200d}", "/", "\n"] {
            assert_eq!(clean(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_long_name_is_shortened_before_its_ending() {
        let long = clean(&format!("{}.pdf", "x".repeat(260))).unwrap();
        assert_eq!(long, format!("{}.pdf", "x".repeat(251)));
        for one in ["ß", "漢", "😀", "e\u{301}", "👍🏽", "👩\u{200d}🔧"] {
            let name = clean(&format!("{}.jpeg", one.repeat(200))).unwrap();
            assert!(name.len() <= BYTES && name.len() > 220, "{}", name.len());
            let stem = name.strip_suffix(".jpeg").unwrap();
            assert_eq!(stem, one.repeat(stem.len() / one.len()), "no character is cut");
        }
        assert_eq!(clean(&"x".repeat(300)).unwrap().len(), BYTES);
        let dotted = format!("{}.{}", "x".repeat(200), "y".repeat(100));
        assert_eq!(clean(&dotted).unwrap(), dotted[..BYTES]);
    }
}

//! The texts of mail, notifications and the unsubscribe page: a file for each language.

mod ar;
mod en;
mod es;

/// A language that there are texts in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
    /// Arabic.
    Arabic,
}

/// All that is said in a language. `{}` is replaced by a name or a number; numbers stand alone, so that no language
/// needs plural forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Texts {
    /// The tag of the language.
    pub tag: &'static str,
    /// The direction that it is written in, as HTML has it: `ltr` or `rtl`.
    pub direction: &'static str,
    /// Who wrote.
    pub message_from: &'static str,
    /// That the marketplace wrote.
    pub message: &'static str,
    /// The name of the host.
    pub marketplace: &'static str,
    /// The job of the conversation.
    pub about: &'static str,
    /// How many messages are unread.
    pub unread: &'static str,
    /// A photo without words.
    pub photo: &'static str,
    /// A voice message.
    pub voice: &'static str,
    /// A file without a name.
    pub file: &'static str,
    /// A call.
    pub audio_call: &'static str,
    /// A call with pictures.
    pub video_call: &'static str,
    /// Of a call that nobody accepted.
    pub missed: &'static str,
    /// The label of the link to the conversation.
    pub reply: &'static str,
    /// Says that nobody reads replies to the mail.
    pub use_the_link: &'static str,
    /// The label of the unsubscribe link.
    pub unsubscribe: &'static str,
    /// Whether to end mail.
    pub unsubscribe_ask: &'static str,
    /// The button that ends mail.
    pub unsubscribe_yes: &'static str,
    /// Says that mail has ended.
    pub unsubscribed: &'static str,
    /// Says that the link is not valid.
    pub unsubscribe_unknown: &'static str,
}

/// What begins and ends the part of a text that may run in the other direction.
const ISOLATE: [char; 2] = ['\u{2068}', '\u{2069}'];

impl Language {
    /// The language that a tag such as `es` or `ar-EG` names, if there are texts in it.
    #[must_use]
    pub fn named(tag: &str) -> Option<Self> {
        match tag.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "es" => Some(Self::Spanish),
            "ar" => Some(Self::Arabic),
            _ => None,
        }
    }

    /// The language that a tag names; English for all others.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        Self::named(tag).unwrap_or_default()
    }

    /// The first language in an `Accept-Language` that there is, as browsers order them; English where there is none.
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let tags = header.split(',').map(|one| one.split(';').next().unwrap_or_default());
        tags.filter_map(Self::named).next().unwrap_or_default()
    }

    /// All that is said in it.
    #[must_use]
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::English => &en::TEXTS,
            Self::Spanish => &es::TEXTS,
            Self::Arabic => &ar::TEXTS,
        }
    }

    /// `text` with `value` in its place. A value that runs in the other direction stays together, and turns nothing around it.
    #[must_use]
    pub fn fill(self, text: &str, value: &str) -> String {
        let runs_against = match self {
            Self::Arabic => is_left_to_right,
            Self::English | Self::Spanish => is_right_to_left,
        };
        match value.chars().any(runs_against) {
            true => text.replace("{}", &format!("{}{value}{}", ISOLATE[0], ISOLATE[1])),
            false => text.replace("{}", value),
        }
    }

    /// The subject of a mail from `sender`; `None`: the marketplace.
    pub(crate) fn subject(self, sender: Option<&str>) -> String {
        match sender {
            Some(sender) => self.fill(self.texts().message_from, sender),
            None => self.texts().message.to_owned(),
        }
    }
}

/// A character of Hebrew, Arabic and the scripts between them.
fn is_right_to_left(char: char) -> bool {
    matches!(char, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// A character of Latin, Greek, Cyrillic and the scripts up to Armenian.
fn is_left_to_right(char: char) -> bool {
    char.is_ascii_alphabetic() || matches!(char, '\u{c0}'..='\u{24f}' | '\u{370}'..='\u{58f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(Language, &str); 3] = [(Language::English, "en"), (Language::Spanish, "es"), (Language::Arabic, "ar")];

    /// Each text with its name, as `Debug` has them: no field can be left out.
    fn fields(texts: &Texts) -> Vec<(String, String)> {
        let shown = format!("{texts:#?}");
        let field = |line: &str| {
            let (name, text) = line.trim().trim_end_matches(',').split_once(": ")?;
            Some((name.to_owned(), text.trim_matches('"').to_owned()))
        };
        shown.lines().filter_map(field).collect()
    }

    #[test]
    fn every_language_has_all_texts_of_its_own() {
        let english = fields(Language::English.texts());
        assert!(english.len() > 15, "{english:?}");
        for (language, tag) in ALL {
            let texts = fields(language.texts());
            assert_eq!(language.texts().tag, tag);
            assert_eq!(language.texts().direction, if tag == "ar" { "rtl" } else { "ltr" });
            assert_eq!(texts.len(), english.len());
            for ((name, text), (_, in_english)) in texts.iter().zip(&english) {
                assert!(!text.trim().is_empty(), "{tag} {name}");
                assert_eq!(text.matches("{}").count(), in_english.matches("{}").count(), "{tag} {name}");
                let is_own = language == Language::English || text != in_english || name == "direction";
                assert!(is_own, "{tag} {name} is in English");
            }
        }
    }

    /// The terms are those of the app.
    #[test]
    fn terms_are_those_of_the_app() {
        let app = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/app/src");
        let read = |path: String| std::fs::read_to_string(path).unwrap();
        let calls = read(format!("{app}/calls/lineWords.ts"));
        for (language, tag) in ALL {
            let texts = language.texts();
            let messages: serde_json::Value =
                serde_json::from_str(&read(format!("{app}/i18n/messages/{tag}.json"))).unwrap();
            for (key, text) in [
                ("photo", texts.photo),
                ("voiceMessage", texts.voice),
                ("file", texts.file),
                ("marketplace", texts.marketplace),
            ] {
                assert_eq!(messages[key], text, "{tag} {key}");
            }
            for (key, text) in [("audio", texts.audio_call), ("video", texts.video_call), ("missed", texts.missed)] {
                assert!(calls.contains(&format!("  {key}: '{text}',\n")), "{tag} {key}: {text}");
            }
        }
    }

    #[test]
    fn tags_name_languages() {
        for (tag, language) in [
            ("en", Some(Language::English)),
            ("es-MX", Some(Language::Spanish)),
            ("AR_eg", Some(Language::Arabic)),
            ("de", None),
            ("", None),
            ("est", None),
        ] {
            assert_eq!(Language::named(tag), language, "{tag}");
            assert_eq!(Language::of_tag(tag), language.unwrap_or_default(), "{tag}");
        }
        assert_eq!(Language::accepted("de-DE, es-AR;q=0.9, en;q=0.8"), Language::Spanish);
        assert_eq!(Language::accepted("est,*;q=0.1"), Language::English);
    }

    #[test]
    fn names_are_filled_in_as_they_are() {
        assert_eq!(Language::English.subject(Some("{} Jane")), "New message from {} Jane");
        assert_eq!(Language::English.subject(Some("أحمد")), "New message from \u{2068}أحمد\u{2069}");
        assert_eq!(Language::Arabic.fill("بخصوص: {}", "Kitchen"), "بخصوص: \u{2068}Kitchen\u{2069}");
        assert_eq!(Language::Arabic.fill("{}", "أحمد"), "أحمد");
        assert_eq!(Language::Spanish.fill(Language::Spanish.texts().unread, "3"), "Mensajes sin leer: 3");
    }
}

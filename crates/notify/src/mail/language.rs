//! What a letter says, in each language. Numbers stand alone, so that no language needs its plurals.

/// The language of a letter.
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

/// What begins and ends the part of a text that may run in the other direction.
const ISOLATE: [char; 2] = ['\u{2068}', '\u{2069}'];

impl Language {
    /// The language that a tag such as `es` or `ar-EG` names; English for all others.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        match tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "es" => Self::Spanish,
            "ar" => Self::Arabic,
            _ => Self::English,
        }
    }

    pub(super) fn tag(self) -> &'static str {
        ["en", "es", "ar"][self as usize]
    }

    /// The direction that it is written in.
    pub(super) fn direction(self) -> &'static str {
        if self == Self::Arabic { "rtl" } else { "ltr" }
    }

    pub(super) fn subject(self, sender: Option<&str>) -> String {
        match sender {
            Some(sender) => self.filled(["New message from {}", "Nuevo mensaje de {}", "رسالة جديدة من {}"], sender),
            None => ["You have a new message", "Tienes un mensaje nuevo", "لديك رسالة جديدة"][self as usize].to_owned(),
        }
    }

    /// What the conversation is about.
    pub(super) fn about(self, job: &str) -> String {
        self.filled(["About: {}", "Sobre: {}", "بخصوص: {}"], job)
    }

    pub(super) fn unread(self, count: u64) -> String {
        self.filled(["Unread messages: {}", "Mensajes sin leer: {}", "الرسائل غير المقروءة: {}"], &count.to_string())
    }

    /// What the link does.
    pub(super) fn reply(self) -> &'static str {
        ["Read and reply", "Leer y responder", "القراءة والرد"][self as usize]
    }

    /// That answers to the letter are lost.
    pub(super) fn use_the_link(self) -> &'static str {
        [
            "Please reply in the conversation: answers to this e-mail reach nobody.",
            "Responde en la conversación: las respuestas a este correo no llegan a nadie.",
            "يُرجى الرد داخل المحادثة، فالردود على هذه الرسالة لا تصل إلى أحد.",
        ][self as usize]
    }

    pub(super) fn unsubscribe(self) -> &'static str {
        [
            "No more e-mail about unread messages",
            "No recibir más correos sobre mensajes sin leer",
            "إيقاف رسائل البريد عن الرسائل غير المقروءة",
        ][self as usize]
    }

    fn filled(self, texts: [&str; 3], value: &str) -> String {
        let value = match self {
            // A Latin name in an Arabic line would move the words around it.
            Self::Arabic => format!("{}{value}{}", ISOLATE[0], ISOLATE[1]),
            _ => value.to_owned(),
        };
        texts[self as usize].replace("{}", &value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_languages() {
        for (tag, language) in [
            ("en", Language::English),
            ("es-MX", Language::Spanish),
            ("AR_eg", Language::Arabic),
            ("de", Language::English),
            ("", Language::English),
            ("est", Language::English),
        ] {
            assert_eq!(Language::of_tag(tag), language, "{tag}");
        }
    }

    #[test]
    fn names_are_filled_in_as_they_are() {
        assert_eq!(Language::English.subject(Some("{} Jane")), "New message from {} Jane");
        assert_eq!(Language::Arabic.about("Kitchen"), "بخصوص: \u{2068}Kitchen\u{2069}");
        assert_eq!(Language::Spanish.unread(3), "Mensajes sin leer: 3");
    }
}

//! The texts of mail and push about a message, in the user's language.

use jobline_chat::UnreadLine;
use jobline_notify::Language;

/// The language of a tag that a user or their host set; English if there is none.
pub(crate) fn language(tag: Option<&str>) -> Language {
    tag.map(Language::of_tag).unwrap_or_default()
}

/// The message in one line.
pub(crate) fn line(line: &UnreadLine, language: Language) -> String {
    let texts = language.texts();
    match line {
        UnreadLine::Text(text) => text.clone(),
        UnreadLine::Photo => texts.photo.to_owned(),
        UnreadLine::Voice => texts.voice.to_owned(),
        UnreadLine::File(name) if name.is_empty() => texts.file.to_owned(),
        UnreadLine::File(name) => name.clone(),
        UnreadLine::Call { video, missed } => {
            let call = if *video { texts.video_call } else { texts.audio_call };
            if *missed { format!("{call} · {}", texts.missed) } else { call.to_owned() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_without_text_are_described_in_the_users_language() {
        let said = |one: UnreadLine| ["en", "es-MX", "ar", "de"].map(|tag| line(&one, language(Some(tag))));
        assert_eq!(said(UnreadLine::Photo), ["Photo", "Foto", "صورة", "Photo"]);
        assert_eq!(said(UnreadLine::Voice)[1], "Mensaje de voz");
        assert_eq!(said(UnreadLine::Text("Hola".to_owned())), ["Hola"; 4]);
        assert_eq!(said(UnreadLine::File("plan.pdf".to_owned())), ["plan.pdf"; 4]);
        assert_eq!(said(UnreadLine::File(String::new()))[2], "ملف");
        assert_eq!(said(UnreadLine::Call { video: false, missed: true })[0], "Audio call · missed");
        assert_eq!(said(UnreadLine::Call { video: true, missed: false })[1], "Videollamada");
        assert_eq!(language(None), Language::English);
    }
}

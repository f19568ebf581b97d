//! Writes a mail as it is sent.

use super::{html, unread_mail::UnreadMail};
use lettre::{
    Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};

impl UnreadMail<'_> {
    /// The mail as it is sent. The error is one line.
    pub(super) fn message(&self, from: &Mailbox) -> Result<Message, String> {
        let to = self.to.parse().map_err(|_| "the recipient's address is not a mail address")?;
        let domain = from.email.domain();
        let message = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to))
            .subject(self.language.subject(self.sender))
            .message_id(Some(format!("<{}@{domain}>", self.id)))
            .references(format!("<{}@{domain}>", self.thread))
            .raw_header(header("List-Unsubscribe", format!("<{}>", self.unsubscribe)))
            .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()))
            // RFC 3834: no automatic reply to this.
            .raw_header(header("Auto-Submitted", "auto-generated".to_owned()))
            .raw_header(header("Content-Language", self.language.texts().tag.to_owned()));
        let body = MultiPart::alternative_plain_html(self.text(), html::page(self));
        message.multipart(body).map_err(|error| format!("the mail cannot be written: {error}"))
    }

    fn text(&self) -> String {
        let (language, texts) = (self.language, self.language.texts());
        let mut parts = vec![language.subject(self.sender)];
        parts.extend(self.job.map(|job| language.fill(texts.about, job)));
        if !self.lines.is_empty() {
            parts.push(self.lines.iter().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n>\n"));
        }
        parts.push(language.fill(texts.unread, &self.unread.to_string()));
        parts.push(format!("{}:\n{}", texts.reply, self.link));
        parts.push(texts.use_the_link.to_owned());
        parts.push(format!("-- \n{}:\n{}", texts.unsubscribe, self.unsubscribe));
        parts.join("\n\n")
    }
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

//! The HTML of a mail: a few lines and a button, without pictures, scripts or anything that is loaded.

use super::unread_mail::UnreadMail;
use std::fmt::Write as _;

const BODY: &str = "margin:0;padding:24px;background:#f4f5f7;color:#1d2129;font:16px/1.5 sans-serif";
const CARD: &str = "max-width:520px;margin:0 auto;padding:24px;background:#ffffff;border-radius:12px";
const HEADING: &str = "margin:0 0 8px;font-size:20px;line-height:1.3";
const QUOTE: &str = "margin:16px 0;padding:8px 14px;background:#f4f5f7;border-radius:8px;white-space:pre-wrap";
const BUTTON: &str = "display:inline-block;margin:16px 0;padding:12px 20px;background:#1a56db;color:#ffffff;\
                      border-radius:8px;text-decoration:none;font-weight:bold";
const SMALL: &str = "margin:16px 0 0;color:#5b6472;font-size:13px";

/// The mail as a page. Every text in it is escaped.
pub(super) fn page(mail: &UnreadMail<'_>) -> String {
    let language = mail.language;
    let texts = language.texts();
    let (tag, direction) = (texts.tag, texts.direction);
    let subject = escape(&language.subject(mail.sender));
    let mut page = format!(
        "<!doctype html><html lang=\"{tag}\" dir=\"{direction}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{subject}</title></head>\
         <body style=\"{BODY}\"><div style=\"{CARD}\"><h1 style=\"{HEADING}\">{subject}</h1>"
    );
    let mut add = |element: String| page.push_str(&element);
    if let Some(job) = mail.job {
        add(format!("<p style=\"margin:0\">{}</p>", escape(&language.fill(texts.about, job))));
    }
    for line in mail.lines {
        add(format!("<blockquote dir=\"auto\" style=\"{QUOTE}\">{}</blockquote>", escape(line)));
    }
    add(format!("<p style=\"margin:8px 0 0\">{}</p>", escape(&language.fill(texts.unread, &mail.unread.to_string()))));
    let (link, reply) = (escape(mail.link), texts.reply);
    add(format!("<p style=\"margin:0\"><a href=\"{link}\" style=\"{BUTTON}\">{reply}</a></p>"));
    add(format!("<p style=\"{SMALL}\">{}</p>", texts.use_the_link));
    let (unsubscribe, no_more) = (escape(mail.unsubscribe), texts.unsubscribe);
    add(format!("<p style=\"{SMALL}\"><a href=\"{unsubscribe}\" style=\"color:#5b6472\">{no_more}</a></p>"));
    page.push_str("</div></body></html>");
    page
}

/// Text escaped for HTML, between tags and in quotes.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, char| {
        match char {
            '&' | '<' | '>' | '"' | '\'' => {
                let _ = write!(escaped, "&#{};", u32::from(char));
            }
            _ => escaped.push(char),
        }
        escaped
    })
}

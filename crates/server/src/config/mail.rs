//! Mail about unread messages.

use super::values::{duration, switch};
use super::{ConfigError, Result, wrong};
use crate::cli::Settings;
use jobline_notify::mail::{SmtpUrl, SmtpUrlError, is_sender};

/// When messages count as left unread, and who sends mail about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailConfig {
    /// After how many milliseconds messages that are still unread are reported.
    pub after_ms: u64,
    /// Who sends mail; `None`: nobody.
    pub server: Option<MailServer>,
}

/// The mail server, and the content of mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Where it is.
    pub url: SmtpUrl,
    /// The sender of mail.
    pub from: String,
    /// Whether mail holds the text of messages.
    pub content: bool,
}

/// The settings of mail.
///
/// # Errors
/// The setting that is wrong or missing.
pub(super) fn mail(settings: &Settings) -> Result<MailConfig> {
    let after_ms = duration("mail-after", settings.mail_after.as_deref(), 600_000)?;
    let content = switch("mail-content", settings.mail_content.as_deref(), false)?;
    let url = settings.smtp_url.as_deref().map(smtp_url).transpose()?;
    let from = settings.mail_from.as_deref().map(sender).transpose()?;
    let server = match (url, from) {
        (None, None) => None,
        (Some(_), None) => Err(ConfigError::new("mail-from", "is missing: --smtp-url needs a sender with it"))?,
        (None, Some(_)) => Err(ConfigError::new("smtp-url", "is missing: --mail-from needs a server with it"))?,
        (Some(_), Some(_)) if settings.public_url.is_none() => {
            Err(ConfigError::new("public-url", "is missing: mail links to the conversation, so --smtp-url needs it"))?
        }
        (Some(url), Some(from)) => Some(MailServer { url, from, content }),
    };
    Ok(MailConfig { after_ms, server })
}

/// A password in it is not repeated.
fn smtp_url(text: &str) -> Result<SmtpUrl> {
    SmtpUrl::parse(text).map_err(|error| {
        let matter = match error {
            SmtpUrlError::Form => {
                "is no URL of a mail server; accepted are URLs such as smtp://user:password@host:587 and \
                 smtps://user:password@host:465"
            }
            SmtpUrlError::PasswordInClear => {
                "would send the password without encryption; leave ?tls=none out, or the password"
            }
        };
        ConfigError::new("smtp-url", matter)
    })
}

fn sender(text: &str) -> Result<String> {
    let accepted = "an address such as chat@example.com or Example <chat@example.com>";
    if is_sender(text) { Ok(text.to_owned()) } else { Err(wrong("mail-from", text, accepted)) }
}

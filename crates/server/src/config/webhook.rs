//! Where the host receives events.

use super::{ConfigError, Result, wrong};
use crate::cli::Settings;
use jobline_notify::webhook::{Secrets, is_usable};
use url::Url;

/// Where events are sent, and what they contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookConfig {
    /// The receiver.
    pub url: Url,
    /// What events are signed with.
    pub secrets: Secrets,
    /// Whether events hold the text of messages.
    pub content: bool,
    /// Whether private and link-local addresses are called.
    pub allow_private: bool,
}

/// The receiver that `settings` name.
pub(super) fn webhook(settings: &Settings) -> Result<Option<WebhookConfig>> {
    let content = super::switch("webhook-content", settings.webhook_content.as_deref(), false)?;
    let allow_private = super::switch("webhook-allow-private", settings.webhook_allow_private.as_deref(), false)?;
    // A secret is not repeated.
    let accepted = "accepted is whsec_ and the base64 of 24 to 64 bytes, or two of them with a comma between them while one \
                    is replaced: echo whsec_$(openssl rand -base64 32)";
    let refuse = |fault: &str| ConfigError::new("webhook-secret", format_args!("is {fault}; {accepted}"));
    let parse = |text: &String| Secrets::parse(text).ok_or_else(|| refuse("not usable"));
    let secrets = settings.webhook_secret.as_ref().map(parse).transpose()?;
    match (&settings.webhook_url, secrets) {
        (None, None) => Ok(None),
        (Some(text), Some(secrets)) => {
            Ok(Some(WebhookConfig { url: url(text, allow_private)?, secrets, content, allow_private }))
        }
        (Some(_), None) => Err(refuse("missing")),
        (None, Some(_)) => {
            Err(ConfigError::new("webhook-url", "is missing: --webhook-secret signs what is sent to it"))
        }
    }
}

fn url(text: &str, allow_private: bool) -> Result<Url> {
    let accepted = "an https URL without user and fragment, such as https://example.com/jobline; http only with \
                    --webhook-allow-private";
    let url = Url::parse(text).ok().filter(|url| is_usable(url, allow_private));
    url.ok_or_else(|| wrong("webhook-url", text, accepted))
}

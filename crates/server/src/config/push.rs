//! Push notifications about unread messages.

use super::{ConfigError, Result, wrong};
use crate::cli::Settings;
use jobline_notify::push::{Services, is_contact};

/// The contact for push services, and which of them are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushConfig {
    /// The contact: a `mailto:` or `https:` URL.
    pub subject: String,
    /// The push services.
    pub services: Services,
}

/// The settings of push notifications; `None` if they are off.
///
/// # Errors
/// The setting that is wrong.
pub(super) fn push(settings: &Settings) -> Result<Option<PushConfig>> {
    let Some(subject) = settings.vapid_subject.as_deref() else {
        return match settings.push_services.as_deref() {
            None => Ok(None),
            Some(_) => Err(ConfigError::new("vapid-subject", "is missing: --push-services needs it")),
        };
    };
    if !is_contact(subject) {
        let accepted =
            "an address at which push services reach you, such as mailto:ops@example.com or https://example.com";
        return Err(wrong("vapid-subject", subject, accepted));
    }
    Ok(Some(PushConfig { subject: subject.to_owned(), services: services(settings.push_services.as_deref())? }))
}

fn services(text: Option<&str>) -> Result<Services> {
    let Some(text) = text else { return Ok(Services::default()) };
    let origins: Vec<&str> = text.split(',').map(str::trim).collect();
    let accepted = "origins with commas between them, such as https://push.example.com";
    Services::with(&origins).ok_or_else(|| wrong("push-services", text, accepted))
}

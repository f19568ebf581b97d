//! Calls: the servers that help two devices to reach each other.

use super::values::switch;
use super::{ConfigError, Result, Secret, wrong};
use crate::cli::Settings;

/// What calls need.
#[derive(Debug, Clone)]
pub struct CallServers {
    /// `stun:` URLs.
    pub stun: Vec<String>,
    /// The relay.
    pub turn: Option<TurnSettings>,
    /// Whether two devices may reach each other without the relay.
    pub is_direct: bool,
}

/// A TURN server.
#[derive(Debug, Clone)]
pub struct TurnSettings {
    /// `turn:` and `turns:` URLs.
    pub urls: Vec<String>,
    /// The secret that it shares with this server.
    pub secret: Secret,
}

/// The settings of calls; `None` if they are off. The other settings are checked anyway.
///
/// # Errors
/// The setting that is wrong or missing.
pub(super) fn servers(settings: &Settings) -> Result<Option<CallServers>> {
    let accepted = "stun: URLs with commas between them, such as stun:stun.example.com:3478";
    let stun = urls("stun-url", settings.stun_url.as_deref(), &["stun", "stuns"], accepted)?;
    let turn = turn(settings)?;
    let is_direct = match settings.call_privacy.as_deref() {
        None => turn.is_none(),
        Some("direct") => true,
        Some("relay") if turn.is_some() => false,
        Some("relay") => {
            return Err(ConfigError::new("call-privacy", "is relay, but --turn-url is missing: there is no relay"));
        }
        Some(other) => return Err(wrong("call-privacy", other, "relay or direct")),
    };
    let is_on = switch("calls", settings.calls.as_deref(), true)?;
    Ok(is_on.then_some(CallServers { stun, turn, is_direct }))
}

fn turn(settings: &Settings) -> Result<Option<TurnSettings>> {
    let accepted = "turn: and turns: URLs with commas between them, such as turn:turn.example.com:3478 or \
                    turns:turn.example.com:5349?transport=tcp";
    let urls = urls("turn-url", settings.turn_url.as_deref(), &["turn", "turns"], accepted)?;
    match settings.turn_secret.as_deref() {
        None if urls.is_empty() => Ok(None),
        None => Err(ConfigError::new("turn-secret", "is missing: --turn-url needs the secret of that server with it")),
        Some(_) if urls.is_empty() => {
            Err(ConfigError::new("turn-url", "is missing: --turn-secret is for the server that it names"))
        }
        Some(secret) if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) => {
            let matter = "is empty or holds other bytes; accepted are visible ASCII characters: openssl rand -hex 32";
            Err(ConfigError::new("turn-secret", matter))
        }
        Some(secret) => Ok(Some(TurnSettings { urls, secret: Secret::new(secret) })),
    }
}

fn urls(flag: &str, text: Option<&str>, schemes: &[&str], accepted: &str) -> Result<Vec<String>> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let one = |url: &str| match parts(url) {
        Some(url) if schemes.contains(&url.scheme) => Ok(format!("{}:{}", url.scheme, url.rest)),
        _ => Err(wrong(flag, text, accepted)),
    };
    text.split(',').map(|url| one(url.trim())).collect()
}

/// The parts of a STUN or TURN URL (RFC 7064, RFC 7065).
pub(crate) struct UrlParts<'a> {
    pub scheme: &'a str,
    /// All after the scheme.
    pub rest: &'a str,
    pub host: &'a str,
    pub port: Option<u16>,
}

/// Reads a STUN or TURN URL; `None` for anything else.
pub(crate) fn parts(url: &str) -> Option<UrlParts<'_>> {
    let (scheme, rest) = url.split_once(':')?;
    let (address, query) = rest.split_once('?').map_or((rest, None), |(address, query)| (address, Some(query)));
    let is_transport = |query: &str| matches!(query, "transport=udp" | "transport=tcp");
    if !query.is_none_or(|query| scheme.starts_with("turn") && is_transport(query)) {
        return None;
    }
    let authority: http::uri::Authority = address.parse().ok()?;
    let port = authority.port_u16();
    let named = authority.port().is_some() == (authority.host().len() < address.len());
    let is_plain = !address.contains('@') && !authority.host().is_empty() && named;
    (is_plain && port != Some(0) && authority.port().is_some() == port.is_some()).then(|| UrlParts {
        scheme,
        rest,
        host: &address[..authority.host().len()],
        port,
    })
}

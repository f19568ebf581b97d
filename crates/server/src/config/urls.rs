//! URLs among the settings.

use super::{Result, wrong};

/// Scheme, host with port, and path of an http or https URL without user, query and fragment.
fn web_url(text: &str) -> Option<(&str, String, String)> {
    let uri: http::Uri = text.parse().ok()?;
    let scheme = ["https", "http"].into_iter().find(|scheme| uri.scheme_str() == Some(scheme))?;
    let authority = uri.authority()?;
    let plain = !authority.as_str().contains('@') && !authority.host().is_empty();
    let port_fits = authority.port().is_some() == authority.as_str().rsplit(']').next()?.contains(':');
    (plain && port_fits && !text.contains('#'))
        .then(|| (scheme, authority.as_str().to_lowercase(), uri.path().to_owned()))
        .filter(|_| authority.port().is_none() || authority.port_u16().is_some())
}

/// The URL under which browsers reach this server, without a slash at the end. Its path is compared with requests literally,
/// and inserted into a page, so only plain characters are accepted.
pub(super) fn public_url(text: &str) -> Result<String> {
    let accepted = "an http or https URL without a query, its path of A–Z a–z 0–9 . _ ~ - /, such as \
                    https://chat.example.com or https://example.com/chat";
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-/".contains(&byte);
    let usable = |path: &str| path.bytes().all(plain) && !path.contains("//");
    let (scheme, host, path) = web_url(text)
        .filter(|(_, _, path)| !text.contains('?') && usable(path.trim_end_matches('/')))
        .ok_or_else(|| wrong("public-url", text, accepted))?;
    Ok(format!("{scheme}://{host}{}", path.trim_end_matches('/')))
}

/// The address of a WebSocket API, without a slash at the end.
pub(super) fn live_url(text: &str) -> Result<String> {
    let accepted = "the wss URL of a WebSocket API's stage, such as \
                    wss://abcdef1234.execute-api.eu-west-1.amazonaws.com/live";
    let of_web = text.strip_prefix("ws").map(|rest| format!("http{rest}"));
    let (scheme, host, path) = of_web
        .as_deref()
        .and_then(web_url)
        .filter(|_| !text.contains('?'))
        .ok_or_else(|| wrong("live-url", text, accepted))?;
    Ok(format!("{}://{host}{}", scheme.replacen("http", "ws", 1), path.trim_end_matches('/')))
}

pub(super) fn jwks_url(text: &str) -> Result<String> {
    match web_url(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(wrong("jwks-url", text, "an http or https URL, such as https://example.com/.well-known/jwks.json")),
    }
}

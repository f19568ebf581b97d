//! Settings that are URLs or origins.

use super::{ConfigError, Result, wrong};

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

pub(super) fn public_url(text: &str) -> Result<String> {
    let accepted = "an http or https URL without a query, such as https://chat.example.com";
    let (scheme, host, path) =
        web_url(text).filter(|_| !text.contains('?')).ok_or_else(|| wrong("public-url", text, accepted))?;
    Ok(format!("{scheme}://{host}{}", path.trim_end_matches('/')))
}

pub(super) fn jwks_url(text: &str) -> Result<String> {
    match web_url(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(wrong("jwks-url", text, "an http or https URL, such as https://example.com/.well-known/jwks.json")),
    }
}

pub(super) fn origins(text: &str) -> Result<Vec<String>> {
    text.split(',').map(str::trim).map(origin).collect()
}

/// One origin as browsers write it: lower case, without the default port.
fn origin(text: &str) -> Result<String> {
    if text == "*" {
        let matter = "is \"*\", which would let every page on the web use a stolen token; name the origins";
        return Err(ConfigError::new("allowed-origins", matter));
    }
    let accepted = "a comma separated list of origins without a path, such as https://example.com";
    let bare = web_url(text).filter(|(_, _, path)| path == "/" && !text.ends_with('/') && !text.contains('?'));
    let (scheme, host, _) = bare.ok_or_else(|| wrong("allowed-origins", text, accepted))?;
    let usual = if scheme == "https" { ":443" } else { ":80" };
    Ok(format!("{scheme}://{}", host.strip_suffix(usual).unwrap_or(&host)))
}

//! The caller's credentials.

use super::refusal::Refusal;
use http::{HeaderMap, header};

/// A bearer token, or why there is none. It is made from the headers of a request, where only `Authorization` counts,
/// or from a token that came in another way: browsers cannot set a header for a WebSocket or server-sent events.
#[derive(Debug, Clone, Copy)]
pub struct Credential<'a>(Result<&'a str, Refusal>);

impl<'a> Credential<'a> {
    pub(super) fn token(self) -> Result<&'a str, Refusal> {
        self.0
    }
}

impl<'a> From<&'a HeaderMap> for Credential<'a> {
    fn from(headers: &'a HeaderMap) -> Self {
        Self(token(headers))
    }
}

impl<'a> From<&'a str> for Credential<'a> {
    fn from(token: &'a str) -> Self {
        Self(Ok(token))
    }
}

/// The bearer token of a request that carries exactly one.
fn token(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::Missing)?;
    // A proxy in front of this server might read the other one of two headers, so neither counts.
    if values.next().is_some() {
        return Err(Refusal::Several);
    }
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Refusal::NotBearer)?;
    let token = token.trim_matches(' ');
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(Refusal::NotBearer);
    }
    Ok(token)
}

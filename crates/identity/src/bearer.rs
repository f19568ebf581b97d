//! The token in the `Authorization` header, and nowhere else.

use super::refusal::Refusal;
use http::{HeaderMap, header};

/// The bearer token of a request that carries exactly one.
pub(super) fn token(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::Missing)?;
    // Two headers may be read differently by a proxy before us and by us, so neither counts.
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

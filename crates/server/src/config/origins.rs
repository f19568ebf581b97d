//! `--allowed-origins`: accepts everything that a browser can send as an origin, and refuses what could never match.

use super::{ConfigError, Result, wrong};
use std::net::{Ipv4Addr, Ipv6Addr};

const ACCEPTED: &str = "a comma separated list of origins without a path, such as https://example.com or \
                        capacitor://localhost";
/// Pages of these have the origin `null`, or are no pages.
const WITHOUT_ORIGIN: [&str; 9] = ["about", "blob", "data", "file", "filesystem", "ftp", "javascript", "ws", "wss"];

pub(super) fn origins(text: &str) -> Result<Vec<String>> {
    text.split(',').map(str::trim).map(origin).collect()
}

/// One origin as browsers write it: lower case, without the scheme's own port.
fn origin(text: &str) -> Result<String> {
    let matter = match text {
        "*" => "is \"*\", which would let every page on the web use a token it gets hold of; name the origins",
        "null" => {
            "is \"null\", which is the origin of every sandboxed frame and every local file, so it names nobody; accepted \
             are origins such as https://example.com"
        }
        _ => return canonical(text).ok_or_else(|| wrong("allowed-origins", text, ACCEPTED)),
    };
    Err(ConfigError::new("allowed-origins", matter))
}

fn canonical(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte);
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(plain);
    if !is_scheme || WITHOUT_ORIGIN.contains(&scheme.as_str()) {
        return None;
    }
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(number(port)?)),
        _ => (rest, None),
    };
    let host = canonical_host(host)?;
    let usual = match scheme.as_str() {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    };
    Some(match port.filter(|port| Some(*port) != usual) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

fn number(port: &str) -> Option<u16> {
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| port.parse().ok()).flatten().filter(|port| *port > 0)
}

/// A name (in its ASCII form), an IPv4 address of four numbers, or an IPv6 address in brackets.
fn canonical_host(host: &str) -> Option<String> {
    if let Some(address) = host.strip_prefix('[') {
        return address.strip_suffix(']')?.parse().ok().map(canonical_v6);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if host.is_empty() || host.starts_with('.') || host.contains("..") || !host.bytes().all(plain) {
        return None;
    }
    // Browsers treat a name whose last part is a number as an address, and write it in full.
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") || last.starts_with("0X");
    match is_number {
        true => host.parse().ok().map(|address: Ipv4Addr| address.to_string()),
        false => Some(host.to_ascii_lowercase()),
    }
}

/// As browsers write it: Rust writes an IPv4-mapped address with dots.
fn canonical_v6(address: Ipv6Addr) -> String {
    match (address.to_ipv4_mapped(), address.segments()) {
        (Some(_), [.., high, low]) => format!("[::ffff:{high:x}:{low:x}]"),
        (None, _) => format!("[{address}]"),
    }
}

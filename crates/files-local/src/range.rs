//! Which part of a file is requested (RFC 9110, sections 13 and 14).

use super::text;
use http::{HeaderMap, header};

/// A part of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    /// The first and the last byte.
    Range(u64, u64),
    /// None of its bytes.
    Outside,
}

/// The requested part. Several ranges, or an invalid one, are answered with the whole file, and so is a range of an
/// older file.
pub(super) fn part(headers: &HeaderMap, etag: &str, size: u64) -> Part {
    let same = text(headers, header::IF_RANGE).is_none_or(|known| known == etag);
    text(headers, header::RANGE).filter(|_| same).and_then(|text| range(text, size)).unwrap_or(Part::Whole)
}

fn range(text: &str, size: u64) -> Option<Part> {
    let (unit, range) = text.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    if first.is_empty() {
        let suffix = number(last)?.min(size);
        return Some(if suffix == 0 { Part::Outside } else { Part::Range(size - suffix, size - 1) });
    }
    let first = number(first)?;
    let last = if last.is_empty() { u64::MAX } else { number(last)? };
    if last < first {
        return None;
    }
    Some(if first >= size { Part::Outside } else { Part::Range(first, last.min(size - 1)) })
}

/// Digits only; a number beyond the largest file counts as that size.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Whether `If-None-Match` names this `ETag`. The comparison is the weak one.
pub(super) fn names(known: &str, etag: &str) -> bool {
    known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == etag)
}

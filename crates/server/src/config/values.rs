//! Settings that are numbers, switches and words.

use super::{Result, wrong};
use std::ops::RangeInclusive;
use tracing_subscriber::filter::LevelFilter;

/// A whole number in `range`.
pub(super) fn number(flag: &str, text: Option<&str>, default: u32, range: RangeInclusive<u32>) -> Result<u32> {
    let Some(text) = text else { return Ok(default) };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = digits.then(|| text.parse().ok()).flatten().filter(|number| range.contains(number));
    let accepted = format!("a whole number from {} to {}", range.start(), range.end());
    parsed.ok_or_else(|| wrong(flag, text, &accepted))
}

/// A time such as `90s`, `10m` or `2h`, up to a week, in milliseconds.
pub(super) fn duration(flag: &str, text: Option<&str>, default_ms: u64) -> Result<u64> {
    const WEEK_SECONDS: u64 = 7 * 86_400;
    let Some(text) = text else { return Ok(default_ms) };
    let seconds = seconds(text).filter(|seconds| (1..=WEEK_SECONDS).contains(seconds));
    seconds
        .map(|seconds| 1_000 * seconds)
        .ok_or_else(|| wrong(flag, text, "a time from 1s to 7d, such as 90s, 10m or 2h"))
}

/// The seconds of a number with a unit: 90s, 15m, 1h, 30d.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let number = text.strip_suffix(unit)?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let times = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)].into_iter().find(|(name, _)| *name == unit)?.1;
    digits.then(|| number.parse::<u64>().ok()?.checked_mul(times)).flatten()
}

/// `on` or `off`.
pub(super) fn switch(flag: &str, text: Option<&str>, default: bool) -> Result<bool> {
    match text {
        None => Ok(default),
        Some("on" | "true" | "1") => Ok(true),
        Some("off" | "false" | "0") => Ok(false),
        Some(other) => Err(wrong(flag, other, "on or off")),
    }
}

/// How much is logged.
pub(super) fn level(text: &str) -> Result<LevelFilter> {
    match text {
        "off" => Ok(LevelFilter::OFF),
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        _ => Err(wrong("log", text, "error, warn, info, debug or off")),
    }
}

//! Times as the contract writes them: ISO 8601, UTC, milliseconds.

use jiff::{
    Timestamp,
    fmt::temporal::{DateTimePrinter, Pieces},
};

/// `2025-11-14T10:30:00.000Z`.
#[must_use]
pub fn iso(ms: u64) -> String {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    PRINTER.timestamp_to_string(&Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX))
}

/// The Unix milliseconds of an ISO 8601 timestamp with an offset; before 1970 is 0.
///
/// A space is read as `+`, because an unescaped `+` in a URL arrives as a space. The last day of the year 9999, which
/// many use for "no end", is read as the last representable instant.
#[must_use]
pub fn parse_iso(text: &str) -> Option<u64> {
    let text = text.replace(' ', "+");
    let timestamp = text.parse().ok().or_else(|| is_last_day(&text).then_some(Timestamp::MAX))?;
    Some(u64::try_from(timestamp.as_millisecond()).unwrap_or(0))
}

/// Whether it is a time in the last days of the year 9999, which a [`Timestamp`] cannot represent in every time zone.
fn is_last_day(text: &str) -> bool {
    let Ok(pieces) = Pieces::parse(text) else { return false };
    let (date, timed) = (pieces.date(), pieces.time().is_some() && pieces.offset().is_some());
    timed && (date.year(), date.month()) == (9999, 12) && date.day() >= 30
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_parsed() {
        assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso(1_763_116_200_007), "2025-11-14T10:30:00.007Z");
        assert_eq!(parse_iso("2025-11-14T10:30:00.007Z"), Some(1_763_116_200_007));
        assert_eq!(parse_iso("2025-11-14T12:30:00.007+02:00"), Some(1_763_116_200_007));
        assert_eq!(parse_iso("2025-11-14T12:30:00.007 02:00"), Some(1_763_116_200_007));
        assert_eq!(parse_iso("2025-11-14T10:30:00Z"), Some(1_763_116_200_000));
        assert_eq!(parse_iso("1969-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse_iso("9999-12-31T23:59:59.999Z").map(iso).as_deref(), Some("9999-12-30T22:00:00.999Z"));
        assert_eq!(parse_iso("9999-12-32T23:59:59.999Z"), None);
        assert_eq!(parse_iso("9999-12-31"), None);
        assert_eq!(parse_iso("2025-11-14"), None);
        assert_eq!(parse_iso("yesterday"), None);
        assert_eq!(iso(u64::MAX), "9999-12-30T22:00:00.999Z");
    }
}

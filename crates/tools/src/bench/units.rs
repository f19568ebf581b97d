//! Figures as they are printed.

use std::time::Duration;

/// In microseconds.
pub(super) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// A time in microseconds, printed in milliseconds from one millisecond on.
pub(super) fn time(micros: f64) -> String {
    if micros < 1_000.0 { format!("{micros:.0} µs") } else { format!("{:.2} ms", micros / 1_000.0) }
}

/// Whole megabytes.
pub(super) fn megabytes(bytes: u64) -> u64 {
    bytes / (1 << 20)
}

//! The progress bar on standard error. It is drawn only on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// Counts rows, of an estimated number.
pub(super) fn of_rows(estimate: u64) -> ProgressBar {
    bar(estimate, "{msg} {bar:30} {human_pos} of about {human_len} rows, {per_sec}")
}

/// Counts bytes, of `total`.
pub(super) fn of_bytes(total: u64, what: &'static str) -> ProgressBar {
    let bar = bar(total, "{msg} {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left");
    bar.set_message(what);
    bar
}

/// Counts files; their number is not known in advance.
pub(super) fn of_files() -> ProgressBar {
    bar(0, "{msg} {human_pos} files")
}

fn bar(total: u64, template: &str) -> ProgressBar {
    // Draws to standard error, if that is a terminal.
    let bar = ProgressBar::new(total);
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

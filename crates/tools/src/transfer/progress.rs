//! The bar on standard error: there when somebody watches, silent otherwise.

use indicatif::{ProgressBar, ProgressStyle};

/// Counts rows towards an estimate.
pub(super) fn of_rows(estimate: u64) -> ProgressBar {
    bar(estimate, "{msg} {bar:30} {human_pos} of about {human_len} rows, {per_sec}")
}

/// Counts bytes.
pub(super) fn of_bytes(total: u64, what: &'static str) -> ProgressBar {
    let bar = bar(total, "{msg} {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left");
    bar.set_message(what);
    bar
}

/// Says which file is being copied; how many there are is not known before the end.
pub(super) fn of_files() -> ProgressBar {
    bar(0, "{msg} {human_pos} files")
}

fn bar(total: u64, template: &str) -> ProgressBar {
    // Draws to standard error, and nothing at all when that is not a terminal.
    let bar = ProgressBar::new(total);
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

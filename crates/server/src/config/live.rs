//! Live connections.

use super::Result;
use super::values::{number, switch};
use crate::cli::Settings;

/// A share that is set while live connections are off is checked anyway.
pub(super) fn percent(settings: &Settings) -> Result<u32> {
    let percent = number("live-percent", settings.live_percent.as_deref(), 100, 0..=100)?;
    Ok(if switch("live", settings.live.as_deref(), true)? { percent } else { 0 })
}

//! The last observed time of the clock, by which a clock that jumped is detected.
//!
//! Retention deletes by the clock. A clock that is ahead by a year would irrevocably delete everything with a shorter
//! retention. So retention pauses for a day after the clock advanced by more than a day between two checks, which are
//! ten minutes apart. It also pauses after a server was off for that long, which does no harm.

use super::{
    db::Db,
    error::Result,
    rows::{self, LAYOUT},
};
use crate::keys;
use jobline_store::Consistency;
use serde::{Deserialize, Serialize};

/// How far the clock may advance between two checks, in milliseconds.
const JUMP_MS: u64 = 24 * 3_600_000;
/// How long retention pauses after a jump, in milliseconds.
const WAIT_MS: u64 = 24 * 3_600_000;
/// By how much clocks of servers may differ, in milliseconds.
const DIFFERENCE_MS: u64 = 5 * 60_000;

/// `SYSTEM` / `CLOCK`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClockRow {
    v: u8,
    /// The clock at the last check, in Unix milliseconds.
    at: u64,
    /// Until when retention pauses, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wait_until: Option<u64>,
}

/// How the clock compares with the last check, by this server or another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockLook {
    /// It advanced normally.
    Steady,
    /// It is behind: rows may be dated up to `by_ms` milliseconds ahead of it.
    Behind {
        /// By how much, in milliseconds.
        by_ms: u64,
    },
    /// It jumped ahead. Retention must not delete anything before `until_ms`.
    Jumped {
        /// When retention resumes, in Unix milliseconds.
        until_ms: u64,
    },
}

pub(crate) async fn look_at_clock(db: &Db, now: u64) -> Result<ClockLook> {
    let row = db.get(&keys::clock(), Consistency::Strong).await?;
    let before: Option<ClockRow> = row.as_ref().map(rows::decode).transpose()?;
    let look = before.map_or(ClockLook::Steady, |before| compare(before, now));
    let wait_until = match look {
        ClockLook::Jumped { until_ms } => Some(until_ms),
        ClockLook::Steady | ClockLook::Behind { .. } => None,
    };
    let value = rows::encode(&ClockRow { v: LAYOUT, at: now, wait_until });
    // A conflict means that another server has just checked.
    let _outcome = db.commit(db.begin().put(keys::clock(), rows::as_read(row.as_ref()), value, None)).await?;
    Ok(look)
}

fn compare(before: ClockRow, now: u64) -> ClockLook {
    if now > before.at.saturating_add(JUMP_MS) {
        return ClockLook::Jumped { until_ms: now.saturating_add(WAIT_MS) };
    }
    if now.saturating_add(DIFFERENCE_MS) < before.at {
        return ClockLook::Behind { by_ms: before.at - now };
    }
    match before.wait_until {
        Some(until_ms) if now < until_ms => ClockLook::Jumped { until_ms },
        _ => ClockLook::Steady,
    }
}

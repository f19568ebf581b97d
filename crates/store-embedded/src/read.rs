//! Reading pages of rows, and how long a read may use its caller's thread.

use crate::codec::{self, ROWS_BEGIN, ROWS_END};
use crate::error::read_error;
use fjall::Keyspace;
use jobline_store::{Direction, Error, Key, Page, Range, Row, ScanPage};
use std::ops::Bound;
use std::time::{Duration, Instant};

/// Bytes of rows after which a page ends, so that no page of large rows takes long.
const PAGE_BYTES: usize = 1024 * 1024;
/// The largest capacity that is reserved for a page's rows.
const ROWS_RESERVED: usize = 256;
/// The budget is checked after this many rows.
const ROWS_PER_CHECK: usize = 4;

/// The part of a budget that one step may take. A step from memory takes far less than a read from a disk.
const STEPS: u32 = 8;

/// The time that a read may take, in all and for a single step.
pub(crate) struct Budget {
    /// `None` for a read that may take any time.
    limits: Option<Limits>,
}

struct Limits {
    end: Instant,
    step: Duration,
    last_step: Instant,
}

impl Budget {
    pub(crate) fn unlimited() -> Self {
        Self { limits: None }
    }

    /// A budget of `time` from now on.
    pub(crate) fn of(time: Duration) -> Self {
        let now = Instant::now();
        Self { limits: Some(Limits { end: now + time, step: time / STEPS, last_step: now }) }
    }

    /// Whether the time is over, or the step since the last call took so long that it probably waited for the disk.
    pub(crate) fn is_spent(&mut self) -> bool {
        let Some(limits) = &mut self.limits else { return false };
        let now = Instant::now();
        let step = now - std::mem::replace(&mut limits.last_step, now);
        now >= limits.end || step > limits.step
    }
}

/// The page of `range`, from one snapshot; `None` if the budget was spent before the page was complete.
pub(crate) fn page(rows: &Keyspace, range: &Range, mut budget: Budget) -> Result<Option<Page>, Error> {
    let from = codec::row_key(&range.partition, &range.from);
    let to = codec::row_key(&range.partition, &range.to);
    if from >= to {
        return Ok(Some(Page { rows: Vec::new(), next: None }));
    }
    if budget.is_spent() {
        return Ok(None);
    }
    let entries = rows.range(from..to);
    let collected = match range.direction {
        Direction::Ascending => collect(entries, range.limit, budget)?,
        Direction::Descending => collect(entries.rev(), range.limit, budget)?,
    };
    Ok(collected.map(|(rows, more)| {
        let next = rows.last().filter(|_| more).map(|(key, _)| key.sort.clone());
        Page { rows, next }
    }))
}

/// The first `limit` rows after the key `after`, in the order of their keys.
pub(crate) fn scan_page(rows: &Keyspace, after: Option<&Key>, limit: usize) -> Result<ScanPage, Error> {
    let from = after.map(|key| codec::row_key(&key.partition, &key.sort));
    let from = from.as_deref().map_or(Bound::Included(ROWS_BEGIN), Bound::Excluded);
    let entries = rows.range::<&[u8], _>((from, Bound::Excluded(ROWS_END)));
    let (rows, more) = collect(entries, limit, Budget::unlimited())?.expect("an unlimited budget is never spent");
    let next = rows.last().filter(|_| more).map(|(key, _)| key.clone());
    Ok(ScanPage { rows, next })
}

/// Rows, and whether more follow.
type Collected = (Vec<(Key, Row)>, bool);

/// The first rows of `entries`; `None` if the budget was spent before.
fn collect(
    entries: impl Iterator<Item = fjall::Guard>,
    limit: usize,
    mut budget: Budget,
) -> Result<Option<Collected>, Error> {
    let mut rows = Vec::with_capacity(limit.min(ROWS_RESERVED));
    let mut bytes = 0;
    for entry in entries {
        if rows.len() >= limit.max(1) || bytes >= PAGE_BYTES {
            return Ok(Some((rows, true)));
        }
        if rows.len() % ROWS_PER_CHECK == 0 && budget.is_spent() {
            return Ok(None);
        }
        let (key, row) = entry.into_inner().map_err(read_error)?;
        bytes += key.len() + row.len();
        rows.push((codec::port_key(&key)?, codec::decode_row(&row)?));
    }
    Ok(Some((rows, false)))
}

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
/// The budget is looked at once for so many rows.
const ROWS_PER_CHECK: usize = 4;

/// The time that a read may take.
#[derive(Clone, Copy)]
pub(crate) struct Budget {
    end: Option<Instant>,
}

impl Budget {
    pub(crate) const UNLIMITED: Self = Self { end: None };

    /// A budget of `time` from now on.
    pub(crate) fn of(time: Duration) -> Self {
        Self { end: Some(Instant::now() + time) }
    }

    pub(crate) fn is_spent(self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }
}

/// The page of `range`, from one snapshot; `None` if the budget was spent before the page was complete.
pub(crate) fn page(rows: &Keyspace, range: &Range, budget: Budget) -> Result<Option<Page>, Error> {
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
    let (rows, more) = collect(entries, limit, Budget::UNLIMITED)?.expect("an unlimited budget is never spent");
    let next = rows.last().filter(|_| more).map(|(key, _)| key.clone());
    Ok(ScanPage { rows, next })
}

/// The first rows, and whether more follow; `None` if the budget was spent before.
fn collect(
    entries: impl Iterator<Item = fjall::Guard>,
    limit: usize,
    budget: Budget,
) -> Result<Option<(Vec<(Key, Row)>, bool)>, Error> {
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

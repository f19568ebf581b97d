//! Deletes expired rows, found by the index of expiries.

use crate::codec;
use crate::decider::Decider;
use crate::error::{guarded, read_error};
use crate::group::{Base, Group};
use crate::jobs::Swept;
use fjall::Keyspace;
use jobline_store::Error;

/// Rows that one job of the sweep deletes, so that commits do not wait for long.
const SWEEP_ROWS: usize = 256;

impl Decider {
    /// Deletes at most `limit` rows that are due before `now`.
    pub(crate) fn sweep(&mut self, now: u64, limit: usize) -> Result<Swept, Error> {
        let mut swept = Swept { rows: 0, more: false };
        if now <= self.swept {
            return Ok(swept);
        }
        self.settle()?;
        let mut group = Group::default();
        let collect = |rows: &Keyspace| guarded(|| self.collect_due(rows, now, limit, &mut group, &mut swept));
        let reached = self.shared.read(collect)?;
        self.write_alone(group)?;
        self.swept = reached;
        Ok(swept)
    }

    /// Adds the deletion of rows due before `now` to `group`; returns the time before which no row is left then.
    fn collect_due(
        &self,
        rows: &Keyspace,
        now: u64,
        limit: usize,
        group: &mut Group,
        swept: &mut Swept,
    ) -> Result<u64, Error> {
        let base = Base { writing: None, cache: &self.shared.cache, rows };
        let due = rows.range(codec::expiry_from(self.swept)..codec::expiry_from(now));
        for (entries, entry) in due.enumerate() {
            let entry = entry.key().map_err(read_error)?;
            if swept.rows == limit.min(SWEEP_ROWS) || entries == 4 * SWEEP_ROWS {
                swept.more = true;
                return Ok(codec::split_expiry_key(&entry)?.0);
            }
            swept.rows += usize::from(group.expire(&entry, &base)?);
        }
        Ok(now)
    }
}

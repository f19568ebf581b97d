//! How many reports and push subscriptions a user may still make in this minute. Each has its own bucket, so that a
//! user who reacts a lot can still report somebody.

use crate::{
    base::{
        error::Result,
        id::UserId,
        rate::Bucket,
        rows::{self, Extra, LAYOUT},
    },
    keys,
};
use jobline_store::{CommitBuilder, Condition, Key, Row};
use jobline_wire::limits::CHANGES_PER_MINUTE;
use serde::{Deserialize, Serialize};

/// `USER#<id>` / `LIMITS`. Not in the head, which every send writes and which has no room for more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LimitsRow {
    v: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reports: Option<Bucket>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subscriptions: Option<Bucket>,
    #[serde(flatten)]
    extra: Extra,
}

/// The limits of a user as they were read. Calls of the user at the same time conflict over their row, so each is counted.
pub(crate) struct Limits {
    key: Key,
    read: Condition,
    row: LimitsRow,
}

impl Limits {
    /// Those of `user`, whose row `keys::limits` was read as `found`.
    ///
    /// # Errors
    /// `unavailable` for a row that cannot be read.
    pub fn new(user: &UserId, found: Option<&Row>) -> Result<Self> {
        let none = || LimitsRow { v: LAYOUT, reports: None, subscriptions: None, extra: Extra::default() };
        let row = found.map(rows::decode).transpose()?.unwrap_or_else(none);
        Ok(Self { key: keys::limits(user), read: rows::as_read(found), row })
    }

    /// Counts one more report at `now`, in the commit that stores it.
    ///
    /// # Errors
    /// `rate_limited`, with the wait.
    pub fn take_report(mut self, now: u64, commit: CommitBuilder) -> Result<CommitBuilder> {
        self.row.reports = Bucket::take_report(self.row.reports, CHANGES_PER_MINUTE, now)?;
        Ok(self.put(commit))
    }

    /// Counts one more push subscription at `now`, in the commit that stores it.
    ///
    /// # Errors
    /// `rate_limited`, with the wait.
    pub fn take_subscription(mut self, now: u64, commit: CommitBuilder) -> Result<CommitBuilder> {
        self.row.subscriptions = Bucket::take_subscription(self.row.subscriptions, CHANGES_PER_MINUTE, now)?;
        Ok(self.put(commit))
    }

    fn put(self, commit: CommitBuilder) -> CommitBuilder {
        commit.put(self.key, self.read, rows::encode(&self.row), None)
    }
}

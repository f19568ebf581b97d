use jobline_store::limits;

/// The batch sizes with which a store is filled fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Rows in one commit.
    pub rows: usize,
    /// Commits that run at the same time.
    pub commits: usize,
}

impl Pace {
    /// For an engine that groups commits, where a group costs one sync.
    pub const GROUPS: Self = Self { rows: limits::OPERATIONS_PER_COMMIT, commits: 8 };
    /// For an engine that makes a commit of several rows an expensive transaction: one row each, many at a time.
    pub const SINGLES: Self = Self { rows: 1, commits: 64 };
}

use jobline_store::limits;

/// In what portions a store is filled quickest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Rows in one commit.
    pub rows: usize,
    /// Commits on their way at the same time.
    pub commits: usize,
}

impl Pace {
    /// For an engine that writes commits in groups: it pays for one sync.
    pub const GROUPS: Self = Self { rows: limits::OPERATIONS_PER_COMMIT, commits: 8 };
    /// For an engine that bills and locks a commit of several rows as a transaction: one row each, many at a time.
    pub const SINGLES: Self = Self { rows: 1, commits: 64 };
}

use crate::{Consistency, Key, Row};

/// The direction in which a range is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the smallest sort key up.
    Ascending,
    /// From the largest sort key down.
    Descending,
}

/// Rows of one partition with `from <= sort < to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The partition.
    pub partition: String,
    /// The smallest sort key in the range.
    pub from: String,
    /// The first sort key after the range.
    pub to: String,
    /// Which end comes first.
    pub direction: Direction,
    /// How many rows a page has at most; at least 1.
    pub limit: usize,
    /// How fresh the rows must be.
    pub consistency: Consistency,
}

impl Range {
    /// All rows of `partition` whose sort key begins with `prefix`, ascending, strongly consistent.
    ///
    /// `prefix` ends in a printable ASCII character.
    pub fn prefix(partition: impl Into<String>, prefix: impl Into<String>, limit: usize) -> Self {
        let from = prefix.into();
        let to = format!("{from}\u{10ffff}");
        Self {
            partition: partition.into(),
            from,
            to,
            direction: Direction::Ascending,
            limit,
            consistency: Consistency::Strong,
        }
    }

    /// The range that follows a page of this range whose [`Page::next`] is `next`.
    #[must_use]
    pub fn after(&self, next: &str) -> Self {
        let mut rest = self.clone();
        match self.direction {
            // The smallest string greater than `next`.
            Direction::Ascending => rest.from = format!("{next}\0"),
            Direction::Descending => rest.to = next.to_owned(),
        }
        rest
    }
}

/// One page of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The rows, in the direction of the range.
    pub rows: Vec<(Key, Row)>,
    /// Where the next page begins: pass it to [`Range::after`]. Only `None` says that there is nothing more.
    pub next: Option<String>,
}

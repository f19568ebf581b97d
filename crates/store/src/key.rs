use std::fmt;

/// The key of a row: its partition, and its position in the order of that partition.
///
/// Both parts are printable text, so that rows can be read in a database console. Sort keys are compared as bytes.
/// Limits: [`crate::limits::PARTITION_BYTES`] and [`crate::limits::SORT_BYTES`], checked where a commit is built.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The partition. A range never leaves it.
    pub partition: String,
    /// The position within the partition.
    pub sort: String,
}

impl Key {
    /// A key from its two parts.
    pub fn new(partition: impl Into<String>, sort: impl Into<String>) -> Self {
        Self { partition: partition.into(), sort: sort.into() }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.partition, self.sort)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

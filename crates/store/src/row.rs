use bytes::Bytes;

/// Identifies one write of a row.
///
/// A version is the low half of the [`crate::Token`] of the commit that wrote the row. Versions have no order. They are
/// never reused, so a row that was deleted and written again is not mistaken for the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(pub u64);

/// A row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What the row holds: UTF-8 text (versioned JSON, in Jobline), so that it is legible in a database console.
    pub value: Bytes,
    /// Which commit wrote it.
    pub version: Version,
    /// Unix seconds after which the engine may delete the row. A hint: readers compare with their own clock.
    pub expires: Option<u64>,
}

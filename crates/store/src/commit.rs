use crate::{Error, Key, Version, limits};
use bytes::Bytes;

/// Identifies a commit when it is repeated. 128 random bits, never reused: an attempt that ended in a conflict is over,
/// and the next one takes a new token. Engines remember a token for at least ten minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(pub u128);

impl Token {
    /// The version of every row that the commit with this token writes.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
    pub fn version(self) -> Version {
        Version(self.0 as u64)
    }
}

/// What must be true of a row for the commit to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Anything.
    Any,
    /// There is no such row. An expired row that is still there counts as present.
    Absent,
    /// The row is there as the commit with this version wrote it.
    Version(Version),
}

/// What is done to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The row is written, or replaced.
    Put {
        /// See [`crate::Row::value`].
        value: Bytes,
        /// See [`crate::Row::expires`].
        expires: Option<u64>,
    },
    /// The row is gone afterwards, whether it was there or not.
    Delete,
    /// Only the condition is checked.
    Check,
}

/// One row's part of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Which row.
    pub key: Key,
    /// What must be true.
    pub condition: Condition,
    /// What happens.
    pub action: Action,
}

/// A set of operations that happens as a whole or not at all. Made by [`Commit::builder`], which enforces the limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    token: Token,
    operations: Vec<Operation>,
}

impl Commit {
    /// Begins a commit.
    pub fn builder(token: Token) -> CommitBuilder {
        CommitBuilder { commit: Commit { token, operations: Vec::with_capacity(8) } }
    }

    /// See [`Token`].
    #[must_use]
    pub fn token(&self) -> Token {
        self.token
    }

    /// The version that the rows written by this commit have.
    #[must_use]
    pub fn version(&self) -> Version {
        self.token.version()
    }

    /// The operations, each on a different key.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }
}

/// Collects the operations of a [`Commit`].
#[derive(Debug)]
#[must_use]
pub struct CommitBuilder {
    commit: Commit,
}

impl CommitBuilder {
    /// Writes a row.
    pub fn put(self, key: Key, condition: Condition, value: impl Into<Bytes>, expires: Option<u64>) -> Self {
        self.operation(Operation { key, condition, action: Action::Put { value: value.into(), expires } })
    }

    /// Deletes a row.
    pub fn delete(self, key: Key, condition: Condition) -> Self {
        self.operation(Operation { key, condition, action: Action::Delete })
    }

    /// Makes the commit depend on a row that it does not change.
    pub fn check(self, key: Key, condition: Condition) -> Self {
        self.operation(Operation { key, condition, action: Action::Check })
    }

    /// Adds an operation.
    pub fn operation(mut self, operation: Operation) -> Self {
        self.commit.operations.push(operation);
        self
    }

    /// The commit, checked against [`limits`].
    ///
    /// # Errors
    /// [`Error::TooLarge`] names the limit that is exceeded, a repeated key, or an empty commit.
    pub fn build(self) -> Result<Commit, Error> {
        let operations = &self.commit.operations;
        if operations.is_empty() {
            return Err(Error::TooLarge("a commit has at least one operation".into()));
        }
        if operations.len() > limits::OPERATIONS_PER_COMMIT {
            return Err(Error::TooLarge(format!(
                "{} operations in a commit; the limit is {}",
                operations.len(),
                limits::OPERATIONS_PER_COMMIT
            )));
        }
        let mut total = 0;
        for (at, operation) in operations.iter().enumerate() {
            // A linear search, because a commit rarely has more than ten operations.
            if operations[..at].iter().any(|other| other.key == operation.key) {
                return Err(Error::TooLarge(format!("two operations for {} in a commit", operation.key)));
            }
            total += check_row(operation)?;
        }
        if total > limits::COMMIT_BYTES {
            return Err(Error::TooLarge(format!("{total} bytes in a commit; the limit is {}", limits::COMMIT_BYTES)));
        }
        Ok(self.commit)
    }
}

/// The size of an operation's row, if it is within the limits.
fn check_row(operation: &Operation) -> Result<usize, Error> {
    let Key { partition, sort } = &operation.key;
    if partition.is_empty() || partition.len() > limits::PARTITION_BYTES {
        return Err(Error::TooLarge(format!("a partition key of {} bytes", partition.len())));
    }
    if sort.is_empty() || sort.len() > limits::SORT_BYTES {
        return Err(Error::TooLarge(format!("a sort key of {} bytes", sort.len())));
    }
    let value = match &operation.action {
        Action::Put { value, .. } => value.len(),
        Action::Delete | Action::Check => 0,
    };
    let bytes = partition.len() + sort.len() + value;
    if bytes > limits::ROW_BYTES {
        return Err(Error::TooLarge(format!("a row of {bytes} bytes at {}", operation.key)));
    }
    Ok(bytes)
}

/// How a commit ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// All of it happened.
    Committed,
    /// None of it happened, because the conditions on these keys were not met; never empty. An engine that lost a race
    /// without learning which row it was about names every key of the commit.
    Conflict(Vec<Key>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(builder: CommitBuilder, sort: &str, bytes: usize) -> CommitBuilder {
        builder.put(Key::new("p", sort), Condition::Any, vec![b'x'; bytes], None)
    }

    #[test]
    fn a_commit_within_the_limits_is_built() {
        let commit = put(Commit::builder(Token(7)), "a", 10).build().unwrap();
        assert_eq!(commit.version(), Version(7));
        assert_eq!(commit.operations().len(), 1);
    }

    #[test]
    fn limits_are_enforced_where_a_commit_is_built() {
        assert!(Commit::builder(Token(1)).build().is_err(), "empty");
        assert!(put(put(Commit::builder(Token(1)), "a", 1), "a", 1).build().is_err(), "one key twice");
        assert!(put(Commit::builder(Token(1)), "a", limits::ROW_BYTES).build().is_err(), "row");
        assert!(put(Commit::builder(Token(1)), &"s".repeat(limits::SORT_BYTES + 1), 1).build().is_err(), "sort");
        let many =
            (0..=limits::OPERATIONS_PER_COMMIT).fold(Commit::builder(Token(1)), |b, i| put(b, &i.to_string(), 1));
        assert!(many.build().is_err(), "operations");
        let heavy = (0..11).fold(Commit::builder(Token(1)), |b, i| put(b, &i.to_string(), limits::ROW_BYTES - 10));
        assert!(heavy.build().is_err(), "bytes");
    }
}

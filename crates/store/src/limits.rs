//! The limits of every engine. They are DynamoDB's, enforced on every engine, so that data can always be moved to it.
//!
//! Source: Amazon DynamoDB Developer Guide, "Service, account, and table quotas".

/// Operations in one commit (`TransactWriteItems`).
pub const OPERATIONS_PER_COMMIT: usize = 100;
/// Bytes of keys and values in one commit: the 4 MB of `TransactWriteItems` minus room for attribute names.
pub const COMMIT_BYTES: usize = (4 * 1024 - 64) * 1024;
/// Bytes of one row, keys included: DynamoDB's 400 KB minus room for attribute names.
pub const ROW_BYTES: usize = 399 * 1024;
/// Bytes of a partition key.
pub const PARTITION_BYTES: usize = 2048;
/// Bytes of a sort key.
pub const SORT_BYTES: usize = 1024;
/// Keys in one `get_many` (`BatchGetItem`).
pub const KEYS_PER_READ: usize = 100;

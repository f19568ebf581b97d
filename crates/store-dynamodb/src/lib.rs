//! The DynamoDB engine of the Jobline storage port: one table, whose items are the rows.
//!
//! | attribute | type | holds |
//! |---|---|---|
//! | `pk` | S, partition key | [`Key::partition`](jobline_store::Key::partition) |
//! | `sk` | S, sort key | [`Key::sort`](jobline_store::Key::sort) |
//! | `v` | S, or B where it is no UTF-8 | [`Row::value`](jobline_store::Row::value) |
//! | `r` | S, 16 hexadecimal digits | [`Row::version`](jobline_store::Row::version), the revision |
//! | `p` | S; absent in rows that were written where there was none | the version that was replaced, or `any`: see `commit.rs` |
//! | `expires` | N, Unix seconds; only in rows that expire | [`Row::expires`](jobline_store::Row::expires), the TTL attribute |
//!
//! The names are short because they are billed with every row. The table must hold nothing else.
//!
//! The engine relies only on documented behaviour of DynamoDB, so other engines that speak its protocol work as well
//! (`AWS_ENDPOINT_URL_DYNAMODB`). Reasons: `docs/decisions/0005-dynamodb.md`.

mod capacity;
mod client;
mod commit;
mod failure;
mod item;
mod options;
mod query;
mod read;
mod store;
mod table;
#[cfg(feature = "testing")]
pub mod testing;
mod unknown;

pub use capacity::{Consumed, Observer};
pub use options::Options;
pub use store::DynamoDbStore;
pub use table::{Flaw, TableError};

/// How many bytes the window in a user's head may have (`Settings::window_bytes` of the domain) for the row to be billed as
/// one write unit: 1 KB minus the keys, the attribute names and the rest of the value, for user ids of up to 36 bytes.
pub const WINDOW_BYTES: usize = 740;

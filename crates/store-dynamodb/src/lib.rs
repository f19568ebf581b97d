//! The DynamoDB engine of the Jobline storage port: one table, whose items are the rows.
//!
//! | attribute | type | holds |
//! |---|---|---|
//! | `pk` | S, partition key | [`Key::partition`](jobline_store::Key::partition) |
//! | `sk` | S, sort key | [`Key::sort`](jobline_store::Key::sort) |
//! | `v` | S, or B where it is no UTF-8 | [`Row::value`](jobline_store::Row::value) |
//! | `r` | S, 16 hexadecimal digits | [`Row::version`](jobline_store::Row::version), the revision |
//! | `p` | S; not in rows that were written where there was none | the version before, or `any`: see `commit.rs` |
//! | `expires` | N, Unix seconds; only in rows that expire | [`Row::expires`](jobline_store::Row::expires), the TTL attribute |
//!
//! The names are short because they are billed with every row. Nothing else may be in the table.
//!
//! Only documented behaviour of DynamoDB is relied on, so engines that speak its protocol serve as well
//! (`AWS_ENDPOINT_URL_DYNAMODB`). Why it is built so: `docs/decisions/0005-dynamodb.md`.

mod capacity;
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

pub use capacity::{Consumed, Observer};
pub use options::Options;
pub use store::DynamoDbStore;
pub use table::{Flaw, TableError};

/// How many bytes a user's head may spend on its window (`Settings::window_bytes` of the domain), so that the row is
/// billed as one write unit: 1 KB less keys, attribute names and the rest of its value, for user ids of up to 36 bytes.
pub const WINDOW_BYTES: usize = 780;

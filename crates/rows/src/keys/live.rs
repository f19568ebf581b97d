//! The keys of live connections that something else than a server holds open, such as API Gateway.

use super::user_partition;
use jobline_base::id::UserId;
use jobline_store::{Key, Range};

/// A live connection of a user. Its name must be one that [`is_connection`] accepts.
pub fn live(user: &UserId, connection: &str) -> Key {
    Key::new(user_partition(user), ["LIVE#", connection].concat())
}

/// The first `limit` live connections of a user.
pub fn lives(user: &UserId, limit: usize) -> Range {
    Range::prefix(user_partition(user), "LIVE#", limit)
}

/// The connection that a key of [`lives`] names.
pub fn live_connection(key: &Key) -> Option<&str> {
    key.sort.strip_prefix("LIVE#")
}

/// Whose a connection is.
pub fn connection(connection: &str) -> Key {
    let name = ["CONNECTION#", connection].concat();
    Key::new(name.clone(), name)
}

/// Whether a text can name a connection: up to 128 visible ASCII characters but `#`.
pub fn is_connection(name: &str) -> bool {
    (1..=128).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

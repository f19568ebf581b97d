//! The row of a former text.

use serde::{Deserialize, Serialize};

/// `CONVERSATION#<id>` / `VERSION#<message number>#<how many came before it>`: a former text of a message, and since when
/// it said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VersionRow {
    pub v: u8,
    pub text: String,
    pub at: u64,
}

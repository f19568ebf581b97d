//! The row of a file, and how long each of its stages lasts.

use serde::{Deserialize, Serialize};

/// How long a file may wait for its message.
pub(crate) const WAIT_MS: u64 = 3_600_000;
/// How far the clocks of two servers may be apart. A file may be announced at one server and sent at another.
pub(crate) const CLOCKS_MS: u64 = 2 * 3_600_000;
/// How much longer its bytes stay, so that a send that is under way does not find them gone.
pub(crate) const GRACE_MS: u64 = 5 * 60_000;
/// How long its row stays, which tells the sweep that nobody sent the file.
pub(crate) const ROW_MS: u64 = 86_400_000;

/// How the bytes of a file are kept that a message names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptAs {
    /// What the engine knows them by: the file's id, or that and a suffix.
    pub name: String,
    /// Bytes, which are fewer than were announced when metadata was removed.
    pub size: u64,
    /// Of an image that browsers show: pixels as it is seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}

/// What the sender of a voice message says of it: how long it plays, and how loud it is where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Voice {
    pub ms: u64,
    pub waveform: String,
}

/// `FILE#<id>` / `FILE#<id>`: what was announced, by whom, for which conversation, and which message it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRow {
    pub v: u8,
    pub owner: String,
    pub conversation: String,
    pub name: String,
    pub size: u64,
    #[serde(rename = "type")]
    pub content_type: String,
    /// When it was announced.
    pub at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<String>,
    /// Missing in what older servers sent: those files are known by their ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<KeptAs>,
}

impl FileRow {
    /// Whether it waited for its message as long as files may.
    pub fn is_stale(&self, now: u64) -> bool {
        self.at + WAIT_MS + CLOCKS_MS < now
    }
}

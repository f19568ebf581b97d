//! What an operator can set.

use super::retention::Retention;

/// What an operator can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Messages a minute that one sender may send, and how many at once; 0 is no limit.
    pub send_rate: u32,
    /// Files a minute that one user may announce, and how many at once; 0 is no limit.
    pub upload_rate: u32,
    /// Messages and their files are deleted after this many days; 0 keeps them.
    pub retention_days: u32,
    /// Files are deleted after this many days, their messages stay; 0 keeps them.
    pub file_retention_days: u32,
    /// For how many minutes the sender may edit a message; 0 is never.
    pub edit_minutes: u32,
    /// For how many hours the sender may delete a message; 0 is never.
    pub delete_hours: u32,
    /// Whether users see when others are online.
    pub presence: bool,
    /// Whether the host gets webhooks: whether commits write outbox rows.
    pub outbox: bool,
    /// Whether jobs have crews. With crews off, existing ones can be read.
    pub crews: bool,
    /// Whether users get mail about unread messages: whether commits write rows for that.
    pub mail: bool,
    /// Whether users get push notifications about unread messages: whether commits write rows for that.
    pub push: bool,
    /// After how many milliseconds webhook and mail report a message that is still unread.
    pub unread_after_ms: u64,
    /// The same for push notifications.
    pub push_after_ms: u64,
    /// After how many milliseconds without a change a crew sleeps: see decision 20. Polls read the row of each crew that does not.
    pub crew_sleeps_after_ms: u64,
    /// How many bytes of a user's head the window of recently moved conversations may take, but for the last three of
    /// them: 850 keep the row within one write unit of DynamoDB. What does not fit goes into separate rows, which
    /// clients read that were offline for longer.
    pub window_bytes: usize,
}

impl Default for Settings {
    /// The defaults of the contract.
    fn default() -> Self {
        Self {
            send_rate: 10,
            upload_rate: 20,
            retention_days: 0,
            file_retention_days: 0,
            edit_minutes: 15,
            delete_hours: 24,
            presence: true,
            outbox: false,
            crews: true,
            mail: false,
            push: false,
            unread_after_ms: 600_000,
            push_after_ms: 10_000,
            crew_sleeps_after_ms: 86_400_000,
            window_bytes: 4_000,
        }
    }
}

impl Settings {
    pub(crate) fn retention(self) -> Retention {
        Retention { message_days: self.retention_days, file_days: self.file_retention_days }
    }
}

//! The row that ends the tokens of a deleted user, and what a server remembers of such rows.

use crate::base::{id::UserId, rows::LAYOUT, slot};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many users' rows are remembered. A user who falls into the slot of another replaces them.
const SLOTS: usize = 4096;
/// For how long a row is remembered: so late a server notices what another one deleted.
const REMEMBERED_MS: u64 = 60_000;

/// `USER#<id>` / `ENDED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndedRow {
    v: u8,
    /// Tokens that were issued before this instant, in Unix seconds, have ended.
    pub not_before: u64,
    /// The user was created again since.
    #[serde(default)]
    pub is_back: bool,
}

/// The row after a user was deleted at `now`; `None` if it stays as it is, as when the same was done before.
///
/// Issuers write whole seconds, so a token of the same second may be from before: it ends, too.
pub(crate) fn after_deletion(ended: Option<EndedRow>, existed: bool, now: u64) -> Option<EndedRow> {
    let row = EndedRow { v: LAYOUT, not_before: now / 1_000 + 1, is_back: false };
    (existed || ended.is_none()).then_some(row)
}

/// The row after a user was created at `now`; `None` if it stays as it is.
///
/// A token issued in this second counts as issued afterwards, and so does one without `iat`.
pub(crate) fn after_creation(ended: Option<EndedRow>, now: u64) -> Option<EndedRow> {
    let seconds = now / 1_000;
    let row = ended.filter(|row| !row.is_back)?;
    Some(EndedRow { not_before: row.not_before.min(seconds), is_back: true, ..row })
}

/// This server's cache of the rows.
pub(crate) struct EndedUsers {
    slots: Box<[Mutex<Option<Known>>]>,
}

struct Known {
    user: UserId,
    row: Option<EndedRow>,
    at: u64,
}

impl Default for EndedUsers {
    fn default() -> Self {
        Self { slots: (0..SLOTS).map(|_| Mutex::new(None)).collect() }
    }
}

impl EndedUsers {
    /// Makes the next question read the row.
    pub fn forget(&self, user: &UserId) {
        *self.slot(user) = None;
    }

    /// The row, if it was read less than a minute ago.
    pub fn remembered(&self, user: &UserId, now: u64) -> Option<Option<EndedRow>> {
        let slot = self.slot(user);
        let known = slot.as_ref().filter(|known| known.user == *user)?;
        (known.at..known.at + REMEMBERED_MS).contains(&now).then_some(known.row)
    }

    /// Remembers what was read at `now`.
    pub fn remember(&self, user: &UserId, row: Option<EndedRow>, now: u64) {
        *self.slot(user) = Some(Known { user: user.clone(), row, at: now });
    }

    fn slot(&self, user: &UserId) -> MutexGuard<'_, Option<Known>> {
        // A panic cannot leave half an entry: it is replaced in one step.
        self.slots[slot::of(&user.as_str(), SLOTS)].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_who_is_created_again_may_use_tokens_of_the_same_second() {
        let ended = after_deletion(None, true, 5_400).unwrap();
        assert_eq!(ended.not_before, 6);
        assert_eq!(after_deletion(Some(ended), false, 9_000), None, "deleting again changes nothing");
        assert_eq!(after_deletion(Some(ended), true, 9_000).unwrap().not_before, 10);
        assert_eq!(after_creation(Some(ended), 5_900).unwrap().not_before, 5);
        let back = after_creation(Some(ended), 8_000).unwrap();
        assert_eq!((back.not_before, back.is_back), (6, true));
        assert_eq!(after_creation(Some(back), 9_000), None);
        assert_eq!(after_creation(None, 6_000), None);
    }
}

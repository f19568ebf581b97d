//! Looking at the heads of connected users: what finds everything that no bus told.

use super::Heads;
use crate::hub::Hub;
use jobline_chat::UserId;
use std::collections::HashMap;

/// The most users of one look: with more of them connected, the next pass continues where this one ended.
const USERS_MOST: usize = 1_000;
/// How many are read at a time.
const AT_ONCE: usize = 100;

/// The versions that were seen last.
#[derive(Default)]
pub(super) struct HeadReader {
    seen: HashMap<UserId, u64>,
    /// The last user of the last look.
    last: Option<UserId>,
}

impl HeadReader {
    /// Reads the heads of up to a thousand users, and notifies the hub of those that changed or were not read before.
    /// Returns how many it read. Heads that cannot be read are read again in the next pass.
    pub async fn look(&mut self, hub: &Hub, heads: &dyn Heads) -> usize {
        let mut users = hub.connected();
        users.sort_unstable();
        self.seen.retain(|user, _| users.binary_search(user).is_ok());
        if users.len() > USERS_MOST {
            let first = self.last.as_ref().map_or(0, |last| users.partition_point(|user| user <= last));
            users.rotate_left(first);
            users.truncate(USERS_MOST);
            self.last = users.last().cloned();
        }
        let mut looked = 0;
        for users in users.chunks(AT_ONCE) {
            let Ok(versions) = heads.versions(users).await else { break };
            let moved = users.iter().zip(versions).filter(|(user, version)| self.is_new(user, *version));
            hub.moved_here(moved.map(|(user, _)| user).collect::<Vec<_>>());
            looked += users.len();
        }
        looked
    }

    fn is_new(&mut self, user: &UserId, version: u64) -> bool {
        self.seen.insert(user.clone(), version) != Some(version)
    }
}

//! Checks of the heads of connected users: they find everything that the bus did not bring.

use super::Heads;
use crate::hub::Hub;
use jobline_chat::UserId;
use std::collections::HashMap;

/// The most users of one check: with more of them connected, the next check continues where this one ended.
const USERS_MOST: usize = 1_000;
/// How many are read at a time.
const AT_ONCE: usize = 100;

/// The versions that were read last.
#[derive(Default)]
pub(super) struct HeadReader {
    versions: HashMap<UserId, u64>,
    /// The last user of the last check.
    last: Option<UserId>,
}

impl HeadReader {
    /// Reads the heads of up to a thousand users, and notifies the hub of those that changed or were not read before.
    /// Returns how many it read. Heads that cannot be read are read again in the next check.
    pub async fn check(&mut self, hub: &Hub, heads: &dyn Heads) -> usize {
        let mut users = hub.connected();
        users.sort_unstable();
        self.versions.retain(|user, _| users.binary_search(user).is_ok());
        if users.len() > USERS_MOST {
            let first = self.last.as_ref().map_or(0, |last| users.partition_point(|user| user <= last));
            users.rotate_left(first);
            users.truncate(USERS_MOST);
            self.last = users.last().cloned();
        }
        let mut count = 0;
        for users in users.chunks(AT_ONCE) {
            let Ok(versions) = heads.versions(users).await else { break };
            let moved = users.iter().zip(versions).filter(|(user, version)| self.is_new(user, *version));
            hub.moved_here(moved.map(|(user, _)| user).collect::<Vec<_>>());
            count += users.len();
        }
        count
    }

    fn is_new(&mut self, user: &UserId, version: u64) -> bool {
        self.versions.insert(user.clone(), version) != Some(version)
    }
}

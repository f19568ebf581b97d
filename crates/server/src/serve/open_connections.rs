//! All open connections: which connection is closed when there is no room, and when too much is unread.

use super::activity::Activity;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use tokio::task::Id;

/// How long a reader must have taken nothing before its connection is cut for the memory of its answers.
const UNREAD_MS: u64 = 1_000;

/// The open connections, by the tasks that serve them.
#[derive(Default)]
pub struct OpenConnections {
    open: HashMap<Id, Arc<Activity>>,
    /// Those that idled when it was last looked, the longest first. A connection that was used since comes later than all of them,
    /// so that one look serves many newcomers.
    idle: VecDeque<(u64, Id)>,
    /// Connections that were asked to close and have not closed yet.
    leaving: Option<Id>,
}

impl OpenConnections {
    /// A connection is served by the task `id`.
    pub fn enter(&mut self, id: Id, activity: Arc<Activity>) {
        self.open.insert(id, activity);
    }

    /// The task `id` has ended.
    pub fn exit(&mut self, id: Id) {
        self.open.remove(&id);
        self.leaving = self.leaving.filter(|leaving| *leaving != id);
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Asks the connection that has idled longest to go, one at a time. When all are busy, none is closed.
    pub fn make_room(&mut self) {
        if self.leaving.is_some() {
            return;
        }
        let Some(id) = self.idlest() else { return };
        if let Some(activity) = self.open.get(&id) {
            activity.leave();
            self.leaving = Some(id);
        }
    }

    fn idlest(&mut self) -> Option<Id> {
        self.still_idle().or_else(|| {
            let idle = self.open.iter().filter_map(|(id, activity)| Some((activity.idle_since_ms()?, *id)));
            let mut idle: Vec<_> = idle.collect();
            idle.sort_unstable();
            self.idle = idle.into();
            self.still_idle()
        })
    }

    /// The first of those that idled at the last look and still do.
    fn still_idle(&mut self) -> Option<Id> {
        while let Some((since_ms, id)) = self.idle.pop_front() {
            if self.open.get(&id).is_some_and(|activity| activity.idle_since_ms() == Some(since_ms)) {
                return Some(id);
            }
        }
        None
    }

    /// Cuts the connection whose reader has taken nothing for the longest time. `false` when all of them read.
    pub fn cut_unread(&mut self, now_ms: u64) -> bool {
        let unread = self.open.values().filter(|activity| activity.unsent() > 0);
        let stalled = unread.filter_map(|activity| Some((activity.stalled_since_ms()?, activity)));
        let oldest = stalled.min_by_key(|(since_ms, _)| *since_ms);
        let Some((_, activity)) = oldest.filter(|(since_ms, _)| now_ms.saturating_sub(*since_ms) >= UNREAD_MS) else {
            return false;
        };
        activity.cut();
        true
    }
}

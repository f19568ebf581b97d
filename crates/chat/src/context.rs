//! What operations work with: the ports, and the state that the operations of one server share.

use crate::{
    base::{
        announcer::Announce,
        clock::{Clock, Random},
        cursor::Sealer,
        db::Db,
        flag::Flag,
        memo::Memo,
        polling::Polling,
        retention::Retention,
        settings::Settings,
    },
    conversation::{crew_row::ReadRoster, row::ConversationRow},
    files::{port::Files, proof_slots::ProofSlots},
    host::{ended_row::EndedUsers, job_row::JobRow},
    inbox::head::HeadRow,
    messages::row::MessageRow,
    outbox::{channel::Channel, signal::Signal},
};
use std::sync::Arc;

/// The ports and the shared state. An operation takes it by reference, or only the part that it needs.
pub(crate) struct Context {
    pub db: Db,
    pub files: Arc<dyn Files>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub announcer: Arc<dyn Announce>,
    pub sealer: Sealer,
    pub settings: Settings,
    pub retention: Retention,
    pub polling: Polling,
    pub memos: Memos,
    pub proof_slots: ProofSlots,
    /// This server left a task unfinished that is due.
    pub unfinished: Flag,
    pub webhook: Signal,
    /// The last failure of sending mail.
    pub mail: Signal,
    /// The last failure of pushing a notification.
    pub push: Signal,
    pub ended: EndedUsers,
}

impl Context {
    /// The channels of this deployment.
    pub fn channels(&self) -> impl Iterator<Item = Channel> {
        let Settings { outbox, mail, push, .. } = self.settings;
        let offered = [(outbox, Channel::Webhook), (mail, Channel::Mail), (push, Channel::Push)];
        offered.into_iter().filter_map(|(is_offered, channel)| is_offered.then_some(channel))
    }

    /// This server's state of a channel.
    pub fn signal(&self, channel: Channel) -> &Signal {
        match channel {
            Channel::Webhook => &self.webhook,
            Channel::Mail => &self.mail,
            Channel::Push => &self.push,
        }
    }

    /// After how many milliseconds a channel reports a message that is still unread.
    pub fn unread_after_ms(&self, channel: Channel) -> u64 {
        match channel {
            Channel::Webhook | Channel::Mail => self.settings.unread_after_ms,
            Channel::Push => self.settings.push_after_ms,
        }
    }

    /// Unix milliseconds.
    pub fn now(&self) -> u64 {
        self.clock.now_ms()
    }
}

/// How many rosters are kept, and the longest: fewer than of other rows and longer ones, since a crew has up to 50 members.
const ROSTERS: (usize, usize) = (1024, 8192);

/// Decoded rows of the kinds that every poll and every send reads.
pub(crate) struct Memos {
    pub conversations: Memo<ConversationRow>,
    pub rosters: Memo<ReadRoster>,
    pub heads: Memo<HeadRow>,
    pub jobs: Memo<JobRow>,
    /// A message is read by several devices soon after it was sent, and by each member of a crew.
    pub messages: Memo<MessageRow>,
}

impl Default for Memos {
    fn default() -> Self {
        Self {
            conversations: Memo::default(),
            rosters: Memo::new(ROSTERS.0, ROSTERS.1),
            heads: Memo::default(),
            jobs: Memo::default(),
            messages: Memo::default(),
        }
    }
}

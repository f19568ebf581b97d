//! The cursors of `getConversations` and `sync`.

use super::move_range::VersionStamp;
use crate::{
    base::cursor::{Encode, Reader, Writer},
    log::cursor::LogCursor,
};

/// How far a client has come in reading all its conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Traversal {
    /// The id of the last conversation that is done.
    pub after: String,
    /// When its last message was accepted, where the order is by time.
    pub at: u64,
    /// Only what changed after this instant; 0 for everything.
    pub since: u64,
}

/// Versions of the head whose moves were answered, newest first, on the way to one up to which all were.
///
/// Where more moved than one answer holds, the last move comes first. What moves between two answers comes before what
/// is left of the first, so there may be several gaps. An interval is `(below, top]`: of every conversation whose last
/// move had such a version when an answer was made, all was answered up to there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Answered(Vec<(u64, u64)>);

impl Answered {
    pub fn contains(&self, version: u64) -> bool {
        self.0.iter().any(|(below, top)| (below + 1..=*top).contains(&version))
    }

    /// The version after which something was answered; `None` when nothing was.
    pub fn bottom(&self) -> Option<u64> {
        self.0.last().map(|(below, _)| *below)
    }

    /// The last version that was answered.
    pub fn top(&self) -> Option<u64> {
        self.0.first().map(|(_, top)| *top)
    }

    /// Records that everything in `(below, top]` was answered, where `top` is not below what was answered before. An answer of
    /// crews alone, which have no version, is recorded as an empty interval if it is the first.
    pub fn add(&mut self, below: u64, top: u64) {
        self.0.retain(|(_, older)| *older <= below);
        if below < top || self.0.is_empty() {
            self.0.insert(0, (below, top));
        }
    }

    fn write(&self, to: &mut Writer) {
        to.number(self.0.len() as u64);
        self.0.iter().for_each(|(below, top)| [*below, *top].into_iter().for_each(|version| to.number(version)));
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        // Grows with what is there to read, whatever the number says.
        let mut intervals = Vec::new();
        for _ in 0..from.number()? {
            intervals.push((from.number()?, from.number()?));
        }
        Some(Self(intervals))
    }
}

/// How far a client has come in reading more than one answer of `sync` holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Walk {
    /// It began with nothing, and gets the newest messages of each conversation: not what changed since a version.
    pub is_first: bool,
    pub answered: Answered,
    /// The id of the last conversation that was answered of those of which no move is known; empty before the first.
    pub rest: String,
}

/// How a client reads what needs several answers, and how far it has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Paging {
    /// At its end, or one answer is enough.
    #[default]
    Done,
    /// Through all conversations, in the order of the list.
    Through(Traversal),
    /// Through what moved, the last move first.
    Back(Walk),
}

/// A position in the list of a user's conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ConversationsCursor {
    /// The version of the head up to which all moves were answered, once a traversal is complete.
    pub version: u64,
    pub paging: Paging,
    /// The newest version of the head that an answer was made from, and when that was. `None` in cursors of former servers.
    pub stamp: Option<VersionStamp>,
    /// The crews that were awake, by fingerprint, each with how far its log had come in the answer:
    /// [`AwakeCrew::progress`](super::awake::AwakeCrew::progress).
    pub awake: Vec<(u64, u64)>,
}

/// How far a client has read one of the conversations that moved lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConversationCursor {
    /// [`fingerprint`] of the conversation id.
    pub conversation: u64,
    pub cursor: LogCursor,
    /// The last answer held messages of others: when the client comes back with this cursor, they were delivered.
    pub proves_delivery: bool,
    /// A part of it was answered. It is resumed here.
    pub in_progress: bool,
}

impl ConversationCursor {
    pub fn new(conversation: &str, cursor: LogCursor) -> Self {
        Self { conversation: fingerprint(conversation), cursor, proves_delivery: false, in_progress: false }
    }
}

/// A position in everything of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SyncCursor {
    /// The version of the head up to which all moves were answered.
    pub version: u64,
    /// The newest version of the head that an answer was made from: an older one would lack some of `conversations`.
    pub seen: u64,
    /// When that version was made. `None` in cursors of former servers.
    pub seen_at: Option<u64>,
    pub conversations: Vec<ConversationCursor>,
    pub paging: Paging,
}

impl SyncCursor {
    /// The number of conversations in which messages are proved to be delivered when a client sends this cursor.
    pub fn deliveries(&self) -> usize {
        self.conversations.iter().filter(|one| one.proves_delivery).count()
    }

    /// The newest version of the head that an answer was made from, and when that was, if the cursor says so.
    pub fn stamp(&self) -> Option<VersionStamp> {
        Some(VersionStamp { version: self.seen, at: self.seen_at? })
    }

    /// Records that an answer was made from this version of the head.
    pub fn see(&mut self, stamp: VersionStamp) {
        (self.seen, self.seen_at) = (stamp.version, Some(stamp.at));
    }

    /// The number of the last change in the log of a conversation that the client has, as far as the cursor says.
    pub fn received_change(&self, fingerprint: u64) -> Option<u64> {
        self.place(fingerprint).map(|place| place.position.change)
    }

    /// The number of the last change in the log of a conversation that the client was told of, as far as the cursor says.
    pub fn announced_change(&self, fingerprint: u64) -> Option<u64> {
        self.place(fingerprint).map(LogCursor::told)
    }

    /// How far the client has read a conversation, as far as the cursor says.
    pub fn place(&self, fingerprint: u64) -> Option<&LogCursor> {
        self.conversations.iter().find(|one| one.conversation == fingerprint).map(|one| &one.cursor)
    }

    /// Whether a client that sends this cursor proves with it that messages were delivered.
    pub fn proves_delivery(&self) -> bool {
        self.conversations.iter().any(|one| one.proves_delivery)
    }
}

/// 64 bits that tell the conversations of one user apart.
pub(crate) fn fingerprint(conversation: &str) -> u64 {
    let hash = blake3::hash(conversation.as_bytes());
    u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes"))
}

/// The number before each kind of paging in a sealed cursor; with [`TIMED`] the time of the head follows it.
const DONE: u64 = 0;
const THROUGH: u64 = 1;
const BACK: u64 = 2;
const TIMED: u64 = 4;

impl Paging {
    /// Writes it with the time of the head, which former servers did not write.
    fn write(&self, head_at: Option<u64>, to: &mut Writer) {
        let kind = match self {
            Self::Done => DONE,
            Self::Through(_) => THROUGH,
            Self::Back(_) => BACK,
        };
        to.number(kind | head_at.map_or(0, |_| TIMED));
        if let Some(at) = head_at {
            to.number(at);
        }
        match self {
            Self::Done => {}
            Self::Through(Traversal { after, at, since }) => {
                to.text(after);
                to.number(*at);
                to.number(*since);
            }
            Self::Back(Walk { is_first, answered, rest }) => {
                to.number(u64::from(*is_first));
                answered.write(to);
                to.text(rest);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<(Self, Option<u64>)> {
        let kind = from.number()?;
        let head_at = if kind & TIMED > 0 { Some(from.number()?) } else { None };
        let paging = match kind & !TIMED {
            DONE => Self::Done,
            THROUGH => Self::Through(Traversal { after: from.text()?, at: from.number()?, since: from.number()? }),
            BACK => {
                Self::Back(Walk { is_first: from.number()? > 0, answered: Answered::read(from)?, rest: from.text()? })
            }
            _ => return None,
        };
        Some((paging, head_at))
    }
}

impl Encode for ConversationsCursor {
    const KIND: u8 = 2;

    fn write(&self, to: &mut Writer) {
        to.number(self.version);
        self.paging.write(self.stamp.map(|stamp| stamp.at), to);
        if let Some(stamp) = self.stamp {
            to.number(stamp.version);
        }
        for (fingerprint, change) in &self.awake {
            to.bits(*fingerprint);
            to.number(*change);
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let (version, (paging, head_at), mut awake) = (from.number()?, Paging::read(from)?, Vec::new());
        let stamp = match head_at {
            Some(at) => Some(VersionStamp { version: from.number()?, at }),
            None => None,
        };
        while let Some(fingerprint) = from.bits() {
            awake.push((fingerprint, from.number()?));
        }
        Some(Self { version, paging, stamp, awake })
    }
}

impl ConversationCursor {
    fn write(&self, to: &mut Writer) {
        to.bits(self.conversation);
        self.cursor.write(to);
        to.number(u64::from(self.proves_delivery) | u64::from(self.in_progress) << 1);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let (conversation, cursor, flags) = (from.bits()?, LogCursor::read(from)?, from.number()?);
        Some(Self { conversation, cursor, proves_delivery: flags & 1 > 0, in_progress: flags & 2 > 0 })
    }
}

impl Encode for SyncCursor {
    const KIND: u8 = 3;

    fn write(&self, to: &mut Writer) {
        to.number(self.version);
        to.number(self.seen);
        self.paging.write(self.seen_at, to);
        to.number(self.conversations.len() as u64);
        self.conversations.iter().for_each(|one| one.write(to));
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let (version, seen, (paging, seen_at)) = (from.number()?, from.number()?, Paging::read(from)?);
        // Grows with what is there to read, whatever the number says.
        let mut conversations = Vec::new();
        for _ in 0..from.number()? {
            conversations.push(ConversationCursor::read(from)?);
        }
        Some(Self { version, seen, seen_at, conversations, paging })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_grow_downwards_and_merge_with_those_they_reach() {
        let mut answered = Answered::default();
        answered.add(60, 100);
        answered.add(40, 100);
        assert_eq!(answered, Answered(vec![(40, 100)]), "the next answer continues");
        answered.add(120, 150);
        assert_eq!(answered, Answered(vec![(120, 150), (40, 100)]), "too much moved meanwhile");
        assert!(answered.contains(150) && answered.contains(121) && !answered.contains(120) && !answered.contains(101));
        assert!(answered.contains(41) && !answered.contains(40));
        answered.add(30, 160);
        assert_eq!((answered.top(), answered.bottom()), (Some(160), Some(30)));
        assert_eq!(answered, Answered(vec![(30, 160)]));
        answered.add(160, 160);
        assert_eq!(answered, Answered(vec![(30, 160)]), "nothing of what moved was answered yet");
        let mut answered = Answered::default();
        answered.add(160, 160);
        assert_eq!((answered.bottom(), answered.contains(160)), (Some(160), false), "the walk began there");
    }
}

//! The cursors of `getConversations` and `sync`.

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

/// A position in the list of a user's conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ConversationsCursor {
    /// The version of the head up to which all moves were answered once the traversal is complete.
    pub version: u64,
    pub traversal: Option<Traversal>,
}

/// How far a client has read one of the conversations that moved lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConversationCursor {
    /// [`fingerprint`] of the conversation id.
    pub conversation: u64,
    pub cursor: LogCursor,
    /// The last answer held messages of others: when the client comes back with this cursor, they were delivered.
    pub proves_delivery: bool,
    /// A traversal has answered a part of it. It is resumed here even if new conversations come before it in the order.
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
    pub conversations: Vec<ConversationCursor>,
    pub traversal: Option<Traversal>,
}

impl SyncCursor {
    /// Whether its coming back proves that messages were delivered.
    pub fn proves_delivery(&self) -> bool {
        self.conversations.iter().any(|one| one.proves_delivery)
    }
}

/// 64 bits that tell the conversations of one user apart.
pub(crate) fn fingerprint(conversation: &str) -> u64 {
    let hash = blake3::hash(conversation.as_bytes());
    u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes"))
}

impl Traversal {
    fn write_option(traversal: Option<&Self>, to: &mut Writer) {
        to.number(u64::from(traversal.is_some()));
        if let Some(Self { after, at, since }) = traversal {
            to.text(after);
            to.number(*at);
            to.number(*since);
        }
    }

    fn read_option(from: &mut Reader<'_>) -> Option<Option<Self>> {
        match from.number()? {
            0 => Some(None),
            _ => Some(Some(Self { after: from.text()?, at: from.number()?, since: from.number()? })),
        }
    }
}

impl Encode for ConversationsCursor {
    const KIND: u8 = 2;

    fn write(&self, to: &mut Writer) {
        to.number(self.version);
        Traversal::write_option(self.traversal.as_ref(), to);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { version: from.number()?, traversal: Traversal::read_option(from)? })
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
        Traversal::write_option(self.traversal.as_ref(), to);
        to.number(self.conversations.len() as u64);
        self.conversations.iter().for_each(|one| one.write(to));
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let (version, seen, traversal) = (from.number()?, from.number()?, Traversal::read_option(from)?);
        // Grows with what is there to read, whatever the number says.
        let mut conversations = Vec::new();
        for _ in 0..from.number()? {
            conversations.push(ConversationCursor::read(from)?);
        }
        Some(Self { version, seen, conversations, traversal })
    }
}

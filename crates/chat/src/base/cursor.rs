//! Cursors: opaque, exact, and good only for the user and the list they were given for.
//!
//! A cursor is a place in a log, in variable-length numbers, sealed with a keyed hash over whom and what it is for. It
//! holds no secret; the seal makes an altered one, or somebody else's, an `invalid_cursor` instead of a strange answer.

use crate::{
    base::error::{Error, Result},
    base::id::UserId,
    base::time,
    conversation::row::Position,
    conversation::watermarks::{Mark, Marks},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jobline_wire::Code;

/// Bytes of the seal: 96 bits.
const SEAL_BYTES: usize = 12;

/// Where a client begins to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Since<C> {
    /// From nothing: a snapshot.
    Start,
    /// What changed after this instant, in Unix milliseconds.
    Instant(u64),
    /// Exactly where an answer ended.
    Cursor(C),
}

/// A place in one conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ListCursor {
    /// All changes up to here were answered …
    pub position: Position,
    /// … and of the next change those of its messages whose `createdAt` is at most this; 0 when none.
    pub within: u64,
    /// What the answers lead up to, while one is not enough.
    pub target: Option<Target>,
}

/// The state that a series of answers shows: the end of the log when the first of them was made.
///
/// All of them show messages as they stood then, so what was answered is not answered again because of a change that it
/// showed already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    /// The number of the last change up to there.
    pub change: u64,
    /// How far everyone had come there.
    pub marks: Marks,
    /// The last message before the first answer of the series: later ones are answered as new.
    pub begin: Mark,
    /// How far the other side had received before the first answer.
    pub delivered: u64,
}

impl ListCursor {
    /// The cursor of an answer that ended there.
    pub fn at(position: Position) -> Self {
        Self { position, within: 0, target: None }
    }
}

/// How far a walk through all conversations has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Walk {
    /// The last conversation that is done.
    pub after: String,
    /// Its place in the order of the walk, where that is by time.
    pub at: u64,
    /// Only what changed after this instant; 0 for everything.
    pub since: u64,
}

/// A place in the list of a user's conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ConversationsCursor {
    /// The version of the head up to which all moves were answered, once the walk is over.
    pub version: u64,
    pub walk: Option<Walk>,
}

/// Where a client stands in one of the conversations that moved lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// [`fingerprint`] of the conversation id.
    pub conversation: u64,
    pub cursor: ListCursor,
    /// The last answer held messages that will have been delivered when this cursor comes back.
    pub handed: bool,
    /// A walk has begun to answer it and has not passed it yet; others may come to stand before it meanwhile.
    pub begun: bool,
}

/// A place in everything of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SyncCursor {
    /// The version of the head up to which all moves were answered.
    pub version: u64,
    /// The newest version of the head that an answer was made from: an older one would not know all of `known`.
    pub seen: u64,
    pub known: Vec<Known>,
    pub walk: Option<Walk>,
}

impl SyncCursor {
    /// Whether its coming back proves that messages were delivered.
    pub fn is_handed(&self) -> bool {
        self.known.iter().any(|known| known.handed)
    }
}

/// 64 bits that tell the conversations of one user apart.
pub(crate) fn fingerprint(conversation: &str) -> u64 {
    let hash = blake3::hash(conversation.as_bytes());
    u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes"))
}

/// A cursor as numbers and texts.
pub(crate) trait Encode: Sized {
    /// Sets the kinds apart in the seal.
    const KIND: u8;
    fn write(&self, to: &mut Writer);
    fn read(from: &mut Reader<'_>) -> Option<Self>;
}

/// Seals and opens cursors.
#[derive(Clone)]
pub(crate) struct Sealer {
    key: [u8; 32],
}

impl Sealer {
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// `cursor` for `user` and the list named `scope`.
    pub fn seal<C: Encode>(&self, cursor: &C, user: &UserId, scope: &str) -> String {
        let mut writer = Writer(Vec::with_capacity(48));
        cursor.write(&mut writer);
        let seal = self.mac(C::KIND, &writer.0, user, scope);
        writer.0.extend_from_slice(&seal);
        let mut text = String::with_capacity(1 + writer.0.len() * 4 / 3 + 2);
        text.push('c');
        URL_SAFE_NO_PAD.encode_string(&writer.0, &mut text);
        text
    }

    /// What `since` says: nothing, an instant, or a cursor that was sealed for `user` and `scope`.
    pub fn open<C: Encode>(&self, since: Option<&str>, user: &UserId, scope: &str) -> Result<Since<C>> {
        let Some(text) = since else { return Ok(Since::Start) };
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            let instant = time::parse_iso(text).ok_or_else(|| {
                Error::invalid(
                    "since",
                    "since is neither a cursor nor an ISO 8601 time such as 2025-11-14T10:30:00.000Z.",
                )
            })?;
            return Ok(Since::Instant(instant));
        }
        self.unseal(text, user, scope).map(Since::Cursor).ok_or_else(|| {
            let detail = "since is not a cursor that this list gave to you. Ask without since for a fresh start.";
            Error::new(Code::InvalidCursor, detail).at("since")
        })
    }

    fn unseal<C: Encode>(&self, text: &str, user: &UserId, scope: &str) -> Option<C> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix('c')?).ok()?;
        let (payload, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL_BYTES)?)?;
        let expected = self.mac(C::KIND, payload, user, scope);
        if !constant_time_eq(&expected, seal) {
            return None;
        }
        let mut reader = Reader(payload);
        let cursor = C::read(&mut reader)?;
        reader.0.is_empty().then_some(cursor)
    }

    fn mac(&self, kind: u8, payload: &[u8], user: &UserId, scope: &str) -> [u8; SEAL_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        // Neither ids nor scopes hold a NUL, so the parts cannot run into each other.
        hasher.update(&[kind]).update(user.as_str().as_bytes()).update(&[0]).update(scope.as_bytes()).update(&[0]);
        hasher.update(payload);
        let mut seal = [0; SEAL_BYTES];
        seal.copy_from_slice(&hasher.finalize().as_bytes()[..SEAL_BYTES]);
        seal
    }
}

fn constant_time_eq(expected: &[u8; SEAL_BYTES], seal: &[u8]) -> bool {
    let difference = expected.iter().zip(seal).fold(0, |all, (a, b)| all | (a ^ b));
    difference == 0 && seal.len() == SEAL_BYTES
}

/// Writes numbers seven bits a byte, the lowest first.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }
}

/// Reads what [`Writer`] wrote.
pub(crate) struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }
}

impl Encode for ListCursor {
    const KIND: u8 = 1;

    fn write(&self, to: &mut Writer) {
        to.number(self.position.change);
        to.number(self.position.number);
        to.number(self.position.at);
        to.number(self.within);
        to.number(u64::from(self.target.is_some()));
        if let Some(Target { change, marks, begin, delivered }) = self.target {
            for number in [change, begin.number, begin.at, delivered].into_iter().chain(marks.0.into_iter().flatten()) {
                to.number(number);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let position = Position { change: from.number()?, number: from.number()?, at: from.number()? };
        let within = from.number()?;
        if from.number()? == 0 {
            return Some(Self { position, within, target: None });
        }
        let change = from.number()?;
        let begin = Mark { number: from.number()?, at: from.number()? };
        let delivered = from.number()?;
        let marks = Marks([[from.number()?, from.number()?], [from.number()?, from.number()?]]);
        Some(Self { position, within, target: Some(Target { change, marks, begin, delivered }) })
    }
}

impl Encode for Walk {
    const KIND: u8 = 0;

    fn write(&self, to: &mut Writer) {
        to.text(&self.after);
        to.number(self.at);
        to.number(self.since);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { after: from.text()?, at: from.number()?, since: from.number()? })
    }
}

fn write_walk(walk: Option<&Walk>, to: &mut Writer) {
    to.number(u64::from(walk.is_some()));
    if let Some(walk) = walk {
        walk.write(to);
    }
}

fn read_walk(from: &mut Reader<'_>) -> Option<Option<Walk>> {
    match from.number()? {
        0 => Some(None),
        _ => Walk::read(from).map(Some),
    }
}

impl Encode for ConversationsCursor {
    const KIND: u8 = 2;

    fn write(&self, to: &mut Writer) {
        to.number(self.version);
        write_walk(self.walk.as_ref(), to);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { version: from.number()?, walk: read_walk(from)? })
    }
}

impl Encode for SyncCursor {
    const KIND: u8 = 3;

    fn write(&self, to: &mut Writer) {
        to.number(self.version);
        to.number(self.seen);
        write_walk(self.walk.as_ref(), to);
        to.number(self.known.len() as u64);
        for known in &self.known {
            to.0.extend_from_slice(&known.conversation.to_le_bytes());
            known.cursor.write(to);
            to.number(u64::from(known.handed) | u64::from(known.begun) << 1);
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let mut cursor =
            Self { version: from.number()?, seen: from.number()?, walk: read_walk(from)?, known: Vec::new() };
        for _ in 0..from.number()? {
            let (conversation, rest) = from.0.split_at_checked(8)?;
            from.0 = rest;
            let conversation = u64::from_le_bytes(conversation.try_into().ok()?);
            let (place, flags) = (ListCursor::read(from)?, from.number()?);
            cursor.known.push(Known { conversation, cursor: place, handed: flags & 1 > 0, begun: flags & 2 > 0 });
        }
        Some(cursor)
    }
}

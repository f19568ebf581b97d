//! The cursor of one conversation's log: what `list` gives out, and `sync` for each conversation.

use super::position::Position;
use crate::{
    base::cursor::{Encode, Reader, Writer},
    conversation::watermarks::{Watermark, Watermarks},
};

/// How far a client has read the log of a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LogCursor {
    /// All changes up to here were answered …
    pub position: Position,
    /// … and of the messages that the next change touched, those whose `createdAt` is at most this; 0 when none.
    pub within: u64,
    /// The state that the answers lead up to, while one answer is not enough.
    pub snapshot: Option<Snapshot>,
}

/// The state that a series of answers shows: the end of the log when the first of them was made.
///
/// All of them show messages as they stood then, so a message is not answered again because of a change that an earlier
/// answer showed already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// The number of the last change in it.
    pub change: u64,
    pub watermarks: Watermarks,
    /// The last message before the first answer of the series: later ones are answered as new.
    pub begin: Watermark,
    /// What was before the first answer of the series. `None` in cursors from before messages could be edited.
    pub before: Option<Before>,
}

/// The log before the first answer of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Before {
    /// The number of the last change that the client had.
    pub change: u64,
    pub watermarks: Watermarks,
}

impl LogCursor {
    /// The cursor of an answer that ended at `position`.
    pub fn at(position: Position) -> Self {
        Self { position, within: 0, snapshot: None }
    }
}

impl Encode for LogCursor {
    const KIND: u8 = 1;

    fn write(&self, to: &mut Writer) {
        to.number(self.position.change);
        to.number(self.position.number);
        to.number(self.position.at);
        to.number(self.within);
        match &self.snapshot {
            None => to.number(NO_SNAPSHOT),
            Some(snapshot) => {
                to.number(SNAPSHOT);
                snapshot.write(to);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let position = Position { change: from.number()?, number: from.number()?, at: from.number()? };
        let within = from.number()?;
        let snapshot = match from.number()? {
            NO_SNAPSHOT => None,
            FIRST_SNAPSHOT => Some(Snapshot::read_first(from)?),
            _ => Some(Snapshot::read(from)?),
        };
        Some(Self { position, within, snapshot })
    }
}

/// What follows the position in a sealed cursor.
const NO_SNAPSHOT: u64 = 0;
/// A snapshot as it was written before messages could be edited: read, and written no more.
const FIRST_SNAPSHOT: u64 = 1;
const SNAPSHOT: u64 = 2;

impl Snapshot {
    fn write(&self, to: &mut Writer) {
        let before = self.before.map_or([0; 6], |before| {
            let [[a, b], [c, d]] = before.watermarks.into();
            [1, before.change, a, b, c, d]
        });
        [self.change, self.begin.number, self.begin.at].into_iter().for_each(|number| to.number(number));
        <[[u64; 2]; 2]>::from(self.watermarks).into_iter().flatten().chain(before).for_each(|number| to.number(number));
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let change = from.number()?;
        let begin = Watermark { number: from.number()?, at: from.number()? };
        let watermarks = read_watermarks(from)?;
        let known = from.number()? > 0;
        let before = Before { change: from.number()?, watermarks: read_watermarks(from)? };
        Some(Self { change, watermarks, begin, before: known.then_some(before) })
    }

    fn read_first(from: &mut Reader<'_>) -> Option<Self> {
        let change = from.number()?;
        let begin = Watermark { number: from.number()?, at: from.number()? };
        let _delivered = from.number()?;
        Some(Self { change, watermarks: read_watermarks(from)?, begin, before: None })
    }
}

fn read_watermarks(from: &mut Reader<'_>) -> Option<Watermarks> {
    Some(Watermarks::Pair([[from.number()?, from.number()?], [from.number()?, from.number()?]]))
}

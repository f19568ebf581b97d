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
    /// How far the other member had received before the first answer: the number of a message.
    pub delivered: u64,
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
        to.number(u64::from(self.snapshot.is_some()));
        if let Some(Snapshot { change, watermarks, begin, delivered }) = self.snapshot {
            let numbers = [change, begin.number, begin.at, delivered];
            numbers.into_iter().chain(watermarks.0.into_iter().flatten()).for_each(|number| to.number(number));
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let position = Position { change: from.number()?, number: from.number()?, at: from.number()? };
        let within = from.number()?;
        let snapshot = if from.number()? == 0 { None } else { Some(Snapshot::read(from)?) };
        Some(Self { position, within, snapshot })
    }
}

impl Snapshot {
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let change = from.number()?;
        let begin = Watermark { number: from.number()?, at: from.number()? };
        let delivered = from.number()?;
        let watermarks = Watermarks([[from.number()?, from.number()?], [from.number()?, from.number()?]]);
        Some(Self { change, watermarks, begin, delivered })
    }
}

//! The cursor of one conversation's log: what `list` gives out, and `sync` for each conversation.

use super::position::{ChangeAt, Position};
use crate::{
    base::cursor::{Encode, Reader, Writer},
    conversation::{
        row::ConversationRow,
        watermarks::{Watermark, Watermarks},
    },
    messages::row::MessageRow,
};

/// How many changes a cursor may have shown ahead: two answers full of messages that are edited while they are read.
/// What is beyond that is sent again.
const MOST_AHEAD: usize = 100;

/// How far a client has read the log of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LogCursor {
    /// All changes up to here were answered …
    pub position: Position,
    /// … and of the messages that the next change touched, those whose `createdAt` is at most this; 0 when none.
    pub within: u64,
    /// When the last change up to here happened: tells it from one with the same number in a store that was restored. `None`
    /// where that was not read, and in cursors of former servers.
    pub changed: Option<u64>,
    /// The state that the answers lead up to, while one answer is not enough.
    pub snapshot: Option<Snapshot>,
    /// Later edits, reactions and deletions that were shown already, by their numbers in the log, rising: the message's row
    /// was read when it had them. They are not shown again.
    pub ahead: Vec<u64>,
    /// The last change of which an answer has shown anything, where that is after `position`: the end of a series of answers, or
    /// what was shown ahead. `None` to one who has left a crew, and in cursors of former servers.
    pub shown: Option<ChangeAt>,
}

/// The state that a series of answers shows: the end of the log when the first of them was made.
///
/// All of them show messages as of then, so a message is not sent again for a change that an earlier answer already
/// showed.
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
        Self { position, ..Self::default() }
    }

    /// The cursor of an answer that has the whole log of `row`, which is as its reader sees it.
    pub fn at_end(row: &ConversationRow) -> Self {
        Self { changed: row.last_changed(), ..Self::at(row.log) }
    }

    /// The number of the last change that the client was told of: that it has, that its answers lead up to, or that was shown ahead.
    pub fn told(&self) -> u64 {
        self.shown.map_or(0, |shown| shown.change).max(self.leads_up_to())
    }

    /// The number of the last change that the client has, or that its answers lead up to.
    fn leads_up_to(&self) -> u64 {
        self.snapshot.map_or(0, |snapshot| snapshot.change).max(self.position.change)
    }

    /// Whether the client was told of more than there is in the log that ends as `row` says. What was shown ahead may be after the end
    /// of one who has left a crew since.
    pub fn is_beyond(&self, row: &ConversationRow) -> bool {
        let told = if row.is_followed() { self.told() } else { self.leads_up_to() };
        told > row.log.change
    }

    /// Whether it is of the log that ends as `row` says, which was read strongly and is as its reader sees it. It is not when
    /// the store was restored to an earlier state: the log has not come as far again, or came there another way.
    pub fn is_of(&self, row: &ConversationRow) -> bool {
        !self.is_beyond(row) && self.may_be_of(row)
    }

    /// [`LogCursor::is_of`] of a row that was perhaps read late: one that is older than the cursor tells nothing.
    pub fn may_be_of(&self, row: &ConversationRow) -> bool {
        let (position, log) = (self.position, row.log);
        if position.change > log.change {
            return true;
        }
        let is_last = position.change == log.change;
        let differs = self.changed.zip(row.last_changed()).is_some_and(|(one, other)| one != other);
        let has_change_row = match self.changed {
            Some(changed) if changed > position.at => {
                let is_other = |last: ChangeAt| last.change == position.change && last.at != changed;
                row.last_change_row >= position.change && !row.last_change.is_some_and(is_other)
            }
            Some(_) => row.last_change_row != position.change,
            None => true,
        };
        let is_new = position.number < log.number;
        // A message that took its number after a restoration is younger. A position before the oldest message that is kept has
        // an instant between this one and the last that is gone.
        let same_message = position.number == log.number && position.at >= log.at;
        let same_change = !is_last || !differs;
        (same_message || is_new && !is_last) && same_change && has_change_row
    }

    /// Records that something of `change` is shown.
    pub fn show_up_to(&mut self, change: ChangeAt) {
        self.shown = self.shown.into_iter().chain([change]).max_by_key(|shown| shown.change);
    }

    /// Records that `rows` are answered, of which some may have changed after the change `end` of the log, the last one that
    /// the answer accounts for. `over`: the last change that the viewer is ever shown, if there is one.
    pub fn show<'a>(&mut self, rows: impl IntoIterator<Item = &'a MessageRow>, end: u64, over: Option<u64>) {
        for touch in rows.into_iter().filter_map(|row| row.touched).filter(|touch| touch.change > end) {
            self.ahead.push(touch.change);
            self.show_up_to(touch);
        }
        self.shown = self.shown.filter(|shown| over.is_none() && shown.change > self.position.change);
        // A former member who has read their part of the log to its end gets no more changes.
        if over.is_some_and(|last| self.position.change >= last) {
            self.ahead.clear();
        }
        self.ahead.sort_unstable();
        self.ahead.dedup();
        // Until it ends, a series has to remember what it left out.
        if self.snapshot.is_none() {
            self.ahead.retain(|change| *change > self.position.change);
        }
        self.ahead.truncate(MOST_AHEAD);
    }
}

impl Encode for LogCursor {
    const KIND: u8 = 1;

    fn write(&self, to: &mut Writer) {
        to.number(self.position.change);
        to.number(self.position.number);
        to.number(self.position.at);
        to.number(self.within);
        let follows = if self.snapshot.is_some() { SNAPSHOT } else { NO_SNAPSHOT };
        let ahead = if self.ahead.is_empty() { 0 } else { AHEAD };
        let changed = self.changed.map_or(0, |_| CHANGED);
        to.number(follows | ahead | changed | self.shown.map_or(0, |_| SHOWN));
        if let Some(changed) = self.changed {
            to.number(changed.saturating_sub(self.position.at));
        }
        if let Some(shown) = self.shown {
            to.number(shown.change.saturating_sub(self.position.change));
            to.number(shown.at.saturating_sub(self.position.at));
        }
        if let Some(snapshot) = &self.snapshot {
            snapshot.write(to);
        }
        if !self.ahead.is_empty() {
            to.number(self.ahead.len() as u64);
            // Each as what it is after the one before it, to be short.
            let mut last = 0;
            for change in &self.ahead {
                to.number(change - last);
                last = *change;
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let position = Position { change: from.number()?, number: from.number()?, at: from.number()? };
        let within = from.number()?;
        let follows = from.number()?;
        let changed = match follows & CHANGED {
            0 => None,
            _ => Some(position.at.checked_add(from.number()?)?),
        };
        let shown = match follows & SHOWN {
            0 => None,
            _ => Some(ChangeAt {
                change: position.change.checked_add(from.number()?)?,
                at: position.at.checked_add(from.number()?)?,
            }),
        };
        let snapshot = match follows & !(AHEAD | CHANGED | SHOWN) {
            NO_SNAPSHOT => None,
            FIRST_SNAPSHOT => Some(Snapshot::read_first(from)?),
            SNAPSHOT => Some(Snapshot::read(from)?),
            _ => return None,
        };
        // Grows with what is there to read, whatever the number says.
        let (mut ahead, mut last) = (Vec::new(), 0_u64);
        for _ in 0..if follows & AHEAD > 0 { from.number()? } else { 0 } {
            last = last.checked_add(from.number()?)?;
            ahead.push(last);
        }
        Some(Self { position, changed, within, snapshot, ahead, shown })
    }
}

/// What follows the position in a sealed cursor.
const NO_SNAPSHOT: u64 = 0;
/// A snapshot as it was written before messages could be edited: read, and written no more.
const FIRST_SNAPSHOT: u64 = 1;
const SNAPSHOT: u64 = 2;
/// Added to these: changes that were shown ahead follow.
const AHEAD: u64 = 4;
/// Added to these: when the last change was follows first, as milliseconds after the position's `at`.
const CHANGED: u64 = 8;
/// Added to these: the last change that was shown follows then, as what it is after the position, in number and time.
const SHOWN: u64 = 16;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{
        cursor::{Sealer, Since},
        id::UserId,
    };

    /// A cursor as servers wrote it before this one.
    struct Former(Vec<u64>);

    impl Encode for Former {
        const KIND: u8 = LogCursor::KIND;

        fn write(&self, to: &mut Writer) {
            self.0.iter().for_each(|number| to.number(*number));
        }

        fn read(_: &mut Reader<'_>) -> Option<Self> {
            None
        }
    }

    fn opened(sealed: &str) -> Since<LogCursor> {
        Sealer::new([7; 32]).open(Some(sealed), &UserId::new("anna").unwrap(), "list").unwrap()
    }

    fn sealed(cursor: &impl Encode) -> String {
        Sealer::new([7; 32]).seal(cursor, &UserId::new("anna").unwrap(), "list")
    }

    #[test]
    fn cursors_of_former_servers_are_read() {
        let position = Position { change: 9, number: 5, at: 1_763_116_200_007 };
        let plain = Former(vec![9, 5, position.at, 0, 0]);
        assert_eq!(opened(&sealed(&plain)), Since::Cursor(LogCursor::at(position)));
        let marks = [2, 1, 4, 3];
        let numbers = [&[9, 5, position.at, 3, 2, 20, 8, 77][..], &marks, &[1, 9], &marks].concat();
        let watermarks = Watermarks::Pair([[2, 1], [4, 3]]);
        let snapshot = Snapshot {
            change: 20,
            watermarks,
            begin: Watermark { number: 8, at: 77 },
            before: Some(Before { change: 9, watermarks }),
        };
        let expected = LogCursor { within: 3, snapshot: Some(snapshot), ..LogCursor::at(position) };
        assert_eq!(opened(&sealed(&Former(numbers))), Since::Cursor(expected));
    }

    #[test]
    fn changes_shown_early_take_few_bytes_of_a_cursor() {
        let position = Position { change: 1_000_000, number: 999, at: 1_763_116_200_007 };
        let plain = LogCursor::at(position);
        let ahead: Vec<u64> = (1..=100).map(|nth| position.change + 2 * nth).collect();
        let cursor = LogCursor { ahead, ..plain.clone() };
        assert_eq!(opened(&sealed(&cursor)), Since::Cursor(cursor.clone()));
        assert!(sealed(&cursor).len() <= sealed(&plain).len() + 140, "{}", sealed(&cursor).len());
    }
}

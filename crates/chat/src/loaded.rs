//! A conversation and the heads of its two users, loaded together and written back together.

use crate::{
    chat::Chat,
    conversation::{ConversationRow, Position},
    error::Result,
    head::HeadRow,
    id::ConversationId,
    keys, rows,
};
use jobline_store::{CommitBuilder, Condition, Consistency, Key, Row};

/// The rows that every change of a conversation goes through, with the conditions that hold them to what was read.
pub(crate) struct Loaded {
    pub id: ConversationId,
    pub row: ConversationRow,
    pub heads: [HeadRow; 2],
    conditions: [Condition; 3],
    window_bytes: usize,
    /// The rows of the further keys that were asked for.
    pub rest: Vec<Option<Row>>,
}

impl Chat {
    /// Loads a conversation that exists, and `rest`, in one read.
    pub(crate) async fn load(
        &self,
        id: &ConversationId,
        consistency: Consistency,
        rest: &[Key],
    ) -> Result<Option<Loaded>> {
        let loaded = self.load_or_new(id, consistency, rest, 0).await?;
        Ok((loaded.conditions[0] != Condition::Absent).then_some(loaded))
    }

    /// Loads a conversation, or a new one that begins `now`, and `rest`, in one read.
    pub(crate) async fn load_or_new(
        &self,
        id: &ConversationId,
        consistency: Consistency,
        rest: &[Key],
        now: u64,
    ) -> Result<Loaded> {
        let [one, other] = id.pair();
        let mut wanted = vec![keys::conversation(id), keys::head(one), keys::head(other)];
        wanted.extend_from_slice(rest);
        let mut found = self.get_many(&wanted, consistency).await?;
        let rest = found.split_off(3);
        let condition =
            |row: &Option<Row>| row.as_ref().map_or(Condition::Absent, |row| Condition::Version(row.version));
        let head = |row: &Option<Row>| row.as_ref().map_or_else(|| Ok(HeadRow::default()), rows::decode);
        Ok(Loaded {
            id: id.clone(),
            row: found[0].as_ref().map_or_else(|| Ok(ConversationRow::new(now)), rows::decode)?,
            heads: [head(&found[1])?, head(&found[2])?],
            window_bytes: self.settings().window_bytes,
            conditions: [condition(&found[0]), condition(&found[1]), condition(&found[2])],
            rest,
        })
    }
}

impl Loaded {
    /// Whether nothing was ever said in it.
    pub fn is_new(&self) -> bool {
        self.conditions[0] == Condition::Absent
    }

    /// Lets the heads of `sides` know that the conversation moved on from `before`.
    pub fn bump<const N: usize>(&mut self, sides: [usize; N], before: Position, now: u64) {
        for side in sides {
            self.heads[side].bump(&self.id, before, now, self.window_bytes);
        }
    }

    /// Writes the conversation and the heads of `sides`, provided that they are as they were read.
    pub fn put<const N: usize>(&self, commit: CommitBuilder, sides: [usize; N]) -> CommitBuilder {
        let conversation = rows::encode(&self.row);
        let commit = commit.put(keys::conversation(&self.id), self.conditions[0], conversation, None);
        sides.into_iter().fold(commit, |commit, side| {
            let key = keys::head(&self.id.pair()[side]);
            commit.put(key, self.conditions[1 + side], rows::encode(&self.heads[side]), None)
        })
    }
}

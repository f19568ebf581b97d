//! A conversation and the heads of its two users, loaded together and written back together.

use crate::{
    base::error::Result,
    base::id::ConversationId,
    base::rows,
    chat::Chat,
    conversation::row::{ConversationRow, Position},
    inbox::head::HeadRow,
    keys,
};
use jobline_store::{CommitBuilder, Condition, Consistency, Key, Outcome, Row};

/// The rows that every change of a conversation goes through, with the conditions that hold them to what was read.
pub(crate) struct Loaded {
    pub id: ConversationId,
    pub row: ConversationRow,
    pub heads: [HeadRow; 2],
    keys: [Key; 3],
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
        let keys = [keys::conversation(id), keys::head(one), keys::head(other)];
        let wanted: Vec<Key> = keys.iter().chain(rest).cloned().collect();
        let mut found = self.get_many(&wanted, consistency).await?;
        let rest = found.split_off(3);
        let condition =
            |row: &Option<Row>| row.as_ref().map_or(Condition::Absent, |row| Condition::Version(row.version));
        let (memos, [conversation, _, _]) = (self.memos(), &keys);
        let head = |at: usize| match &found[at] {
            Some(row) => memos.heads.decode(&keys[at], row),
            None => Ok(HeadRow::default()),
        };
        Ok(Loaded {
            id: id.clone(),
            row: match &found[0] {
                Some(row) => memos.conversations.decode(conversation, row)?,
                None => ConversationRow::new(now),
            },
            heads: [head(1)?, head(2)?],
            window_bytes: self.settings().window_bytes,
            conditions: [condition(&found[0]), condition(&found[1]), condition(&found[2])],
            keys,
            rest,
        })
    }

    /// Carries out `commit`, and writes the conversation and the heads of `sides` with it, provided that they are as
    /// they were read.
    pub(crate) async fn commit_with<const N: usize>(
        &self,
        loaded: &Loaded,
        mut commit: CommitBuilder,
        sides: [usize; N],
    ) -> Result<Outcome> {
        let Loaded { row, heads, keys, conditions, .. } = loaded;
        let conversation = rows::encode(row);
        let heads = sides.map(|side| (1 + side, &heads[side], rows::encode(&heads[side])));
        commit = commit.put(keys[0].clone(), conditions[0], conversation.clone(), None);
        for (at, _, head) in &heads {
            commit = commit.put(keys[*at].clone(), conditions[*at], head.clone(), None);
        }
        let commit = commit.build()?;
        let version = commit.version();
        let outcome = self.carry_out(commit).await?;
        if outcome == Outcome::Committed {
            self.memos().conversations.keep(&keys[0], version, row, conversation.len());
            for (at, head, stored) in heads {
                self.memos().heads.keep(&keys[at], version, head, stored.len());
            }
        }
        Ok(outcome)
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
}

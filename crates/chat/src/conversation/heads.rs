//! The heads of members during a change: those that were read, and which of them have to be written.

use crate::{
    base::{
        error::{Error, Result},
        id::UserId,
        rows,
    },
    context::Context,
    inbox::head::HeadRow,
};
use jobline_store::{CommitBuilder, Condition, Key, Row, Version};

/// A head as it was read, and its new state.
#[derive(Clone)]
pub(super) struct HeadUpdate {
    key: Key,
    condition: Condition,
    row: HeadRow,
    is_changed: bool,
    /// Its size as it was written.
    bytes: usize,
}

impl HeadUpdate {
    pub fn decode(cx: &Context, key: Key, found: Option<&Row>) -> Result<Self> {
        let row = found.map_or_else(|| Ok(HeadRow::default()), |row| cx.memos.heads.decode(&key, row))?;
        Ok(Self { condition: rows::as_read(found), row, key, is_changed: false, bytes: 0 })
    }
}

/// The heads that were read.
#[derive(Default)]
pub(super) struct Heads {
    /// In the order of the members.
    of_members: Vec<(usize, HeadUpdate)>,
    /// Of users who may become members.
    of_others: Vec<(UserId, HeadUpdate)>,
}

impl Heads {
    pub fn add(&mut self, member: usize, head: HeadUpdate) {
        match self.place(member) {
            Ok(at) => self.of_members[at].1 = head,
            Err(at) => self.of_members.insert(at, (member, head)),
        }
    }

    /// Where the head of a member is, or would be.
    fn place(&self, member: usize) -> std::result::Result<usize, usize> {
        self.of_members.binary_search_by_key(&member, |(member, _)| *member)
    }

    pub fn add_other(&mut self, user: UserId, head: HeadUpdate) {
        self.of_others.push((user, head));
    }

    /// Makes the head of `user` that of a member.
    pub fn take_in(&mut self, member: usize, user: &UserId) {
        let at = self.of_others.iter().position(|(one, _)| one == user);
        if let Some((_, head)) = at.map(|at| self.of_others.swap_remove(at)) {
            self.add(member, head);
        }
    }

    /// # Errors
    /// `unavailable` for a head that was not read, which is a bug.
    pub fn get(&self, member: usize) -> Result<&HeadRow> {
        self.place(member).map(|at| &self.of_members[at].1.row).map_err(|_| not_read())
    }

    /// # Errors
    /// As [`Self::get`].
    pub fn change(&mut self, member: usize, change: impl FnOnce(&mut HeadRow)) -> Result<()> {
        let at = self.place(member).map_err(|_| not_read())?;
        let head = &mut self.of_members[at].1;
        change(&mut head.row);
        head.is_changed = true;
        Ok(())
    }

    /// Adds those that changed, on the condition that they are unchanged since they were read.
    pub fn put(&mut self, mut commit: CommitBuilder) -> CommitBuilder {
        for (_, head) in self.of_members.iter_mut().filter(|(_, head)| head.is_changed) {
            let row = rows::encode(&head.row);
            head.bytes = row.len();
            commit = commit.put(head.key.clone(), head.condition, row, None);
        }
        commit
    }

    /// Caches what was written. The heads are not needed any more.
    pub fn keep(&mut self, cx: &Context, version: Version) {
        for (_, head) in self.of_members.drain(..).filter(|(_, head)| head.is_changed) {
            cx.memos.heads.keep(head.key, version, head.bytes, || head.row);
        }
    }
}

fn not_read() -> Error {
    Error::unavailable("the head of a member was to change that was not read")
}

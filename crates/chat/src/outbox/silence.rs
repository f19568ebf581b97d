//! Messages that cause no notification to a member: those of users whom they block.

use super::lease::Leased;
use crate::{
    base::{author::Author, error::Result},
    context::Context,
    keys,
    messages::row::MessageRow,
};
use jobline_store::Consistency;

/// The members whom somebody blocks.
#[derive(Debug, Default)]
pub(super) struct Silence(Vec<usize>);

impl Silence {
    /// The users whom `member` blocks in this conversation. In a pair the conversation's row says so; in a crew, where
    /// they can still write, it is read.
    pub async fn of(cx: &Context, leased: &Leased, member: usize) -> Result<Self> {
        let row = &leased.conversation;
        if row.crew.is_none() {
            return Ok(Self(if row.members[member].blocks { vec![usize::from(member == 0)] } else { Vec::new() }));
        }
        let users = row.users(&leased.id);
        let Some(me) = users.get(member) else { return Ok(Self::default()) };
        let blocks: Vec<_> = users.iter().map(|other| keys::block(me, other)).collect();
        let found = cx.db.get_many(&blocks, Consistency::Strong).await?;
        let blocked = found.iter().enumerate().filter(|(_, row)| row.is_some());
        Ok(Self(blocked.map(|(member, _)| member).collect()))
    }

    /// Whether a message is from somebody else.
    pub fn lets_through(&self, row: &MessageRow) -> bool {
        !matches!(row.from, Author::Member(author) if self.0.contains(&author))
    }
}

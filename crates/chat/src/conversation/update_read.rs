//! Reading what a change of a conversation needs: its row, heads of its members, and of a crew its other rows.

use super::{
    crew_row::MarksRow,
    parts::{self, Stored},
    row::ConversationRow,
};
use crate::{
    base::{
        error::{Error, Result},
        id::{ConversationId, UserId},
        rows,
    },
    context::Context,
    keys,
};
use jobline_store::{Condition, Consistency, Key, Row};
use std::collections::BTreeMap;

/// How often a crew is read until its parts belong together.
const READINGS: usize = 16;

/// Which rows of members a change of a crew needs. In a pair there are only two heads, which are always read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Needs<'a> {
    /// The member who makes the change: their head.
    pub member: Option<usize>,
    /// The same, where the place is not known yet. Their head and the further rows are read with the crew, which is all that a
    /// message in one that is awake takes.
    pub user: Option<&'a UserId>,
    pub marks: Marks,
    /// The heads of all who are in, also where the crew is awake.
    pub all_heads: bool,
}

/// Whose marks are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Marks {
    /// Nobody's: they are not to be looked at.
    #[default]
    None,
    /// Those of the member who makes the change.
    Own,
    All,
}

/// The rows of an update as they were read. A sender without permission is refused before they are decoded, so that the
/// time of a refusal does not tell whether the other user has any.
pub(crate) struct UndecodedUpdate {
    pub(super) id: ConversationId,
    conversation: Found,
    pub(super) heads: Vec<(HeadOwner, Key, Option<Row>)>,
    pub(super) marks: BTreeMap<usize, (Condition, MarksRow)>,
    pub(super) rest: Vec<Option<Row>>,
}

/// Whose head was read.
pub(super) enum HeadOwner {
    Member(usize),
    /// For a crew, whose places are not known before it is decoded.
    User(UserId),
}

/// A conversation's row: of a pair as it is stored, of a crew with its people, who have to be known to read their heads.
enum Found {
    Pair(Option<(Key, Option<Row>)>),
    Crew(Option<Box<Stored>>),
}

impl UndecodedUpdate {
    /// Reads a conversation and `rest` in one round trip; of a crew, whose members are in its rows, mostly in two.
    pub async fn read(
        cx: &Context,
        id: &ConversationId,
        needs: Needs<'_>,
        consistency: Consistency,
        rest: &[Key],
    ) -> Result<Self> {
        match id.pair() {
            Some(pair) => Self::read_pair(cx, id, pair, consistency, rest).await,
            None => Self::read_crew(cx, id, needs, &[], rest).await,
        }
    }

    async fn read_pair(
        cx: &Context,
        id: &ConversationId,
        pair: &[UserId],
        consistency: Consistency,
        rest: &[Key],
    ) -> Result<Self> {
        let mut wanted = Vec::with_capacity(1 + pair.len() + rest.len());
        wanted.push(keys::conversation(id));
        wanted.extend(pair.iter().map(keys::head));
        wanted.extend(rest.iter().cloned());
        let mut rows = cx.db.get_many(&wanted, consistency).await?.into_iter();
        let mut wanted = wanted.into_iter();
        let conversation = Found::Pair(wanted.next().zip(rows.next()));
        let heads = wanted.take(pair.len()).zip(rows.by_ref()).enumerate();
        let heads = heads.map(|(member, (key, row))| (HeadOwner::Member(member), key, row)).collect();
        Ok(Self { id: id.clone(), conversation, heads, marks: BTreeMap::new(), rest: rows.collect() })
    }

    /// Reads a crew, with the heads of `others`, too. Marks that know of a later deletion than the row do not belong to it.
    pub(super) async fn read_crew(
        cx: &Context,
        id: &ConversationId,
        needs: Needs<'_>,
        others: &[UserId],
        rest: &[Key],
    ) -> Result<Self> {
        for _ in 0..READINGS {
            let read = Self::read_parts(cx, id, needs, others, rest).await?;
            let end = match &read.conversation {
                Found::Crew(Some(stored)) => stored.row.log.change,
                Found::Crew(None) | Found::Pair(_) => 0,
            };
            if read.marks.values().all(|(_, marks)| marks.gone_at <= end) {
                return Ok(read);
            }
        }
        Err(Error::unavailable("messages of a crew are deleted faster than it can be read"))
    }

    async fn read_parts(
        cx: &Context,
        id: &ConversationId,
        needs: Needs<'_>,
        others: &[UserId],
        rest: &[Key],
    ) -> Result<Self> {
        if let Some(user) = needs.user {
            return Self::read_for_message(cx, id, user, rest).await;
        }
        let found = parts::crew(cx, id).await?;
        let (member, users) = match &found {
            Some(Stored { row, .. }) => heads_of(id, row, needs, others),
            None => (None, Vec::new()),
        };
        let own = member.filter(|_| needs.marks == Marks::Own);
        let mut wanted: Vec<Key> = users.iter().map(keys::head).collect();
        wanted.extend(own.map(|member| keys::marks(id, member)));
        wanted.extend(rest.iter().cloned());
        let mut rows = cx.db.get_many(&wanted, Consistency::Strong).await?.into_iter();
        let heads: Vec<Option<Row>> = rows.by_ref().take(users.len()).collect();
        let heads = users.into_iter().map(HeadOwner::User).zip(wanted).zip(heads);
        let heads = heads.map(|((whose, key), row)| (whose, key, row)).collect();
        let marks = match (own, needs.marks) {
            (Some(member), _) => BTreeMap::from([(member, decode_marks(rows.next().flatten().as_ref())?)]),
            (None, Marks::All) => {
                let mut marks = parts::all_marks(cx, id).await?;
                for member in 0..found.as_ref().map_or(0, |stored| stored.row.members.len()) {
                    marks.entry(member).or_insert_with(|| (Condition::Absent, MarksRow::default()));
                }
                marks
            }
            (None, Marks::None | Marks::Own) => BTreeMap::new(),
        };
        let conversation = Found::Crew(found.map(Box::new));
        Ok(Self { id: id.clone(), conversation, heads, marks, rest: rows.collect() })
    }

    /// What a message of `user` takes: in a crew that is awake one round trip, in one that sleeps two.
    async fn read_for_message(cx: &Context, id: &ConversationId, user: &UserId, rest: &[Key]) -> Result<Self> {
        let mut wanted = vec![keys::head(user)];
        wanted.extend(rest.iter().cloned());
        let (found, rows) = parts::crew_with(cx, id, &wanted).await?;
        let mut rows = rows.into_iter();
        let mut heads = vec![(HeadOwner::User(user.clone()), keys::head(user), rows.next().flatten())];
        if let Some(Stored { row, .. }) = found.as_ref().filter(|stored| stored.row.is_asleep()) {
            let (_, users) = heads_of(id, row, Needs::default(), &[]);
            let users: Vec<UserId> = users.into_iter().filter(|one| one != user).collect();
            let wanted: Vec<Key> = users.iter().map(keys::head).collect();
            let others = cx.db.get_many(&wanted, Consistency::Strong).await?;
            heads.extend(
                users.into_iter().zip(wanted).zip(others).map(|((one, key), row)| (HeadOwner::User(one), key, row)),
            );
        }
        let conversation = Found::Crew(found.map(Box::new));
        Ok(Self { id: id.clone(), conversation, heads, marks: BTreeMap::new(), rest: rows.collect() })
    }

    /// What `look` finds in the conversation; `None` if that does not exist yet.
    pub fn look<T>(&self, cx: &Context, look: impl FnOnce(&ConversationRow) -> T) -> Result<Option<T>> {
        Ok(match &self.conversation {
            Found::Pair(Some((key, Some(found)))) => Some(look(&*cx.memos.conversations.shared(key, found)?)),
            Found::Pair(_) => None,
            Found::Crew(found) => found.as_ref().map(|stored| look(&stored.row)),
        })
    }

    pub(super) fn stored(&self, cx: &Context) -> Result<Option<Stored>> {
        match &self.conversation {
            Found::Pair(Some((key, Some(found)))) => {
                let row = cx.memos.conversations.decode(key, found)?;
                Ok(Some(Stored { row, condition: rows::as_read(Some(found)), roster: None }))
            }
            Found::Pair(_) => Ok(None),
            Found::Crew(found) => Ok(found.as_deref().cloned()),
        }
    }
}

/// Which member makes a change, and whose heads it needs: of the one who makes it, and where the crew sleeps those of all who
/// are in.
fn heads_of(
    id: &ConversationId,
    row: &ConversationRow,
    needs: Needs<'_>,
    others: &[UserId],
) -> (Option<usize>, Vec<UserId>) {
    let users = row.users(id);
    let member = needs.member;
    let mut wanted: Vec<UserId> = Vec::new();
    let all = if needs.all_heads || row.is_asleep() { row.all_in() } else { Vec::new() };
    let all = all.into_iter().chain(member).filter_map(|member| users.get(member));
    for user in all.chain(others) {
        if !wanted.contains(user) {
            wanted.push(user.clone());
        }
    }
    (member, wanted)
}

fn decode_marks(found: Option<&Row>) -> Result<(Condition, MarksRow)> {
    Ok((rows::as_read(found), found.map(rows::decode).transpose()?.unwrap_or_default()))
}

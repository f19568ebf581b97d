//! Blocking: whom a user blocks cannot write to them, nor change what they wrote but by deleting it.
//!
//! A block is a row of the user's own, for conversations that are still to begin, and a flag in the row of the
//! conversation with that user. A send, an edit and a reaction are decided on the flag, which their commit writes back on the
//! condition that the row is as it was read: they cannot pass a block that came before them, and it costs nothing.

use crate::{
    base::{
        attempts::Attempts,
        error::{Error, Result},
        id::{ConversationId, UserId},
        rows::{self, LAYOUT},
    },
    context::Context,
    conversation::update::ConversationUpdate,
    keys,
};
use jobline_store::{CommitBuilder, Condition, Consistency, Key, Outcome, Row};
use jobline_wire::{BlockUser, Blocked, Code, limits::BLOCKED_USERS};

/// Blocks a user. Repeating it changes nothing.
///
/// # Errors
/// `invalid_request`, `unavailable`.
pub(crate) async fn block(cx: &Context, me: &UserId, input: BlockUser) -> Result<Blocked> {
    let (other, id) = other(me, &input)?;
    let blocked = list(cx, me).await?;
    if blocked.blocked.len() >= BLOCKED_USERS && !blocked.blocked.contains(&input.user_id) {
        let detail = format!("At most {BLOCKED_USERS} users can be blocked. Unblock somebody first.");
        return Err(Error::invalid("userId", detail));
    }
    set(cx, me, &other, &id, true).await?;
    list(cx, me).await
}

/// Ends a block. Repeating it changes nothing.
///
/// # Errors
/// `invalid_request`, `unavailable`.
pub(crate) async fn unblock(cx: &Context, me: &UserId, input: BlockUser) -> Result<Blocked> {
    let (other, id) = other(me, &input)?;
    set(cx, me, &other, &id, false).await?;
    list(cx, me).await
}

fn other(me: &UserId, input: &BlockUser) -> Result<(UserId, ConversationId)> {
    let other = UserId::parse("userId", &input.user_id)?;
    let id = ConversationId::of(me, &other);
    let id = id.ok_or_else(|| Error::invalid("userId", "userId is you. Name another user."))?;
    Ok((other, id))
}

async fn list(cx: &Context, me: &UserId) -> Result<Blocked> {
    let rows = cx.db.range_all(keys::blocks(me)).await?;
    Ok(Blocked { blocked: rows.iter().filter_map(|(key, _)| Some(keys::blocked_user(key)?.to_owned())).collect() })
}

/// Writes the row of the block and the flag in the conversation, or takes both away.
async fn set(cx: &Context, me: &UserId, other: &UserId, id: &ConversationId, blocks: bool) -> Result<()> {
    let key = keys::block(me, other);
    let member = usize::from(me > other);
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let now = cx.now();
        let rest = [key.clone()];
        let mut update = ConversationUpdate::load_or_new(cx, id, attempts.consistency(), &rest, now).await?;
        if update.rest[0].is_some() == blocks && (update.is_new() || update.row.members[member].blocks == blocks) {
            return Ok(());
        }
        let commit = match blocks {
            true => cx.db.begin().put(key.clone(), Condition::Any, rows::encode(&LAYOUT), None),
            false => cx.db.begin().delete(key.clone(), Condition::Any),
        };
        let outcome = if update.is_new() {
            cx.db.commit(commit.check(keys::conversation(id), Condition::Absent)).await?
        } else {
            let before = update.row.log;
            update.row.members[member].blocks = blocks;
            update.bump_heads(&[member], before, now)?;
            update.commit(cx, commit).await?
        };
        match outcome {
            Outcome::Committed => {
                cx.announcer.relations_changed(&[me, other]);
                return Ok(());
            }
            Outcome::Conflict(keys) => attempts.after_conflict(&keys).await?,
        }
    }
}

/// The blocks that a conversation begins with, as they were read.
pub(crate) struct FirstBlocks(Vec<(Key, Option<Row>)>);

impl FirstBlocks {
    /// The usual case, without a read: neither blocks the other. A commit that is checked against it fails where that
    /// is wrong, and the next attempt reads.
    pub fn none(update: &ConversationUpdate) -> Self {
        Self(keys_of(update).into_iter().map(|key| (key, None)).collect())
    }

    /// Reads the blocks of the two members of a conversation that does not exist yet, and sets their flags.
    pub async fn read(cx: &Context, update: &mut ConversationUpdate) -> Result<Self> {
        let keys = keys_of(update);
        let found = cx.db.get_many(&keys, Consistency::Strong).await?;
        for (member, row) in update.row.members.iter_mut().zip(&found) {
            member.blocks = row.is_some();
        }
        Ok(Self(keys.into_iter().zip(found).collect()))
    }

    /// Makes `commit` fail when one of them has changed.
    pub fn check(&self, commit: CommitBuilder) -> CommitBuilder {
        self.0.iter().fold(commit, |commit, (key, row)| commit.check(key.clone(), rows::as_read(row.as_ref())))
    }
}

/// The rows by which each of the two members of a pair may block the other.
fn keys_of(update: &ConversationUpdate) -> Vec<Key> {
    update.id.pair().map_or_else(Vec::new, |[one, other]| vec![keys::block(one, other), keys::block(other, one)])
}

/// Refuses what `sender` writes, or changes, for a member who blocks them, in words that do not tell why.
///
/// # Errors
/// `recipient_unavailable`.
pub(crate) fn check(update: &ConversationUpdate, sender: usize) -> Result<()> {
    // In a crew a block only mutes somebody for the one who blocks them.
    let blocks = update.row.other(sender).is_some_and(|other| other.blocks);
    if blocks { Err(unavailable()) } else { Ok(()) }
}

/// Whether `other` blocks `me`, whether or not they have a conversation.
pub(crate) async fn is_blocked(cx: &Context, me: &UserId, other: &UserId) -> Result<bool> {
    Ok(cx.db.get(&keys::block(other, me), Consistency::Strong).await?.is_some())
}

pub(crate) fn unavailable() -> Error {
    Error::new(Code::RecipientUnavailable, "This user takes no messages from you at the moment.")
}

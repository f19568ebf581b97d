//! What edits, reactions and deletions share: one message is read with its conversation, and written with a change of the
//! log that says it was touched.
//!
//! All of them say what shall be, not what to toggle: repeating one changes nothing, and of two that race the
//! conversation's row decides which comes first.

use super::{
    render,
    row::{ListedMessage, MessageRow},
};
use crate::{
    base::{
        attempts::Attempts,
        author::Author,
        error::{Error, Result},
        id::{ConversationId, MessageId, UserId},
        rate::Bucket,
        rows,
    },
    context::Context,
    conversation::{
        row::ConversationRow,
        sleep,
        update::ConversationUpdate,
        update_read::{Marks, Needs},
    },
    keys,
    log::{
        append,
        change::{ChangeKind, ChangeRow},
        last_change::LogState,
        position::ChangeAt,
        view::LogView,
    },
};
use jobline_store::{CommitBuilder, Condition, Consistency, Key, Outcome, Row};
use jobline_wire::{Message, limits::CHANGES_PER_MINUTE};
use std::{borrow::Cow, sync::Arc};

/// Which message is touched, and by whom.
pub(super) struct Target<'a> {
    pub conversation: &'a ConversationId,
    pub message: MessageId,
    pub by: Author,
    /// Whether it may be a message of `by` that is out of their sight, since they have left the crew and come back.
    pub reaches_own: bool,
}

impl<'a> Target<'a> {
    /// # Errors
    /// `not_found` for what cannot be the id of a message.
    pub fn new(conversation: &'a ConversationId, message_id: &str, by: Author) -> Result<Self> {
        let message = MessageId::new(message_id).ok_or_else(no_such_message)?;
        Ok(Self { conversation, message, by, reaches_own: false })
    }

    /// [`Self::new`], also for a message of `by` from before they left a crew that they came back to.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of_author(conversation: &'a ConversationId, message_id: &str, by: Author) -> Result<Self> {
        Ok(Self { reaches_own: true, ..Self::new(conversation, message_id, by)? })
    }
}

/// A message as it was read, with its conversation.
pub(super) struct Touched {
    pub update: ConversationUpdate,
    pub row: MessageRow,
    version: Condition,
    expires: Option<u64>,
    pub now: u64,
}

impl Touched {
    fn current(self) -> Current {
        Current { row: self.row, conversation: self.update.row }
    }
}

/// A message and its conversation at the same point of the log.
pub(super) struct Current {
    pub row: MessageRow,
    conversation: ConversationRow,
}

impl Current {
    /// The members of its conversation, in their order.
    pub fn users<'a>(&self, id: &'a ConversationId) -> Cow<'a, [UserId]> {
        self.conversation.users(id)
    }
}

/// What a touch makes of a message.
pub(super) struct Change {
    pub kind: ChangeKind,
    /// Edits and reactions are limited to so many a minute, deletions are not.
    pub is_limited: bool,
}

/// Applies `decide` to the message, and commits the result. `decide` answers `None` when the message is as it shall be
/// already; it may add rows to the commit, and reads only the requested marks. Returns the message after that, with its
/// conversation at the same point of the log.
///
/// # Errors
/// `not_found`, `rate_limited`, `unavailable`, and those of `decide`.
pub(super) async fn touch(
    cx: &Context,
    target: &Target<'_>,
    marks: Marks,
    mut decide: impl FnMut(&mut Touched) -> Result<Option<(Change, CommitBuilder)>>,
) -> Result<Current> {
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let mut touched = load(cx, target, marks, attempts.consistency()).await?;
        let Some((change, commit)) = decide(&mut touched)? else {
            // The two rows were read one after the other. Every change of the message is one of the conversation.
            if touched.update.is_current(cx).await? {
                return Ok(touched.current());
            }
            attempts.after_conflict(&[keys::conversation(target.conversation)]).await?;
            continue;
        };
        if marks == Marks::All && touched.update.row.is_asleep() {
            // Everybody's marks and everybody's heads are more than a commit holds: it wakes first.
            if let Outcome::Conflict(keys) = sleep::wake(cx, target.conversation).await? {
                attempts.after_conflict(&keys).await?;
            }
            continue;
        }
        if change.is_limited {
            take_from_bucket(&mut touched, target.by)?;
        }
        match commit_touch(cx, target, &mut touched, change.kind, commit).await? {
            Outcome::Committed => return Ok(touched.current()),
            Outcome::Conflict(keys) => attempts.after_conflict(&keys).await?,
        }
    }
}

async fn load(cx: &Context, target: &Target<'_>, marks: Marks, consistency: Consistency) -> Result<Touched> {
    let now = cx.now();
    let key = keys::message(target.conversation, &target.message);
    let member = match target.by {
        Author::Member(member) => Some(member),
        Author::Host => None,
    };
    let needs = Needs { member, marks, ..Needs::default() };
    let update = ConversationUpdate::load(cx, target.conversation, needs, consistency, &[key]).await?;
    let update = update.ok_or_else(|| Error::not_found("conversation"))?;
    let stored: Option<&Row> = update.rest[0].as_ref();
    let kept = |row: &MessageRow| row.at >= cx.retention.horizon(now);
    let row = rows::live::<MessageRow>(stored, now)?.filter(|row| match target.by {
        Author::Member(viewer) if target.reaches_own && row.from.is(viewer) => kept(row),
        Author::Member(viewer) => LogView { id: target.conversation, row: &update.row, viewer, now }.shows(cx, row),
        Author::Host => kept(row),
    });
    let row = row.ok_or_else(no_such_message)?;
    let version = rows::as_read(stored);
    let expires = stored.and_then(|stored| stored.expires);
    Ok(Touched { update, row, version, expires, now })
}

/// One more change in the minute of the member who makes it.
fn take_from_bucket(touched: &mut Touched, by: Author) -> Result<()> {
    let Author::Member(member) = by else { return Ok(()) };
    let changes = touched.update.head(member)?.changes;
    let changes = Bucket::take_change(changes, CHANGES_PER_MINUTE, touched.now)?;
    touched.update.set_changes(member, changes)
}

async fn commit_touch(
    cx: &Context,
    target: &Target<'_>,
    touched: &mut Touched,
    kind: ChangeKind,
    commit: CommitBuilder,
) -> Result<Outcome> {
    let Touched { update, row, version, expires, now } = touched;
    let change = ChangeRow::of_message(&update.row, kind, target.by, row, *now);
    row.touched = Some(ChangeAt { change: change.number, at: change.at });
    update.row.last_touch = change.number;
    let commit = commit.put(key_of(target), *version, rows::encode(row), *expires);
    let members = update.row.all_in();
    append::change_with(cx, update, &change, &members, *now, commit).await
}

fn key_of(target: &Target<'_>) -> Key {
    keys::message(target.conversation, &target.message)
}

/// The message as `viewer` sees it.
pub(super) async fn answer(
    cx: &Context,
    conversation: &ConversationId,
    viewer: usize,
    current: Current,
) -> Result<Message> {
    let Current { row, conversation: of } = current;
    let row = Arc::new(row);
    let watermarks = of.watermarks();
    let state = LogState { id: conversation, viewer, watermarks, last: of.last_change_row };
    let updated = state.last_changes(&cx.db, std::slice::from_ref(&row), Vec::new()).await?[0];
    render::for_member(cx, conversation, viewer, watermarks, ListedMessage { row, updated }).await
}

/// A deleted message no longer counts as unread. Those who have left a crew count for themselves: see `unread.rs`.
pub(super) fn discount_unread(touched: &mut Touched) {
    for member in touched.update.row.all_in() {
        let row = &touched.update.row;
        let unread = row.members[member].read.number + 1..=row.log.number;
        if touched.row.counts_for(member) && unread.contains(&touched.row.number) {
            touched.update.row.members[member].unread_deleted += 1;
        }
    }
}

pub(super) fn no_such_message() -> Error {
    Error::not_found("message").at("messageId")
}

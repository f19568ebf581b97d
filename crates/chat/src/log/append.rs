//! Appending a change other than a new message to the log of a conversation.

use super::change::ChangeRow;
use crate::{
    base::{error::Result, rows},
    context::Context,
    conversation::update::ConversationUpdate,
    keys,
};
use jobline_store::{CommitBuilder, Condition, Outcome};

/// Takes the next number of the log for `change`, and commits its row with the conversation and what tells `members`.
/// The caller has already applied to `update` what else the change means for the conversation's row.
pub(crate) async fn change(
    cx: &Context,
    update: &mut ConversationUpdate,
    change: &ChangeRow,
    members: &[usize],
    now: u64,
) -> Result<Outcome> {
    change_with(cx, update, change, members, now, cx.db.begin()).await
}

/// [`change`], in the commit `with`.
pub(crate) async fn change_with(
    cx: &Context,
    update: &mut ConversationUpdate,
    change: &ChangeRow,
    members: &[usize],
    now: u64,
    with: CommitBuilder,
) -> Result<Outcome> {
    let before = update.row.log;
    update.row.append_change(change.at);
    update.tell(members, before, now)?;
    let key = keys::change(&update.id, change.number);
    let expires = cx.retention.expires(change.at);
    let commit = with.put(key, Condition::Absent, rows::encode(change), expires);
    update.commit(cx, commit).await
}

//! The tokens of users who were deleted: they end with the user.

use crate::{
    base::{error::Result, id::UserId, rows},
    context::Context,
    keys,
};
use jobline_store::Consistency;

/// Whether a token of `user` that was issued at `issued_ms` is from before the user was deleted. A token that does not say
/// when it was issued is refused until the user is created again.
pub(crate) async fn has_ended(cx: &Context, user: &UserId, issued_ms: Option<u64>) -> Result<bool> {
    let now = cx.now();
    let row = match cx.ended.remembered(user, now) {
        Some(row) => row,
        None => {
            let row = cx.db.get(&keys::ended(user), Consistency::Eventual).await?;
            let row = row.as_ref().map(rows::decode).transpose()?;
            cx.ended.remember(user, row, now);
            row
        }
    };
    Ok(row.is_some_and(|row| match issued_ms {
        Some(issued) => issued / 1_000 < row.not_before,
        None => !row.is_back,
    }))
}

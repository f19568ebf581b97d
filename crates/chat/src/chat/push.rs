//! Which browsers get push notifications.

use super::Chat;
use crate::{
    base::{error::Result, id::UserId},
    user::pushes,
};
use jobline_wire::{AddPush, PushChanged, RemovePush};

impl Chat {
    /// Notes that a browser of `me` gets push notifications. Whether its endpoint may be called is for the caller to know. The
    /// same again changes nothing.
    ///
    /// # Errors
    /// `invalid_request`, `rate_limited`, `unavailable`.
    pub async fn add_push(&self, me: &UserId, input: AddPush) -> Result<PushChanged> {
        pushes::add(&self.cx, me, input).await
    }

    /// Puts the subscription `now` in the place of `before`, which a browser of `user` had: its keys prove whose it is, without
    /// a token. Whether its endpoint may be called is for the caller to know. The same again changes nothing.
    ///
    /// # Errors
    /// `invalid_request`, `not_found` for a subscription that is not one of the user's, or whose keys are others;
    /// `rate_limited`, `unavailable`.
    pub async fn renew_push(&self, user: &UserId, before: &AddPush, now: AddPush) -> Result<PushChanged> {
        pushes::renew(&self.cx, user, before, now).await
    }

    /// Ends push notifications for a browser. No error when it got none.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn remove_push(&self, me: &UserId, input: RemovePush) -> Result<PushChanged> {
        pushes::remove(&self.cx, me, input).await
    }
}

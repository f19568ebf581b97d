//! Calls.

use super::Chat;
use crate::{
    base::{error::Result, id::UserId},
    messages::calls::{self, devices::CallDevices},
};
use jobline_wire::{AnswerCall, ChangedCall, StartCall, StartedCall};

impl Chat {
    /// Calls the other members of a conversation. If a call is running there already, returns that one.
    ///
    /// # Errors
    /// `invalid_request`, `not_found`, `not_job_participant`, `job_closed`, `recipient_unavailable`, `rate_limited`,
    /// `unavailable`.
    pub async fn start_call(&self, me: &UserId, input: StartCall) -> Result<StartedCall> {
        calls::start(&self.cx, me, input).await
    }

    /// Takes a call with one device of `me`. The first one wins.
    ///
    /// # Errors
    /// `invalid_request`, `not_found`, `call_over`, `unavailable`.
    pub async fn accept_call(&self, me: &UserId, input: AnswerCall) -> Result<ChangedCall> {
        calls::accept(&self.cx, me, input).await
    }

    /// Declines a call. A call that is over does not change.
    ///
    /// # Errors
    /// `invalid_request`, `not_found`, `call_over` when another device has taken it, `unavailable`.
    pub async fn decline_call(&self, me: &UserId, input: AnswerCall) -> Result<ChangedCall> {
        calls::decline(&self.cx, me, input).await
    }

    /// Ends a call, or cancels it before it was accepted. A call that is over does not change.
    ///
    /// # Errors
    /// `invalid_request`, `not_found`, `unavailable`.
    pub async fn end_call(&self, me: &UserId, input: AnswerCall) -> Result<ChangedCall> {
        calls::end(&self.cx, me, input).await
    }

    /// The devices of an accepted call that `me` is in: signals go between them alone. `None` for any other call.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn call_devices(&self, me: &UserId, call_id: &str) -> Result<Option<CallDevices>> {
        calls::devices::devices(&self.cx, me, call_id).await
    }
}

//! Authorisation by type: a handler that takes a [`User`] or a [`Host`] cannot run without one, and only this file
//! makes them.

use crate::app::App;
use jobline_chat::{Chat, Error, UserId};
use jobline_http::Failure;
use jobline_identity::{Checked, Credential, Identity};
use jobline_wire::Code;
use std::future::Future;

/// How a caller proves who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// By a user token.
    User,
    /// By the host key.
    Host,
}

/// The authenticated caller.
pub trait Caller: Sized + Send {
    /// How callers of this kind prove who they are.
    const SCHEME: Scheme;

    /// Checks what a caller shows.
    ///
    /// # Errors
    /// `unauthenticated`, and `unavailable` when the keys that would tell cannot be read now.
    fn authenticate(app: &App, credential: Credential<'_>) -> impl Future<Output = Result<Self, Failure>> + Send;
}

/// A user, proved by a user token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User(pub UserId);

impl Caller for User {
    const SCHEME: Scheme = Scheme::User;

    async fn authenticate(app: &App, credential: Credential<'_>) -> Result<Self, Failure> {
        match check_token(&app.identity, &app.chat, credential).await {
            Ok(checked) => Ok(Self(checked.user)),
            Err(_) if app.host_key.as_ref().is_some_and(|key| key.is_shown(credential)) => {
                let detail = "This is the host key, which opens /host alone and belongs on your server. Users call with \
                              tokens of their own: POST /host/users/{userId}/token makes one.";
                Err(Failure::unauthenticated(detail))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Checks a user token, also whether the user was deleted after it was issued.
///
/// # Errors
/// `unauthenticated`, and `unavailable` when what would tell cannot be read now.
pub(crate) async fn check_token<'a>(
    identity: &Identity,
    chat: &Chat,
    credential: impl Into<Credential<'a>>,
) -> Result<Checked, Error> {
    let checked = identity.check_token(credential).await?;
    if chat.has_ended(&checked.user, checked.issued_ms).await? {
        let detail = "The token is from before the host deleted this user. Sign in again.";
        return Err(Error::new(Code::Unauthenticated, detail));
    }
    Ok(checked)
}

/// The host, proved by the host key.
#[derive(Debug)]
pub struct Host(());

impl Caller for Host {
    const SCHEME: Scheme = Scheme::Host;

    async fn authenticate(app: &App, credential: Credential<'_>) -> Result<Self, Failure> {
        let Some(key) = &app.host_key else {
            let detail = "The host API is closed: this server has no --host-key (JOBLINE_HOST_KEY).";
            return Err(Failure::unauthenticated(detail));
        };
        key.authenticate(credential)?;
        Ok(Self(()))
    }
}

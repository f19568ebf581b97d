//! Authorisation by type: a handler that wants a [`User`] or a [`Host`] runs only when there is one, and only the functions
//! here make them.

use crate::app::App;
use http::HeaderMap;
use jobline_chat::UserId;
use jobline_http::Failure;
use std::future::Future;

/// How a caller proves who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// By a user token.
    User,
    /// By the host key.
    Host,
}

/// Someone who calls.
pub trait Caller: Sized + Send {
    /// How callers of this kind prove who they are.
    const SCHEME: Scheme;

    /// Who it is.
    ///
    /// # Errors
    /// `unauthenticated`, and `unavailable` when it cannot be told now.
    fn authenticate(app: &App, headers: &HeaderMap) -> impl Future<Output = Result<Self, Failure>> + Send;
}

/// A user, known by their token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User(pub UserId);

impl Caller for User {
    const SCHEME: Scheme = Scheme::User;

    async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Self, Failure> {
        Ok(Self(app.identity.authenticate(headers).await?))
    }
}

/// The host, known by its key.
#[derive(Debug)]
pub struct Host(());

impl Caller for Host {
    const SCHEME: Scheme = Scheme::Host;

    async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Self, Failure> {
        let Some(key) = &app.host_key else {
            return Err(Failure::unauthenticated("The host API is closed: this server has no --host-key."));
        };
        key.authenticate(headers)?;
        Ok(Self(()))
    }
}

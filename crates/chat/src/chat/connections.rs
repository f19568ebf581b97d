//! Live connections that have rows, since no server holds them.

use super::Chat;
use crate::{
    base::{error::Result, id::UserId},
    presence::connections::{self, Connection},
};

impl Chat {
    /// Keeps a new live connection, until 130 minutes after it was opened.
    ///
    /// # Errors
    /// `unavailable`, also for a name that is longer than 128 bytes, or not of visible ASCII characters other than `#`.
    pub async fn open_connection(&self, connection: &Connection) -> Result<()> {
        connections::open(&self.cx, connection).await
    }

    /// Keeps the later token of a live connection.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn renew_connection(&self, connection: &Connection) -> Result<()> {
        connections::renew(&self.cx, connection).await
    }

    /// The live connection with this name; `None` when there is none.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn connection(&self, id: &str) -> Result<Option<Connection>> {
        connections::find(&self.cx, id).await
    }

    /// The live connections of `user`, at most twenty.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn connections(&self, user: &UserId) -> Result<Vec<Connection>> {
        connections::of(&self.cx, user).await
    }

    /// Forgets a live connection that is not there any more.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn forget_connection(&self, user: &UserId, id: &str) -> Result<()> {
        connections::forget(&self.cx, user, id).await
    }
}

//! Live connections that a gateway holds open while no server runs, such as API Gateway in front of Lambda.
//!
//! Nothing is pushed over them but *pokes*: that something moved. The client polls then, and the poll is what checks who
//! asks. A poke that is lost costs time and never a message, since clients of such connections poll every minute anyway.
//! There is no timer, so what a session does in time is done when there is an occasion: a connection whose token has
//! expired ends when it would be poked next.

mod moved_users;

pub use moved_users::MovedUsers;

use crate::{
    closing::Closing,
    expiry::Expiry,
    frame::{self, ClientFrame},
    ports::{Refusal, Token, Tokens},
};
use async_trait::async_trait;
use futures_util::{
    future::{self, Either},
    stream::{self, StreamExt},
};
use jobline_chat::{Clock, Connection, UserId};
use std::{pin::pin, sync::Arc, time::Duration};

/// How long sending pokes may take after an answer is ready. The process is frozen once the answer is sent.
const POKED_WITHIN: Duration = Duration::from_millis(300);
/// How many users are looked up at a time.
const AT_ONCE: usize = 16;
/// The most live connections of a user.
const CONNECTIONS: usize = 10;
/// The heartbeat interval that clients get. There are none: a client that received nothing for 15 s longer sends a
/// ping, which is before the ten minutes after which API Gateway ends an idle connection.
const HEARTBEAT_MS: u64 = 525_000;

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// The gateway has accepted it.
    Sent,
    /// The connection is not there any more.
    Gone,
    /// The gateway did not take it.
    Failed,
}

/// What the gateway does with the connections that it holds.
#[async_trait]
pub trait GatewayApi: Send + Sync + 'static {
    /// Sends a text frame.
    async fn post(&self, connection: &str, text: String) -> Posted;

    /// Ends a connection, if it is still there.
    async fn end(&self, connection: &str);
}

/// What is kept of connections, and done for their users.
#[async_trait]
pub trait Connections: Send + Sync + 'static {
    /// Keeps a new connection.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    async fn open(&self, connection: &Connection) -> Result<(), Refusal>;

    /// Keeps the later token of a connection.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    async fn renew(&self, connection: &Connection) -> Result<(), Refusal>;

    /// The connection with this name; `None` when nothing is kept of it.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    async fn find(&self, id: &str) -> Result<Option<Connection>, Refusal>;

    /// The connections of a user.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    async fn of(&self, user: &UserId) -> Result<Vec<Connection>, Refusal>;

    /// Forgets a connection that is not there any more.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    async fn forget(&self, user: &UserId, id: &str) -> Result<(), Refusal>;

    /// Records that `user` is there now, for those who ask later.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    async fn seen(&self, user: &UserId) -> Result<(), Refusal>;

    /// Records as delivered what `cursor` proves to have arrived.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for a cursor that is not this user's.
    async fn deliver(&self, user: &UserId, cursor: &str) -> Result<(), Refusal>;
}

/// The live connections of a deployment whose gateway holds them.
pub struct Gateway {
    api: Arc<dyn GatewayApi>,
    connections: Arc<dyn Connections>,
    tokens: Arc<dyn Tokens>,
    clock: Arc<dyn Clock>,
    moved: MovedUsers,
}

impl Gateway {
    /// Over its ports. `moved` collects the commits of the same domain.
    #[must_use]
    pub fn new(
        api: Arc<dyn GatewayApi>,
        connections: Arc<dyn Connections>,
        tokens: Arc<dyn Tokens>,
        clock: Arc<dyn Clock>,
        moved: MovedUsers,
    ) -> Self {
        Self { api, connections, tokens, clock, moved }
    }

    /// A client connects with `token`. The oldest of ten connections is closed. Nothing is sent over the new one, which
    /// is not open before this is answered.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`]: the client is to be refused.
    pub async fn open(&self, id: &str, token: Token) -> Result<(), Refusal> {
        let mut others = self.connections.of(&token.user).await?;
        others.sort_by_key(|other| other.opened_ms);
        let excess = (others.len() + 1).saturating_sub(CONNECTIONS);
        future::join_all(others[..excess].iter().map(|other| self.end(other, Closing::Replaced))).await;
        let connection = Connection {
            id: id.to_owned(),
            user: token.user,
            opened_ms: self.clock.now_ms(),
            token_expires_ms: token.expires_ms,
        };
        self.connections.open(&connection).await
    }

    /// A client says something. Typing, signals of calls and what is on the screen are not passed on: each would cost as
    /// much as a message.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`]; the client may say it again.
    pub async fn hear(&self, id: &str, text: &str) -> Result<(), Refusal> {
        match ClientFrame::parse(text) {
            Some(ClientFrame::Ping) => drop(self.api.post(id, frame::pong()).await),
            Some(
                ClientFrame::Watch { .. }
                | ClientFrame::Typing { .. }
                | ClientFrame::Signal { .. }
                | ClientFrame::Unknown,
            ) => {}
            Some(ClientFrame::Active { active: false }) => {}
            // It keeps the connection open.
            None if text.trim() == "{}" => {}
            said => match (self.connections.find(id).await?, said) {
                (Some(connection), Some(said)) => self.act(connection, said).await?,
                (Some(connection), None) => self.end(&connection, Closing::NotUnderstood).await,
                // Nothing is sent over it any more.
                (None, _) => self.api.end(id).await,
            },
        }
        Ok(())
    }

    /// A frame of a connection whose user has to be known.
    async fn act(&self, connection: Connection, said: ClientFrame) -> Result<(), Refusal> {
        match said {
            ClientFrame::Start { .. } => self.start(&connection).await,
            ClientFrame::Have { since } => match self.connections.deliver(&connection.user, &since).await {
                Err(Refusal::Invalid) => self.end(&connection, Closing::NotUnderstood).await,
                other => other?,
            },
            ClientFrame::Active { .. } => self.connections.seen(&connection.user).await?,
            ClientFrame::Token { token } => self.renew(connection, &token).await?,
            _ => {}
        }
        Ok(())
    }

    /// The first poke makes the client poll for changes between its last poll and the connection.
    async fn start(&self, connection: &Connection) {
        let ready = frame::ready_for_pokes(HEARTBEAT_MS, connection.token_expires_ms);
        if self.api.post(&connection.id, ready).await == Posted::Sent {
            self.poke(connection).await;
        }
    }

    async fn renew(&self, mut connection: Connection, token: &str) -> Result<(), Refusal> {
        match self.tokens.check(token).await {
            Ok(token) if token.user == connection.user => {
                connection.token_expires_ms = token.expires_ms;
                self.connections.renew(&connection).await
            }
            Err(Refusal::Unavailable) => Err(Refusal::Unavailable),
            Ok(_) | Err(Refusal::Invalid) => {
                self.end(&connection, Closing::Token).await;
                Ok(())
            }
        }
    }

    /// Pokes the users whom commits moved since the last call, for 300 ms at most; the others find the change with their
    /// next poll. The only connection of `caller` is not poked: it counts as the one whose client has just been
    /// answered.
    pub async fn tell(&self, caller: Option<&UserId>) {
        let moved = self.moved.take();
        if moved.is_empty() {
            return;
        }
        let pokes = stream::iter(moved).for_each_concurrent(AT_ONCE, |user| async move {
            let connections = self.connections.of(&user).await.unwrap_or_default();
            if caller != Some(&user) || connections.len() > 1 {
                future::join_all(connections.iter().map(|connection| self.poke(connection))).await;
            }
        });
        let over = self.clock.sleep(POKED_WITHIN);
        match future::select(pin!(pokes), pin!(over)).await {
            Either::Left(_) | Either::Right(_) => {}
        }
    }

    async fn poke(&self, connection: &Connection) {
        let (now, mut expiry) = (self.clock.now_ms(), Expiry::new(connection.token_expires_ms));
        if expiry.is_over(now) {
            return self.end(connection, Closing::Token).await;
        }
        if expiry.takes_warning(now) {
            self.api.post(&connection.id, frame::token_expiring(expiry.expires_ms())).await;
        }
        if self.api.post(&connection.id, frame::poke()).await == Posted::Gone {
            self.forget(connection).await;
        }
    }

    /// Ends a connection. API Gateway has no closing codes to choose from, so `bye` says why.
    async fn end(&self, connection: &Connection, closing: Closing) {
        let bye = frame::bye(closing, closing.retry_after_ms(0, 0));
        if self.api.post(&connection.id, bye).await != Posted::Gone {
            self.api.end(&connection.id).await;
        }
        self.forget(connection).await;
    }

    /// A row that stays does no harm: the next poke finds the connection gone again.
    async fn forget(&self, connection: &Connection) {
        let _ = self.connections.forget(&connection.user, &connection.id).await;
    }
}

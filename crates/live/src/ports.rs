//! What live connections need from outside.

use async_trait::async_trait;
use jobline_chat::{CallDevices, Clock, Random, UserId};
use std::future::Future;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Why something could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It never will be: the cursor or token is not good.
    Invalid,
    /// Not now.
    Unavailable,
}

/// One answer of `sync`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The whole answer: a JSON object.
    pub json: String,
    /// Its `cursor`.
    pub cursor: String,
    /// Its `hasMore`.
    pub has_more: bool,
    /// It tells nothing: no conversation, no message, no reset.
    pub is_empty: bool,
}

/// The changes of a user.
#[async_trait]
pub trait Feed: Send + Sync + 'static {
    /// The answer of `sync`, without recording as delivered what `since` proves to have arrived.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for a cursor that is not this user's.
    async fn sync(&self, user: &UserId, since: Option<String>, limit: u32) -> Result<Answer, Refusal>;

    /// Records as delivered what `cursor` proves to have arrived, unless it was read meanwhile.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for a cursor that is not this user's.
    async fn deliver(&self, user: &UserId, cursor: &str) -> Result<(), Refusal>;
}

/// Who may see a user typing.
#[async_trait]
pub trait Audiences: Send + Sync + 'static {
    /// The users who may see that `user` writes in `conversation`; nobody when `user` may not write there.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    async fn of(&self, user: &UserId, conversation: &str) -> Result<Vec<UserId>, Refusal>;
}

/// A user's presence peers: the users with whom they see each other's online status.
#[async_trait]
pub trait PresencePeers: Send + Sync + 'static {
    /// The users who see whether `user` is online, and of whom `user` sees it.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    async fn of(&self, user: &UserId) -> Result<Vec<UserId>, Refusal>;

    /// Records that `user` is there now, for those who ask later.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    async fn record(&self, user: &UserId) -> Result<(), Refusal>;
}

/// Between which devices signals of a call go.
#[async_trait]
pub trait CallParticipants: Send + Sync + 'static {
    /// The devices of an accepted call in which `user` takes part; `None` for any other.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    async fn devices(&self, user: &UserId, call: &str) -> Result<Option<CallDevices>, Refusal>;
}

/// A user token that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its user.
    pub user: UserId,
    /// Its `exp`, in Unix milliseconds.
    pub expires_ms: u64,
    /// Its `iat`, in Unix milliseconds, if it says so.
    pub issued_ms: Option<u64>,
}

/// Checks user tokens.
#[async_trait]
pub trait Tokens: Send + Sync + 'static {
    /// Whose token it is, and until when.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for one that is not accepted.
    async fn check(&self, token: &str) -> Result<Token, Refusal>;

    /// Whether a token of `user` that was accepted before is over since, because the user was deleted; `false` while
    /// that cannot be found out. Asked with each heartbeat.
    async fn has_ended(&self, user: &UserId, issued_ms: Option<u64>) -> bool;
}

/// Is told what happens, for metrics.
pub trait Meter: Send + Sync + 'static {
    /// A connection begins.
    fn opened(&self) {}
    /// A connection ended: with this code by the server, or, without one, by the client or the network.
    fn closed(&self, _code: Option<u16>) {}
    /// An answer was pushed.
    fn pushed(&self) {}
    /// The bus to the other servers is up from now on, or down.
    fn bus(&self, _is_up: bool) {}
    /// The heads of this many users were read.
    fn heads_read(&self, _users: usize) {}
}

/// Counts nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMeter;

impl Meter for NoMeter {}

/// All ports together, shared by every connection.
pub struct Ports {
    /// What is pushed.
    pub feed: Arc<dyn Feed>,
    /// Who may see a user typing.
    pub audiences: Arc<dyn Audiences>,
    /// The users who see each other's online status.
    pub presence_peers: Arc<dyn PresencePeers>,
    /// The participants of a call.
    pub calls: Arc<dyn CallParticipants>,
    /// Checks renewed tokens.
    pub tokens: Arc<dyn Tokens>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Jitter for clients that connect again.
    pub random: Arc<dyn Random>,
    /// Metrics.
    pub meter: Arc<dyn Meter>,
    /// How many sessions may read at a time: when all clients come back at once, polls still get their turn.
    pub readers: Semaphore,
}

/// Something received over a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A text frame.
    Text(String),
    /// A ping or pong of the WebSocket protocol.
    Control,
    /// A binary frame, which the contract has no use for.
    Binary,
    /// A frame beyond [`crate::FRAME_BYTES`].
    TooLarge,
    /// A text frame that is not UTF-8.
    NotText,
    /// Something that the WebSocket protocol forbids.
    BrokenProtocol,
    /// The connection has ended.
    Gone,
}

/// One connection.
pub trait Socket: Send {
    /// The next thing received. Nothing is lost when the future is dropped.
    fn receive(&mut self) -> impl Future<Output = Incoming> + Send;

    /// Sends a text frame; `false` when the connection has ended.
    fn send(&mut self, text: String) -> impl Future<Output = bool> + Send;

    /// Sends a ping of the WebSocket protocol; `false` when the connection has ended.
    fn ping(&mut self) -> impl Future<Output = bool> + Send;

    /// Sends a closing frame and waits for the client's.
    fn close(&mut self, code: u16, reason: &'static str) -> impl Future<Output = ()> + Send;
}

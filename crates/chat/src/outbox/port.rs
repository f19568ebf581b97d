//! The ports through which events, mail and push notifications leave.

use super::{channel::Channel, unread_line::UnreadLine};
use crate::base::id::{ConversationId, UserId};
use async_trait::async_trait;

/// An event as it is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostEvent {
    /// Visible ASCII; the same each time that the event is delivered.
    pub id: String,
    /// JSON: `{type, timestamp, data}`.
    pub body: String,
}

/// The unread messages of a user in a conversation, for a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadNotice {
    /// Visible ASCII; the same each time that the notice is sent.
    pub id: String,
    /// Whose it is.
    pub user: UserId,
    /// Their address.
    pub email: String,
    /// The conversation.
    pub conversation: ConversationId,
    /// The name of who wrote last; `None`: the host.
    pub sender: Option<String>,
    /// The title of the job that it is about.
    pub job: Option<String>,
    /// How many messages are unread.
    pub unread: u64,
    /// The last unread messages, the oldest first; empty unless the port takes them.
    pub lines: Vec<UnreadLine>,
    /// The tag of the language that they read: what they chose, or else what the host gave for them.
    pub language: Option<String>,
}

/// The unread messages of a user in a conversation, for a push notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushNotice {
    /// Whose it is.
    pub user: UserId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The name of who wrote last; `None`: the host.
    pub sender: Option<String>,
    /// The title of the job that it is about.
    pub job: Option<String>,
    /// How many messages are unread.
    pub unread: u64,
    /// The last unread message; `None` unless the port takes it.
    pub line: Option<UnreadLine>,
    /// The tag of the language that they read: what they chose, or else what the host gave for them.
    pub language: Option<String>,
}

/// A browser that gets push notifications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushSubscription {
    /// The URL of its push service.
    pub endpoint: String,
    /// Its public key: base64url.
    pub p256dh: String,
    /// What it shares with the server: base64url.
    pub auth: String,
}

/// How an attempt to push ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// The subscription has ended, or was never valid: it is to be forgotten.
    Gone,
    /// As of any delivery.
    Tried(Delivery),
}

/// How an attempt to deliver ended. `why` is one line for a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver has it.
    Delivered,
    /// It may succeed later, after so many milliseconds if the receiver named them.
    Failed {
        /// What happened.
        why: String,
        /// What the receiver asked for.
        retry_after_ms: Option<u64>,
    },
    /// It will never succeed.
    Refused {
        /// What happened.
        why: String,
    },
}

/// Delivers events to the host.
#[async_trait]
pub trait EventReceiver: Send + Sync + 'static {
    /// Whether events hold the text of messages.
    fn takes_content(&self) -> bool;

    /// Makes one attempt, which ends within ten seconds.
    async fn deliver(&self, event: &HostEvent) -> Delivery;
}

/// Sends mail to users.
#[async_trait]
pub trait Mail: Send + Sync + 'static {
    /// Whether mail holds the text of messages.
    fn takes_content(&self) -> bool;

    /// Makes one attempt, which ends within ten seconds or so.
    async fn send(&self, notice: &UnreadNotice) -> Delivery;
}

/// Sends push notifications to the browsers of users.
#[async_trait]
pub trait Push: Send + Sync + 'static {
    /// Whether notifications hold the text of messages.
    fn takes_content(&self) -> bool;

    /// Whether this user is active on a device at the moment, and so sees a new message without a notification.
    fn is_active(&self, user: &UserId) -> bool;

    /// Makes one attempt, which ends within ten seconds or so.
    async fn send(&self, to: &PushSubscription, notice: &PushNotice) -> Pushed;
}

/// The port that a driver delivers through.
#[derive(Clone, Copy)]
pub(crate) enum Port<'a> {
    Webhook(&'a dyn EventReceiver),
    Mail(&'a dyn Mail),
    Push(&'a dyn Push),
}

impl Port<'_> {
    pub fn channel(self) -> Channel {
        match self {
            Self::Webhook(_) => Channel::Webhook,
            Self::Mail(_) => Channel::Mail,
            Self::Push(_) => Channel::Push,
        }
    }
}

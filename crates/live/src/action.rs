//! What a session wants done.

use crate::{calling::SignalStep, closing::Closing, typing::TypingStep};
use jobline_chat::UserId;
use std::sync::Arc;

/// What the caller of the session has to do, in this order.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Send a text frame.
    Send(String),
    /// Send a text frame that holds an answer.
    Push(String),
    /// Send a ping of the WebSocket protocol.
    Ping,
    /// Read what changed since a cursor, at most so many.
    Read(Option<String>, u32),
    /// Record as delivered what this cursor proves to have arrived.
    Deliver(String),
    /// Check a renewed token.
    Check(String),
    /// Find out who may see that the user writes in this conversation.
    FindAudience(String),
    /// Another conversation is on screen.
    Watch(Option<String>),
    /// Tell that the user types.
    Types(String, Arc<[UserId]>),
    /// Announce that the user stopped typing.
    StopsTyping,
    /// The user is active on the device, or no longer.
    Active(bool),
    /// Find the user's presence peers: the users who see whether this user is online, and whose online status this user
    /// sees.
    FindPresencePeers,
    /// Show the user and those of these presence peers who are online to each other.
    ShowPresence(Vec<UserId>),
    /// Record that the user is there, unless that was done in the last five minutes.
    Record,
    /// This is the name of the client's device.
    Device(String),
    /// Find out between which devices of this call signals go.
    FindCallDevices(String),
    /// Hand a frame to a device of a user.
    Signal(UserId, String, String),
    /// Say goodbye and close. Nothing comes after it.
    Close(Closing),
}

impl From<TypingStep> for Action {
    fn from(step: TypingStep) -> Self {
        match step {
            TypingStep::Find(conversation) => Self::FindAudience(conversation),
            TypingStep::Relay(conversation, audience) => Self::Types(conversation, audience),
            TypingStep::Stop => Self::StopsTyping,
        }
    }
}

impl From<SignalStep> for Action {
    fn from(step: SignalStep) -> Self {
        match step {
            SignalStep::Find(call) => Self::FindCallDevices(call),
            SignalStep::Relay(user, device, text) => Self::Signal(user, device, text),
        }
    }
}

//! What a message is, as it is stored.

use jobline_wire::MessageType;
use serde::{Deserialize, Serialize};

/// What a message is. The domain's own, so that a row of a later version decodes whatever the contract of this one says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MessageKind {
    Text,
    Image,
    File,
    Voice,
    Call,
    Event,
    /// A kind of a later version: kept, counted and shown by its text.
    #[serde(untagged)]
    Other(String),
}

impl Default for MessageKind {
    /// Of a row of a later version that has no kind.
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl From<&MessageKind> for MessageType {
    fn from(kind: &MessageKind) -> Self {
        match kind {
            MessageKind::Text => Self::Text,
            MessageKind::Image => Self::Image,
            MessageKind::File => Self::File,
            MessageKind::Voice => Self::Voice,
            MessageKind::Call => Self::Call,
            MessageKind::Event => Self::Event,
            MessageKind::Other(name) => Self::Other(name.clone()),
        }
    }
}

impl From<MessageType> for MessageKind {
    fn from(kind: MessageType) -> Self {
        match kind {
            MessageType::Text => Self::Text,
            MessageType::Image => Self::Image,
            MessageType::File => Self::File,
            MessageType::Voice => Self::Voice,
            MessageType::Call => Self::Call,
            MessageType::Event => Self::Event,
            MessageType::Other(name) => Self::Other(name),
        }
    }
}

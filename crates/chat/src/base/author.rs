//! Who wrote a message or made a change: a member of the conversation, or the host.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// The sender id of messages from the host; no user id can contain `#`.
pub(crate) const HOST_ID: &str = "#host";

/// How many members a conversation can have had.
pub(crate) const MEMBERS_EVER: usize = 500;

/// Who wrote a message or made a change. Stored as the number of the member, or as `"host"`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Author {
    /// The member at this place in the conversation's row.
    Member(usize),
    /// The host. An unknown author, written by a later version, counts as the host, too, since it is not a member.
    #[default]
    Host,
}

impl Author {
    /// Whether it is this member.
    pub fn is(self, member: usize) -> bool {
        self == Self::Member(member)
    }
}

impl Serialize for Author {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Member(member) => serializer.serialize_u64(*member as u64),
            Self::Host => serializer.serialize_str("host"),
        }
    }
}

impl<'de> Deserialize<'de> for Author {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AuthorVisitor)
    }
}

struct AuthorVisitor;

impl de::Visitor<'_> for AuthorVisitor {
    type Value = Author;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the number of a member, or \"host\"")
    }

    fn visit_u64<E: de::Error>(self, member: u64) -> Result<Author, E> {
        Ok(usize::try_from(member).ok().filter(|member| *member < MEMBERS_EVER).map_or(Author::Host, Author::Member))
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Author, E> {
        Ok(Author::Host)
    }
}

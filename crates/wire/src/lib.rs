//! The shapes of the Jobline contract: what goes over HTTP, and nothing else.
//!
//! One file for each noun. Inputs refuse unknown fields by name; outputs may grow. All of it is camelCase JSON, and the
//! OpenAPI document is generated from these types. What is allowed is the domain's business; the only
//! behaviour here is how a download is named, which every file engine has to say in the same way.

mod conversation;
mod disposition;
mod file;
mod host;
mod message;
mod problem;
mod sync;

pub use conversation::{
    Conversation, Conversations, Job, JobStatus, ListConversations, MarkAsRead, MarkedAsRead, Person,
};
pub use disposition::content_disposition;
pub use file::{UploadFile, UploadTarget};
pub use host::{HostJob, HostJobInput, HostUser, HostUserInput, MintToken, MintedToken};
pub use message::{ListMessages, Message, MessageType, Messages, SendMessage, SentMessage, Status};
pub use problem::{Code, Problem};
pub use sync::{SyncQuery, Synced};

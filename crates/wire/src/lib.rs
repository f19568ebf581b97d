//! The shapes and limits of the Jobline contract: what goes over HTTP, and nothing else.
//!
//! One file for each noun. Inputs refuse unknown fields by name; outputs may grow. All of it is camelCase JSON, and the
//! OpenAPI document is generated from these types. Limits and lists of types are defined here once ([`limits`],
//! [`file_types`]); the domain enforces them. The only behaviour is how a download is named ([`content_disposition`]),
//! because every file engine has to do that alike.

mod call;
mod calls;
mod conversation;
mod disposition;
mod failed_event;
mod file;
pub mod file_types;
mod host;
mod import;
pub mod limits;
mod message;
mod moderation;
mod presence;
mod problem;
mod push;
mod sync;

pub use call::{Call, CallMedia, CallState};
pub use calls::{AnswerCall, CallConfig, ChangedCall, IceServer, IceTransportPolicy, StartCall, StartedCall};
pub use conversation::{
    Conversation, ConversationDetails, ConversationKind, Conversations, GetConversation, Job, JobStatus,
    ListConversations, MarkAsRead, MarkedAsRead, Person,
};
pub use disposition::content_disposition;
pub use failed_event::{FailedEvent, FailedEvents, ListFailedEvents};
pub use file::{UploadFile, UploadTarget};
pub use host::{
    CrewHistory, HostDeleteMessage, HostJob, HostJobInput, HostMessageInput, HostMessageType, HostUser, HostUserInput,
    MintToken, MintedToken,
};
pub use import::{ImportJob, ImportLine, ImportStatus, ImportUser, ImportedLine, LineError};
pub use message::{
    ChangedMessage, DeleteMessage, DeletedBy, EditMessage, Event, ListMessages, ListVersions, Message, MessageType,
    Messages, Quote, React, Reaction, SendMessage, SentMessage, Status, Version, Versions,
};
pub use moderation::{
    BlockUser, Blocked, ConversationMember, ListMembers, ListReports, Members, Mute, Muted, Report, ReportInput,
    Reported, Reports,
};
pub use presence::{People, Preferences, Presence, PresenceQuery, PresenceState, SetPreferences};
pub use problem::{Code, Problem};
pub use push::{AddPush, PushChanged, PushKeys, RemovePush};
pub use sync::{LiveOffer, SyncQuery, Synced};

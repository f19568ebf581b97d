//! The user API: each handler calls the domain for the user who calls.

use crate::app::App;
use crate::caller::User;
use crate::live;
use jobline_chat::Result;
use jobline_wire as wire;

/// `POST /messages/send`
///
/// # Errors
/// As the domain's `send`.
pub async fn send(app: App, User(me): User, input: wire::SendMessage) -> Result<wire::SentMessage> {
    app.chat.send(&me, input).await
}

/// `GET /messages/list`
///
/// # Errors
/// As the domain's `list`.
pub async fn list(app: App, User(me): User, input: wire::ListMessages) -> Result<wire::Messages> {
    app.chat.list(&me, input).await
}

/// `GET /messages/conversations`
///
/// # Errors
/// As the domain's `conversations`.
pub async fn conversations(app: App, User(me): User, input: wire::ListConversations) -> Result<wire::Conversations> {
    app.chat.conversations(&me, input).await
}

/// `POST /messages/markAsRead`
///
/// # Errors
/// As the domain's `mark_as_read`.
pub async fn mark_as_read(app: App, User(me): User, input: wire::MarkAsRead) -> Result<wire::MarkedAsRead> {
    app.chat.mark_as_read(&me, input).await
}

/// `POST /messages/uploadFile`
///
/// # Errors
/// As the domain's `upload_file`.
pub async fn upload_file(app: App, User(me): User, input: wire::UploadFile) -> Result<wire::UploadTarget> {
    app.chat.upload_file(&me, input).await
}

/// `GET /messages/sync`
///
/// # Errors
/// As the domain's `sync`, and `invalid_request` for a wait that is too long.
pub async fn sync(app: App, User(me): User, input: wire::SyncQuery) -> Result<wire::Synced> {
    let mut synced = live::wait::sync(&app, &me, input).await?;
    synced.live = match (&app.live, &app.gateway) {
        (Some(live), _) => live.offer(&me),
        (None, Some(gateway)) => gateway.offer(&me),
        (None, None) => None,
    };
    Ok(synced)
}

/// `GET /messages/conversation`
///
/// # Errors
/// As the domain's `conversation`.
pub async fn conversation(app: App, User(me): User, input: wire::GetConversation) -> Result<wire::ConversationDetails> {
    app.chat.conversation(&me, input).await
}

/// `POST /messages/edit`
///
/// # Errors
/// As the domain's `edit`.
pub async fn edit(app: App, User(me): User, input: wire::EditMessage) -> Result<wire::ChangedMessage> {
    app.chat.edit(&me, input).await
}

/// `POST /messages/delete`
///
/// # Errors
/// As the domain's `delete`.
pub async fn delete(app: App, User(me): User, input: wire::DeleteMessage) -> Result<wire::ChangedMessage> {
    app.chat.delete(&me, input).await
}

/// `POST /messages/react`
///
/// # Errors
/// As the domain's `react`.
pub async fn react(app: App, User(me): User, input: wire::React) -> Result<wire::ChangedMessage> {
    app.chat.react(&me, input).await
}

/// `GET /messages/versions`
///
/// # Errors
/// As the domain's `versions`.
pub async fn versions(app: App, User(me): User, input: wire::ListVersions) -> Result<wire::Versions> {
    app.chat.versions(&me, input).await
}

/// `GET /messages/members`
///
/// # Errors
/// As the domain's `members`.
pub async fn members(app: App, User(me): User, input: wire::ListMembers) -> Result<wire::Members> {
    app.chat.members(&me, input).await
}

/// `POST /messages/mute`
///
/// # Errors
/// As the domain's `mute`.
pub async fn mute(app: App, User(me): User, input: wire::Mute) -> Result<wire::Muted> {
    app.chat.mute(&me, input).await
}

/// `POST /messages/block`
///
/// # Errors
/// As the domain's `block`.
pub async fn block(app: App, User(me): User, input: wire::BlockUser) -> Result<wire::Blocked> {
    app.chat.block(&me, input).await
}

/// `POST /messages/unblock`
///
/// # Errors
/// As the domain's `unblock`.
pub async fn unblock(app: App, User(me): User, input: wire::BlockUser) -> Result<wire::Blocked> {
    app.chat.unblock(&me, input).await
}

/// `POST /messages/report`
///
/// # Errors
/// As the domain's `report`.
pub async fn report(app: App, User(me): User, input: wire::ReportInput) -> Result<wire::Reported> {
    app.chat.report(&me, input).await
}

//! Messages as they are answered, with download URLs made for this answer.

use super::{
    as_left, calls,
    kind::MessageKind,
    quote::{Originals, author_id},
    row::{self, Attachment, ListedMessage, MemberEvent, MessageRow},
    viewpoint::Viewpoint,
};
use crate::{
    base::{
        author::Author,
        error::{Error, Result},
        id::{ConversationId, UserId},
        time::iso,
    },
    context::Context,
    conversation::{
        read,
        row::ConversationRow,
        watermarks::{Watermarks, receiver},
    },
    files::port::DownloadGrant,
    log::view::LogView,
};
use jobline_store::Consistency;
use jobline_wire::{DeletedBy, Event, Message, MessageType, Reaction};
use std::{borrow::Cow, sync::Arc};

/// How long a download URL is valid.
const DOWNLOAD_MS: u64 = 3_600_000;

/// Messages of `log` as its viewer sees them, at the point where the watermarks were these.
pub(crate) async fn of_log(
    cx: &Context,
    log: LogView<'_>,
    watermarks: Watermarks,
    listed: Vec<ListedMessage>,
) -> Result<Vec<Message>> {
    let mut users = log.row.users(log.id);
    let LogView { id: conversation, viewer, now, .. } = log;
    if listed.iter().flat_map(|one| one.row.named()).any(|member| member >= users.len()) {
        // Messages were read after the row, which may lack who has joined since.
        users = Cow::Owned(read::one(cx, conversation, Consistency::Strong).await?.users(conversation).into_owned());
    }
    let left = (!log.row.is_in(viewer)).then(|| log.row.ends_for(viewer));
    let view = Viewpoint { conversation, users: &users, viewer, watermarks, horizon: log.horizon(cx), left, now };
    messages(cx, view, listed).await
}

/// One message as a member sees it, in a pair at the point where the watermarks were these.
pub(crate) async fn for_member(
    cx: &Context,
    conversation: &ConversationId,
    viewer: usize,
    watermarks: Watermarks,
    listed: ListedMessage,
) -> Result<Message> {
    let now = cx.now();
    if let Some(pair) = conversation.pair() {
        let horizon = cx.retention.horizon(now);
        let view = Viewpoint { conversation, users: pair, viewer, watermarks, horizon, left: None, now };
        return message(cx, view, listed).await;
    }
    let row = read::one(cx, conversation, Consistency::Strong).await?.viewed_by(viewer);
    let log = LogView { id: conversation, row: &row, viewer, now };
    of_log(cx, log, row.watermarks(), vec![listed]).await?.pop().ok_or_else(|| Error::unavailable("a message was lost"))
}

/// A message that was just stored in a crew, whose row is as it was stored with it, without marks: nobody can have read it
/// before. Reading the marks of fifty members would cost more than the send.
pub(crate) async fn new_in_crew(
    cx: &Context,
    conversation: &ConversationId,
    crew: &ConversationRow,
    viewer: usize,
    row: MessageRow,
) -> Result<Message> {
    let log = LogView { id: conversation, row: crew, viewer, now: cx.now() };
    let listed = vec![ListedMessage { updated: row.at, row: Arc::new(row) }];
    let watermarks = crew.watermarks();
    of_log(cx, log, watermarks, listed).await?.pop().ok_or_else(|| Error::unavailable("a message was lost"))
}

/// Messages as the viewer sees them.
async fn messages(cx: &Context, view: Viewpoint<'_>, mut listed: Vec<ListedMessage>) -> Result<Vec<Message>> {
    calls::confirm(cx, view.conversation, &mut listed, view.now).await?;
    if let Some(left) = view.left {
        for one in &mut listed {
            as_left::restore_listed(cx, view.conversation, left, one).await?;
        }
    }
    let originals = Originals::read(cx, view, &listed).await?;
    let mut messages = Vec::with_capacity(listed.len());
    for one in &listed {
        messages.push(without_file(view, one, &originals));
        // Most have none, and wait for nothing.
        if let (Some(file), Some(message)) = (&one.row.file, messages.last_mut()) {
            attach(cx, message, file, one.row.at, view.now).await?;
        }
    }
    Ok(messages)
}

/// One message as the viewer sees it.
async fn message(cx: &Context, view: Viewpoint<'_>, listed: ListedMessage) -> Result<Message> {
    let originals = Originals::read(cx, view, std::slice::from_ref(&listed)).await?;
    let mut message = without_file(view, &listed, &originals);
    if let Some(file) = &listed.row.file {
        attach(cx, &mut message, file, listed.row.at, view.now).await?;
    }
    Ok(message)
}

fn without_file(view: Viewpoint<'_>, listed: &ListedMessage, originals: &Originals) -> Message {
    let (row, updated) = (&*listed.row, listed.updated);
    let id_of = |author| author_id(view.users, author);
    let call = calls::render(view.users, row, view.now);
    let is_event = row.kind == MessageKind::Event;
    let created_at = iso(row.at);
    let updated_at = if updated == row.at { created_at.clone() } else { iso(updated) };
    Message {
        status: view.watermarks.status(row.number, row.from, view.viewer),
        conversation_id: view.conversation.as_str().to_owned(),
        sender_id: id_of(row.from),
        receiver_id: match view.conversation.pair() {
            Some(pair) => pair[receiver(row.from, view.viewer)].to_string(),
            None => view.conversation.as_str().to_owned(),
        },
        kind: MessageType::from(&row.kind),
        reply_to: row.reply.as_ref().map(|reply| originals.quote(reply, id_of(reply.from))),
        reactions: reactions(view.users, &row.reactions),
        edited_at: row.edited.map(|edited| iso(edited.at)),
        revision: row.edited.map(|edited| edited.times),
        deleted_at: row.deleted.map(|deleted| iso(deleted.at)),
        deleted_by: row.deleted.map(|deleted| deleted_by(deleted.by)),
        event: is_event.then(|| event(view.users, row.member_event, row.data.clone())),
        call,
        id: row.id.clone(),
        content: row.text.clone(),
        file_url: None,
        file_name: None,
        file_size: None,
        content_type: None,
        width: None,
        height: None,
        duration_ms: None,
        waveform: None,
        file_expired: None,
        job_id: row.job,
        client_id: row.client.as_ref().filter(|_| row.from.is(view.viewer)).cloned(),
        number: row.number,
        created_at,
        updated_at,
    }
}

fn reactions(users: &[UserId], stored: &[row::Reaction]) -> Vec<Reaction> {
    let user_ids = |by: &[Author]| by.iter().map(|author| author_id(users, *author)).collect();
    stored.iter().map(|one| Reaction { emoji: one.emoji.clone(), user_ids: user_ids(&one.by) }).collect()
}

fn event(users: &[UserId], member: Option<(MemberEvent, usize)>, data: Option<row::Data>) -> Event {
    let user_id = member.and_then(|(_, member)| Some(users.get(member)?.to_string()));
    let kind = match member {
        Some((MemberEvent::Joined, _)) => "joined",
        Some((MemberEvent::Left, _)) => "left",
        Some((MemberEvent::Unknown, _)) | None => "host",
    };
    Event { kind: kind.to_owned(), user_id, data }
}

fn deleted_by(author: Author) -> DeletedBy {
    match author {
        Author::Member(_) => DeletedBy::Sender,
        Author::Host => DeletedBy::Host,
    }
}

/// Adds the file of a message that was accepted at `sent_at`.
async fn attach(cx: &Context, message: &mut Message, file: &Attachment, sent_at: u64, now: u64) -> Result<()> {
    if sent_at < cx.retention.file_horizon(now) {
        message.file_expired = Some(true);
    } else {
        let grant = DownloadGrant {
            id: &file.id,
            name: &file.name,
            content_type: &file.content_type,
            inline: jobline_media::shown_inline(&file.content_type),
            // Not beyond the expiry of the file itself, whenever its bytes are removed.
            expires_ms: cx.retention.file_expires(sent_at).map_or(u64::MAX, |end| end * 1_000).min(now + DOWNLOAD_MS),
        };
        message.file_url = Some(cx.files.download_url(&grant).await?);
    }
    message.file_name = Some(file.name.clone());
    message.file_size = Some(file.size);
    message.content_type = Some(file.content_type.clone());
    (message.width, message.height) = (file.width, file.height);
    (message.duration_ms, message.waveform) =
        file.voice.as_ref().map(|voice| (voice.ms, voice.waveform.clone())).unzip();
    Ok(())
}

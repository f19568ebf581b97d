//! `send`: two reads at most, one commit.
//!
//! The commit holds everything that a send means: the message, the conversation's new end, both users' heads, the rate
//! bucket (in the sender's head), the `clientId`, the file's use and, the first time, both memberships. So nothing is
//! ever stored in part, and a repeated `clientId` finds its own row.

use super::{
    calls::{self, later},
    idempotency::{self, SentRow},
    quote, render,
    request::SendRequest,
    row::{Attachment, ListedMessage, MessageRow, ReplyTo},
};
use crate::{
    base::{
        attempts::Attempts,
        author::Author,
        clock::nanoid,
        error::{Error, Result},
        id::{JobId, MessageId, UserId},
        rate::Bucket,
        rows::{self, Extra, LAYOUT},
    },
    context::Context,
    conversation::{
        crew,
        row::ConversationRow,
        update::ConversationUpdate,
        update_read::{Needs, UndecodedUpdate},
        watermarks::Watermarks,
    },
    files::{
        accept::{self, FileUse},
        proof,
        row::FileRow,
    },
    host::{
        job_row::JobRow,
        permission::{self, Permit},
    },
    keys,
    log::view::LogView,
    user::blocks::{self, FirstBlocks},
};
use futures_util::future::{OptionFuture, join};
use jobline_calls::RunningCall;
use jobline_store::{CommitBuilder, Condition, Consistency, Key, Outcome};
use jobline_wire::{Code, MessageType, SendMessage, SentMessage};
use std::sync::Arc;

/// What became of a send.
pub(super) enum Sent {
    /// The message as it was stored now; of a crew, with its row after that.
    New(Box<MessageRow>, Option<Box<ConversationRow>>),
    /// The message of an earlier send with the same `clientId`, with the watermarks that show its status.
    Before(Box<ListedMessage>, Watermarks),
    /// It would start a call, and the call of this message is in progress in the conversation.
    CallInProgress(MessageId),
}

/// How an attempt to send ended.
enum Attempt {
    /// See [`Sent::New`].
    Sent(Box<MessageRow>, Option<Box<ConversationRow>>),
    /// See [`Sent::CallInProgress`].
    CallInProgress(MessageId),
    /// Rows have changed since they were read.
    Conflict(Vec<Key>),
    /// The crew is not up to date with its job, or its members have other places than when the request was checked.
    Behind(JobId),
}

/// What is stored with a message.
struct Checked {
    permit: Permit,
    reply: Option<ReplyTo>,
    /// For a conversation that begins with this message.
    first_blocks: Option<FirstBlocks>,
    file: Option<(FileRow, Condition)>,
    /// The sender's rate bucket after this message.
    bucket: Option<Bucket>,
}

/// Sends a message. When it answers, the message is durable. Repeated with the same `clientId` it answers the first
/// message again.
///
/// # Errors
/// All of the contract's that a send can meet; then nothing was stored.
pub(crate) async fn send(cx: &Context, me: &UserId, input: SendMessage) -> Result<SentMessage> {
    let mut request = SendRequest::check(cx, me, input).await?;
    let sent = store(cx, &mut request).await?;
    let (conversation, viewer) = (&request.conversation, request.sender);
    let message = match sent {
        Sent::New(row, Some(crew)) => {
            render::new_in_crew(cx, conversation, &crew.viewed_by(viewer), viewer, *row).await?
        }
        Sent::New(row, None) => {
            let listed = ListedMessage { updated: row.at, row: Arc::from(row) };
            render::for_member(cx, conversation, viewer, Watermarks::default(), listed).await?
        }
        Sent::Before(listed, watermarks) => render::for_member(cx, conversation, viewer, watermarks, *listed).await?,
        Sent::CallInProgress(_) => return Err(Error::unavailable("a message was taken for a call")),
    };
    Ok(SentMessage { conversation_id: message.conversation_id.clone(), message })
}

/// Stores a message, repeating lost races.
///
/// # Errors
/// As [`send`].
pub(super) async fn store(cx: &Context, request: &mut SendRequest) -> Result<Sent> {
    let mut attempts = begin(request, Attempts::new(&cx.db)).await;
    loop {
        match attempt(cx, request, attempts.consistency()).await {
            Ok(Attempt::Sent(row, crew)) => return Ok(Sent::New(row, crew)),
            Ok(Attempt::CallInProgress(_)) if attempts.may_be_stale() => attempts.read_strongly(),
            Ok(Attempt::CallInProgress(id)) => return Ok(Sent::CallInProgress(id)),
            Ok(Attempt::Behind(job)) => {
                // Without the turn of this send, which the crew may need to follow.
                drop(attempts);
                match crew::writer(cx, &request.conversation, job, &request.me).await {
                    // A crew without messages has got a new member list: they have other places.
                    Ok(member) => request.sender = member,
                    Err(refusal) => {
                        let (listed, watermarks) = refused(cx, request, refusal).await?;
                        return Ok(Sent::Before(Box::new(listed), watermarks));
                    }
                }
                attempts = begin(request, Attempts::strong(&cx.db)).await;
            }
            Ok(Attempt::Conflict(keys)) => {
                if let Some((listed, watermarks)) = idempotency::sent_before(cx, &request.repetition()).await? {
                    return Ok(Sent::Before(Box::new(listed), watermarks));
                }
                attempts.after_conflict(&keys).await?;
            }
            // The attempt may have read stale rows, and a refusal is given on certain ones only. A commit of unknown
            // outcome is no refusal: another attempt might send the message a second time.
            Err(refusal) if attempts.may_be_stale() && refusal.code != Code::Unavailable => attempts.read_strongly(),
            Err(refusal) => {
                let (listed, watermarks) = refused(cx, request, refusal).await?;
                return Ok(Sent::Before(Box::new(listed), watermarks));
            }
        }
    }
}

/// The attempts at a send. Each message is written on the condition of the one before it, so those that write into one
/// conversation at once take turns. No file is verified while others wait.
async fn begin<'a>(request: &SendRequest, attempts: Attempts<'a>) -> Attempts<'a> {
    if request.file.is_some() {
        return attempts;
    }
    let attempts = attempts.in_turn(&keys::conversation(&request.conversation)).await;
    if request.conversation.crew_job().is_some() { attempts.of_a_crowd() } else { attempts }
}

/// The first message where the send is a repetition: it was accepted then, whatever is permitted now. Otherwise the
/// refusal.
async fn refused(cx: &Context, request: &SendRequest, refusal: Error) -> Result<(ListedMessage, Watermarks)> {
    match idempotency::sent_before(cx, &request.repetition()).await {
        Ok(first) => first.ok_or(refusal),
        // The refusal says whether the message may have been stored; this error knows less.
        Err(error) if [error.code, refusal.code] == [Code::Unavailable; 2] => Err(refusal),
        Err(error) => Err(error),
    }
}

/// One read, a decision, one commit; one more read when the job has to be found.
async fn attempt(cx: &Context, request: &SendRequest, consistency: Consistency) -> Result<Attempt> {
    let now = cx.now();
    let file = request.file.as_deref().map(keys::file);
    let quoted = request.reply_to.as_ref().map(|id| keys::message(&request.conversation, id));
    let rest: Vec<Key> = quoted.iter().chain(&file).cloned().collect();
    let needs = Needs { user: Some(&request.me), ..Needs::default() };
    // For a crew the job is read at the same time: the less time passes before the commit, the fewer messages of other
    // servers come between.
    let (undecoded, of_crew) = join(
        UndecodedUpdate::read(cx, &request.conversation, needs, consistency, &rest),
        OptionFuture::from(request.conversation.crew_job().map(|job| permission::check_crew(cx, &request.me, job))),
    )
    .await;
    let undecoded = undecoded?;
    let known = undecoded.look(cx, |row| row.job)?;
    if request.must_exist && known.is_none() {
        return Err(Error::not_found("conversation"));
    }
    // Read strongly: what the host answered before this call began is what decides.
    let last = known.flatten();
    let permit = match (request.conversation.side(&request.me), of_crew) {
        (Some((_, other)), _) => {
            let last = last.map(|(job, _)| job);
            permission::check(cx, (&request.me, other), request.job, last, Consistency::Strong).await?
        }
        (None, Some(permit)) => permit?,
        (None, None) => return Err(Error::not_found("conversation")),
    };
    let mut update = ConversationUpdate::decode(undecoded, cx, now)?;
    if let Some(job) = request.conversation.crew_job() {
        let member = update.row.member(&request.conversation, &request.me);
        if last != Some((permit.job.id, permit.job.revision)) || member != Some(request.sender) {
            return Ok(Attempt::Behind(job));
        }
        if !update.row.is_in(request.sender) {
            return Err(permission::no_participant_any_more());
        }
    }
    let first_blocks = match (update.is_new(), consistency) {
        (false, _) => None,
        (true, Consistency::Eventual) => Some(FirstBlocks::none(&update)),
        (true, Consistency::Strong) => Some(FirstBlocks::read(cx, &mut update).await?),
    };
    blocks::check(&update, request.sender)?;
    let running = update.row.call.as_ref().filter(|call| request.call.is_some() && call.runs(now));
    if let Some(id) = running.and_then(|call| MessageId::new(&call.id)) {
        return Ok(Attempt::CallInProgress(id));
    }
    let reply = match &quoted {
        Some(_) => Some(quoted_message(cx, &update, request.sender, now)?),
        None => None,
    };
    // Before the file is verified: a sender who is too fast must not keep the file engine busy.
    let bucket = Bucket::take_from(update.head(request.sender)?.bucket, cx.settings.send_rate, now)?;
    let file = match &request.file {
        Some(id) => {
            let (sender, conversation, kind) = (&request.me, &request.conversation, request.kind.clone());
            let row = update.rest.last().and_then(Option::as_ref);
            Some(
                proof::prove(cx, FileUse { id, sender, conversation, kind, voice: request.voice.as_ref() }, row)
                    .await?,
            )
        }
        None => None,
    };
    commit(cx, request, update, Checked { permit, reply, file, bucket, first_blocks }, now).await
}

/// The message that the new one replies to, as it was read.
fn quoted_message(cx: &Context, update: &ConversationUpdate, sender: usize, now: u64) -> Result<ReplyTo> {
    let log = LogView { id: &update.id, row: &update.row, viewer: sender, now };
    let row = rows::live::<MessageRow>(update.rest[0].as_ref(), now)?.filter(|row| log.shows(cx, row));
    quote::reply_to(row)
}

async fn commit(
    cx: &Context,
    request: &SendRequest,
    mut update: ConversationUpdate,
    checked: Checked,
    now: u64,
) -> Result<Attempt> {
    let Checked { permit, reply, file, bucket, first_blocks } = checked;
    let job = &permit.job;
    let before = update.row.log;
    let id = MessageId::make(update.row.next_at(now), &nanoid(&*cx.random));
    update.row.append_message(request.sender, &id);
    let members = update.row.all_in();
    update.tell(&members, before, now)?;
    if update.head(request.sender)?.bucket != bucket {
        update.set_bucket(request.sender, bucket)?;
    }
    let file_row = file.as_ref().map(|(file, _)| file);
    let message = MessageRow { reply: reply.map(Box::new), ..message_row(request, &update, &id, job, file_row) };
    // The id is new. Whatever else could be in the way is detected by the conversation's condition.
    let key = keys::message(&request.conversation, &id);
    let mut commit = cx.db.begin().put(key, Condition::Any, rows::encode(&message), cx.retention.expires(message.at));
    commit = put_sent(cx, commit, request, &message);
    if request.call.is_some() {
        commit = calls::put_place(commit, &id, &request.conversation);
        commit = later::end_unanswered_later(cx, commit, &message, &request.me);
        update.row.call = Some(RunningCall { id: message.id.clone(), started: message.at, accepted: None });
    }
    if before.number == 0 && request.conversation.pair().is_some() {
        commit = update.put_memberships(commit);
    }
    if let Some(blocks) = &first_blocks {
        commit = blocks.check(commit);
    }
    if update.row.job.map(|(about, _)| about) != Some(job.id) {
        // A conversation that is already about the job is changed with the job, which this commit would notice. From
        // now on it is about this one: the commit fails if that has changed since it was read.
        let key = keys::job_conversation(JobId::parse(job.id)?, &request.conversation);
        commit = permit.check(commit.put(key, Condition::Any, rows::encode(&LAYOUT), None));
    }
    update.row.job = Some((job.id, job.revision));
    let mut kept = None;
    if let (Some((mut file, condition)), Some(id)) = (file, &request.file) {
        file.used = Some(message.id.clone());
        let expires = cx.retention.file_expires(message.at);
        commit = commit.put(keys::file(id), condition, rows::encode(&file), expires);
        kept = Some((id, file));
    }
    match update.commit(cx, commit).await? {
        Outcome::Committed => {
            let crew = update.row.crew.is_some().then(|| Box::new(update.row));
            Ok(Attempt::Sent(Box::new(message), crew))
        }
        Outcome::Conflict(keys) => {
            if let Some((id, file)) = kept {
                accept::delete_kept(cx, id, &file).await;
            }
            Ok(Attempt::Conflict(keys))
        }
    }
}

/// The message as it is stored, at the end of the log of `update`.
fn message_row(
    request: &SendRequest,
    update: &ConversationUpdate,
    id: &MessageId,
    job: &JobRow,
    file: Option<&FileRow>,
) -> MessageRow {
    let of_file = file.map(|file| jobline_media::message_type(&file.content_type));
    let is_crew = request.conversation.crew_job().is_some();
    MessageRow {
        v: LAYOUT,
        id: id.as_str().to_owned(),
        at: id.at_ms(),
        number: update.row.log.number,
        change: update.row.log.change,
        from: Author::Member(request.sender),
        ordinal: update.row.members[request.sender].sent,
        kind: request.kind.clone().or(of_file).unwrap_or(MessageType::Text).into(),
        text: request.text.clone(),
        job: Some(job.id),
        client: request.client_id.clone(),
        file: file.and_then(|file| Attachment::of(file, request.voice.as_ref())).map(Box::new),
        reply: None,
        reactions: Vec::new(),
        touched: None,
        edited: None,
        deleted: None,
        data: None,
        call: request.call.as_ref().map(|ring| Box::new(ring.row(is_crew, request.sender, id.at_ms()))),
        member_event: None,
        host: update.row.host,
        extra: Extra::default(),
    }
}

/// The row of the `clientId`, if there is one.
fn put_sent(cx: &Context, commit: CommitBuilder, request: &SendRequest, message: &MessageRow) -> CommitBuilder {
    let Some(key) = request.sent_key() else { return commit };
    let sent = SentRow { v: LAYOUT, message: message.id.clone(), input: request.fingerprint() };
    commit.put(key, Condition::Absent, rows::encode(&sent), cx.retention.expires(message.at))
}

//! `calls.start`: a message of its own type, under the rules of sending. If a call is running in the conversation,
//! returns that one.

use super::{check_device, no_such_call, render};
use crate::{
    base::{
        author::Author,
        error::{Error, Result},
        id::{ConversationId, MessageId, UserId},
        rows,
    },
    context::Context,
    conversation::update_read::Marks,
    keys,
    messages::{
        request::{NewCall, SendRequest},
        row::MessageRow,
        send::{self, Sent},
        touch::{self, Target},
    },
};
use jobline_store::Consistency;
use jobline_wire::{CallMedia, Code, MessageType, SendMessage, StartCall, StartedCall};
use std::sync::Arc;

/// How often a running call that is not there any more is looked for before the start is refused.
const TRIES: u32 = 8;

/// Calls the other members of a conversation.
///
/// # Errors
/// `invalid_request`, `not_found`, `not_job_participant`, `job_closed`, `recipient_unavailable`, `rate_limited`,
/// `unavailable`; `not_offered` to a newcomer of a crew in which a call runs that began before them.
pub(crate) async fn start(cx: &Context, me: &UserId, input: StartCall) -> Result<StartedCall> {
    check_device(&input.device_id)?;
    let text = match input.media {
        CallMedia::Audio => "Audio call",
        CallMedia::Video => "Video call",
    };
    let message = SendMessage {
        conversation_id: Some(input.conversation_id),
        content: Some(text.to_owned()),
        ..SendMessage::default()
    };
    let mut request = SendRequest::check(cx, me, message).await?;
    request.kind = Some(MessageType::Call);
    request.call = Some(NewCall { media: input.media, device: input.device_id });
    for tries in 1..=TRIES {
        let row = match send::store(cx, &mut request).await? {
            Sent::New(row, _) => Some(*row),
            Sent::Before(listed, _) => Some(Arc::unwrap_or_clone(listed.row)),
            Sent::CallInProgress(id) => running(cx, &request.conversation, &id).await?,
        };
        match row {
            Some(row) => return answer(cx, &request, row).await,
            // It was deleted, or has ended, since. No turn is waited for: the next send waits for its own.
            None => cx.db.back_off(tries).await,
        }
    }
    Err(Error::unavailable(format!("the call in {} was not found {TRIES} times", request.conversation.as_str())))
}

/// The message of the call that runs.
async fn running(cx: &Context, conversation: &ConversationId, id: &MessageId) -> Result<Option<MessageRow>> {
    let row = cx.db.get(&keys::message(conversation, id), Consistency::Strong).await?;
    rows::live::<MessageRow>(row.as_ref(), cx.now())
}

async fn answer(cx: &Context, request: &SendRequest, row: MessageRow) -> Result<StartedCall> {
    let target = Target::new(&request.conversation, &row.id, Author::Member(request.sender))?;
    let touched = touch::touch(cx, &target, Marks::None, |_| Ok(None)).await.map_err(|error| match error.code {
        Code::NotFound => began_before(),
        _ => error,
    })?;
    let call = render(&touched.users(&request.conversation), &touched.row, cx.now()).ok_or_else(no_such_call)?;
    let message = touch::answer(cx, &request.conversation, request.sender, touched).await?;
    Ok(StartedCall { call, message })
}

fn began_before() -> Error {
    let detail = "A call runs in this crew that began before you joined it. Try again when it is over.";
    Error::new(Code::NotOffered, detail).at("conversationId")
}

//! Steps: what must be refused.

use super::context::Context;
use super::deployment::put_job;
use super::outcome::{StepError, StepResult, failed};
use http::Method;
use jobline_wire::{Code, JobStatus, Messages, SendMessage};

const MINE: &str = "/messages/conversations";

pub(super) fn no_token(context: &mut Context) -> StepResult {
    let reply = context.client.get(MINE, None)?;
    let challenge = reply.header("www-authenticate").to_owned();
    reply.refused(Code::Unauthenticated)?;
    if challenge.is_empty() { failed("a WWW-Authenticate header", "none") } else { Ok(()) }
}

pub(super) fn forged_token(context: &mut Context) -> StepResult {
    let token = context.a()?;
    // Changes the first character of the signature, because some bits of the last one may be unused.
    let (signed, signature) = token.rsplit_once('.').ok_or(StepError::Missing("a token with a signature"))?;
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{signed}.{other}{}", signature.get(1..).unwrap_or_default());
    context.client.get(MINE, Some(&forged))?.refused(Code::Unauthenticated).map(drop)
}

pub(super) fn keys_apart(context: &mut Context) -> StepResult {
    let job = format!("/host/jobs/{}", context.job);
    context.client.get(&job, Some(context.a()?))?.refused(Code::Unauthenticated)?;
    context.client.get(MINE, context.host())?.refused(Code::Unauthenticated).map(drop)
}

pub(super) fn foreign_conversation(context: &mut Context) -> StepResult {
    let token = context.a()?;
    let theirs = format!("conv_{}_{}-other", context.users[1], context.users[1]);
    let ask = |id: &str| context.client.get(&format!("/messages/list?conversationId={id}"), Some(token));
    let foreign = ask(&theirs)?.refused(Code::NotFound)?;
    let nonsense = ask("nonsense")?.refused(Code::NotFound)?;
    // If the two differed, strangers could find out who talks to whom.
    if foreign.detail == nonsense.detail { Ok(()) } else { failed("the same detail twice", nonsense.detail) }
}

pub(super) fn closed_job(context: &mut Context) -> StepResult {
    context.first()?;
    put_job(context, JobStatus::Closed)?;
    let input = SendMessage {
        receiver_id: Some(context.users[0].to_string()),
        content: Some("Too late.".to_owned()),
        job_id: Some(context.job),
        ..SendMessage::default()
    };
    let reply = context.client.send(Method::POST, "/messages/send", Some(context.b()?), &input)?;
    reply.refused(Code::JobClosed)?;
    let page: Messages = context.client.get(&context.list(""), Some(context.b()?))?.json()?;
    if page.messages.is_empty() { failed("the messages to be readable", "none") } else { Ok(()) }
}

//! What must not be possible.

use super::deployment::put_job;
use super::step::{Done, Stop, failed};
use super::world::World;
use http::Method;
use jobline_wire::{Code, JobStatus, Messages, SendMessage};

const MINE: &str = "/messages/conversations";

pub(super) fn no_token(world: &mut World) -> Done {
    let reply = world.client.get(MINE, None)?;
    let challenge = reply.header("www-authenticate").to_owned();
    reply.refused(Code::Unauthenticated)?;
    if challenge.is_empty() { failed("a WWW-Authenticate header", "none") } else { Ok(()) }
}

pub(super) fn forged_token(world: &mut World) -> Done {
    let token = world.a()?;
    // Another signature: the first character after the last dot carries six bits of it, the last one may carry fewer.
    let (signed, signature) = token.rsplit_once('.').ok_or(Stop::Missing("a token with a signature"))?;
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{signed}.{other}{}", signature.get(1..).unwrap_or_default());
    world.client.get(MINE, Some(&forged))?.refused(Code::Unauthenticated).map(drop)
}

pub(super) fn keys_apart(world: &mut World) -> Done {
    let job = format!("/host/jobs/{}", world.job);
    world.client.get(&job, Some(world.a()?))?.refused(Code::Unauthenticated)?;
    world.client.get(MINE, world.host())?.refused(Code::Unauthenticated).map(drop)
}

pub(super) fn foreign_conversation(world: &mut World) -> Done {
    let token = world.a()?;
    let theirs = format!("conv_{}_{}-other", world.users[1], world.users[1]);
    let ask = |id: &str| world.client.get(&format!("/messages/list?conversationId={id}"), Some(token));
    let foreign = ask(&theirs)?.refused(Code::NotFound)?;
    let nonsense = ask("nonsense")?.refused(Code::NotFound)?;
    // Whoever could tell the two apart could find out who talks to whom.
    if foreign.detail == nonsense.detail { Ok(()) } else { failed("the same detail twice", nonsense.detail) }
}

pub(super) fn closed_job(world: &mut World) -> Done {
    world.first()?;
    put_job(world, JobStatus::Closed)?;
    let input = SendMessage {
        receiver_id: Some(world.users[0].to_string()),
        content: Some("Too late.".to_owned()),
        job_id: Some(world.job),
        ..SendMessage::default()
    };
    let reply = world.client.send(Method::POST, "/messages/send", Some(world.b()?), &input)?;
    reply.refused(Code::JobClosed)?;
    let page: Messages = world.client.get(&world.list(""), Some(world.b()?))?.json()?;
    if page.messages.is_empty() { failed("the messages to be readable", "none") } else { Ok(()) }
}

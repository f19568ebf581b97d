//! Steps: health, and the users and job that the host registers.

use super::context::Context;
use super::outcome::{StepError, StepResult, expect_equal, failed};
use http::Method;
use jobline_identity::{Identity, IdentitySettings};
use jobline_wire::{Code, HostJob, HostJobInput, HostUser, HostUserInput, JobStatus, MintToken, MintedToken};
use std::sync::Arc;
use std::time::Duration;

/// The lifetime of the tokens of a check, in seconds.
const TOKEN_SECONDS: u64 = 600;

pub(super) fn healthz(context: &mut Context) -> StepResult {
    context.client.get("/healthz", None)?.expect(200).map(drop)
}

pub(super) fn readyz(context: &mut Context) -> StepResult {
    context.client.get("/readyz", None)?.expect(200).map(drop)
}

pub(super) fn openapi(context: &mut Context) -> StepResult {
    let document: serde_json::Value = context.client.get("/openapi.json", None)?.json()?;
    let version = document["openapi"].as_str().unwrap_or_default();
    if !version.starts_with("3.") {
        return failed("an OpenAPI 3 document", format!("version \"{version}\""));
    }
    for path in ["send", "list", "conversations", "markAsRead", "uploadFile", "sync"] {
        if document["paths"][format!("/messages/{path}")].is_null() {
            return failed(format!("/messages/{path} in it"), "a document without it");
        }
    }
    Ok(())
}

pub(super) fn users(context: &mut Context) -> StepResult {
    for (user, name) in context.users.iter().zip(["Check A", "Check B"]) {
        let input = HostUserInput { name: name.to_owned(), ..HostUserInput::default() };
        let path = format!("/host/users/{user}");
        let told: HostUser = context.client.send(Method::PUT, &path, context.host(), &input)?.json()?;
        let again: HostUser = context.client.get(&path, context.host())?.json()?;
        expect_equal("the user", (user.as_str(), name), (told.id.as_str(), told.name.as_str()))?;
        expect_equal("the user that is read again", &told, &again)?;
    }
    context.registered = true;
    Ok(())
}

pub(super) fn job(context: &mut Context) -> StepResult {
    if !context.registered {
        return Err(StepError::Missing("two users"));
    }
    put_job(context, JobStatus::Open)?;
    context.job_registered = true;
    Ok(())
}

/// Puts the job twice with a status, and checks that the second time changes nothing.
pub(super) fn put_job(context: &Context, status: JobStatus) -> StepResult {
    let participants: Vec<_> = context.users.iter().map(ToString::to_string).collect();
    let input = HostJobInput { title: "Jobline check".to_owned(), participants, status, crew_history: None };
    let path = format!("/host/jobs/{}", context.job);
    let told: HostJob = context.client.send(Method::PUT, &path, context.host(), &input)?.json()?;
    let again: HostJob = context.client.send(Method::PUT, &path, context.host(), &input)?.json()?;
    expect_equal("the job", (context.job, status), (told.id, told.status))?;
    expect_equal("the job that is put again", &told, &again)
}

pub(super) fn tokens(context: &mut Context) -> StepResult {
    if !context.registered {
        return Err(StepError::Missing("two users"));
    }
    let [a, b] = match context.jwt_secret.clone() {
        Some(secret) => minted_here(context, secret)?,
        None => minted_there(context)?,
    };
    context.tokens = Some([a, b]);
    Ok(())
}

fn minted_here(context: &Context, jwt_secret: String) -> StepResult<[String; 2]> {
    let settings = IdentitySettings { jwt_secret: Some(jwt_secret), ..IdentitySettings::default() };
    let identity = Identity::new(settings, Arc::clone(&context.clock)).map_err(StepError::Failed)?;
    let mint = |user| identity.mint(user, Duration::from_secs(TOKEN_SECONDS)).map(|minted| minted.token);
    let token = |user| mint(user).map_err(|error| StepError::Failed(error.to_string()));
    Ok([token(&context.users[0])?, token(&context.users[1])?])
}

fn minted_there(context: &Context) -> StepResult<[String; 2]> {
    let token = |side: usize| -> StepResult<String> {
        let path = format!("/host/users/{}/token", context.users[side]);
        let input = MintToken { ttl_seconds: Some(TOKEN_SECONDS) };
        let minted: MintedToken = context.client.send(Method::POST, &path, context.host(), &input)?.json()?;
        Ok(minted.token)
    };
    Ok([token(0)?, token(1)?])
}

/// Removes everything that the check may have created; a failed removal does not skip the others.
pub(super) fn clean_up(context: &mut Context) -> StepResult {
    let users = context.users.iter().map(|user| format!("/host/users/{user}"));
    let paths: Vec<_> = std::iter::once(format!("/host/jobs/{}", context.job)).chain(users).collect();
    let mut result = Ok(());
    for path in paths {
        result = result.and(remove(context, &path));
    }
    result
}

fn remove(context: &Context, path: &str) -> StepResult {
    let reply = context.client.delete(path, context.host())?;
    if !(200..300).contains(&reply.status) {
        return reply.expect(204).map(drop);
    }
    context.client.get(path, context.host())?.refused(Code::NotFound).map(drop)
}

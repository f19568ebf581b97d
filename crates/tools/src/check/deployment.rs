//! The deployment itself, and what the host tells it.

use super::step::{Done, Stop, failed, same};
use super::world::World;
use http::Method;
use jobline_identity::{Identity, IdentitySettings};
use jobline_wire::{Code, HostJob, HostJobInput, HostUser, HostUserInput, JobStatus, MintToken, MintedToken};
use std::sync::Arc;
use std::time::Duration;

/// How long the tokens of a check are good for, in seconds.
const TOKEN_SECONDS: u64 = 600;

pub(super) fn healthz(world: &mut World) -> Done {
    world.client.get("/healthz", None)?.expect(200).map(drop)
}

pub(super) fn readyz(world: &mut World) -> Done {
    world.client.get("/readyz", None)?.expect(200).map(drop)
}

pub(super) fn openapi(world: &mut World) -> Done {
    let document: serde_json::Value = world.client.get("/openapi.json", None)?.json()?;
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

pub(super) fn users(world: &mut World) -> Done {
    for (user, name) in world.users.iter().zip(["Check A", "Check B"]) {
        let input = HostUserInput { name: name.to_owned(), avatar_url: None, email: None };
        let path = format!("/host/users/{user}");
        let told: HostUser = world.client.send(Method::PUT, &path, world.host(), &input)?.json()?;
        let again: HostUser = world.client.get(&path, world.host())?.json()?;
        same("the user", (user.as_str(), name), (told.id.as_str(), told.name.as_str()))?;
        same("the user that is read again", &told, &again)?;
    }
    world.registered = true;
    Ok(())
}

pub(super) fn job(world: &mut World) -> Done {
    if !world.registered {
        return Err(Stop::Missing("two users"));
    }
    put_job(world, JobStatus::Open)?;
    world.job_registered = true;
    Ok(())
}

/// Tells the job with a status, and that repeating it changes nothing.
pub(super) fn put_job(world: &World, status: JobStatus) -> Done {
    let participants: Vec<_> = world.users.iter().map(ToString::to_string).collect();
    let input = HostJobInput { title: "Jobline check".to_owned(), participants, status };
    let path = format!("/host/jobs/{}", world.job);
    let told: HostJob = world.client.send(Method::PUT, &path, world.host(), &input)?.json()?;
    let again: HostJob = world.client.send(Method::PUT, &path, world.host(), &input)?.json()?;
    same("the job", (world.job, status), (told.id, told.status))?;
    same("the job that is told again", &told, &again)
}

pub(super) fn tokens(world: &mut World) -> Done {
    if !world.registered {
        return Err(Stop::Missing("two users"));
    }
    let [a, b] = match world.jwt_secret.clone() {
        Some(secret) => minted_here(world, secret)?,
        None => minted_there(world)?,
    };
    world.tokens = Some([a, b]);
    Ok(())
}

fn minted_here(world: &World, jwt_secret: String) -> Done<[String; 2]> {
    let settings = IdentitySettings { jwt_secret: Some(jwt_secret), ..IdentitySettings::default() };
    let identity = Identity::new(settings, Arc::clone(&world.clock)).map_err(Stop::Failed)?;
    let mint = |user| identity.mint(user, Duration::from_secs(TOKEN_SECONDS)).map(|minted| minted.token);
    let token = |user| mint(user).map_err(|error| Stop::Failed(error.to_string()));
    Ok([token(&world.users[0])?, token(&world.users[1])?])
}

fn minted_there(world: &World) -> Done<[String; 2]> {
    let token = |side: usize| -> Done<String> {
        let path = format!("/host/users/{}/token", world.users[side]);
        let input = MintToken { ttl_seconds: Some(TOKEN_SECONDS) };
        let minted: MintedToken = world.client.send(Method::POST, &path, world.host(), &input)?.json()?;
        Ok(minted.token)
    };
    Ok([token(0)?, token(1)?])
}

/// Removes whatever may be there; tries all of it even if a part fails.
pub(super) fn clean_up(world: &mut World) -> Done {
    let users = world.users.iter().map(|user| format!("/host/users/{user}"));
    let paths: Vec<_> = std::iter::once(format!("/host/jobs/{}", world.job)).chain(users).collect();
    let mut result = Ok(());
    for path in paths {
        result = result.and(remove(world, &path));
    }
    result
}

fn remove(world: &World, path: &str) -> Done {
    let reply = world.client.delete(path, world.host())?;
    if !(200..300).contains(&reply.status) {
        return reply.expect(204).map(drop);
    }
    world.client.get(path, world.host())?.refused(Code::NotFound).map(drop)
}

//! `jobline check URL`: a synthetic conversation against a running deployment.
//!
//! Two temporary users (`jobline-check-<random>-a` and `-b`) share a job, write to each other, repeat a send, read, send a
//! picture, and try what is not allowed. Every failed step says what it expected and what it got.
//! Users and job are always removed at the end. Their messages stay, in a conversation that nobody can open.

pub(crate) mod client;
mod context;
mod conversation;
mod deployment;
pub(crate) mod outcome;
mod picture;
mod refusals;

use context::Context;
use jobline_chat::{Clock, Random};
use outcome::{StepError, StepResult};
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The deployment to check, and the keys for it.
#[derive(Clone)]
pub struct Target {
    /// Its URL: `https://chat.example.com`.
    pub url: String,
    /// Its host key.
    pub host_key: Option<String>,
    /// Its HS256 secret, for minting user tokens; `None`: the host API mints them.
    pub jwt_secret: Option<String>,
    /// The longest that one call may take.
    pub timeout: Duration,
}

/// The default time limit of one call.
pub const TIMEOUT: Duration = Duration::from_secs(10);

type Step = (&'static str, fn(&mut Context) -> StepResult);

/// The steps, in order. The last one cleans up and is never skipped.
const STEPS: &[Step] = &[
    ("healthz answers", deployment::healthz),
    ("readyz answers", deployment::readyz),
    ("openapi describes the API", deployment::openapi),
    ("two users are registered", deployment::users),
    ("a job is registered", deployment::job),
    ("user tokens are made", deployment::tokens),
    ("no token is refused", refusals::no_token),
    ("a forged token is refused", refusals::forged_token),
    ("host key and user tokens stay apart", refusals::keys_apart),
    ("a message is sent", conversation::send),
    ("a repeated send stores nothing", conversation::repeat),
    ("another send with its clientId is refused", conversation::client_id_reused),
    ("the other user lists it", conversation::list),
    ("a poll brings what is new, once", conversation::poll),
    ("unread messages are counted", conversation::unread),
    ("marking as read is counted", conversation::mark_as_read),
    ("the sender sees that it was read", conversation::status),
    ("sync brings what is new, once", conversation::sync),
    ("a picture is uploaded", picture::upload),
    ("the picture is sent", picture::send),
    ("the picture downloads, with safe headers", picture::download),
    ("a foreign conversation is not found", refusals::foreign_conversation),
    ("a closed job is refused, and readable", refusals::closed_job),
    ("users and job are removed", deployment::clean_up),
];

/// The names of all steps, in order.
pub fn step_names() -> impl Iterator<Item = &'static str> {
    STEPS.iter().map(|(name, _)| *name)
}

/// Runs all steps against `target`, writes a line for each to `out`, and returns whether all succeeded. Blocks.
pub fn run(target: &Target, clock: Arc<dyn Clock>, random: &dyn Random, out: &mut dyn Write) -> bool {
    let begun = Instant::now();
    let mut context = match Context::new(target, clock, random) {
        Ok(context) => context,
        Err(why) => {
            let _ = writeln!(out, "FAILED  {why}");
            return false;
        }
    };
    let mut failed = 0;
    for (index, (name, step)) in STEPS.iter().enumerate() {
        let begun = Instant::now();
        let result = step(&mut context);
        let millis = begun.elapsed().as_secs_f64() * 1_000.0;
        failed += u32::from(result.is_err());
        let _ = match result {
            Ok(()) => writeln!(out, "ok      {name}  {millis:.1} ms"),
            Err(StepError::Failed(why)) => writeln!(out, "FAILED  {name}: {why}  {millis:.1} ms"),
            Err(StepError::Missing(what)) => writeln!(out, "skipped {name}: it needs {what}"),
            // The server does not respond, so every other step would fail in the same way.
            Err(StepError::NoAnswer(why)) if index == 0 => {
                let _ = writeln!(out, "FAILED  {} cannot be reached: {why}", target.url);
                return false;
            }
            Err(StepError::NoAnswer(why)) => {
                writeln!(out, "FAILED  {name}: expected an answer, got: {why}  {millis:.1} ms")
            }
        };
    }
    let total = begun.elapsed().as_secs_f64();
    let _ = match failed {
        0 => writeln!(out, "all {} steps are ok  {total:.2} s", STEPS.len()),
        _ => writeln!(out, "{failed} of {} steps are not ok  {total:.2} s", STEPS.len()),
    };
    failed == 0
}

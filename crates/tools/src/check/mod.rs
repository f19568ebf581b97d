//! `jobline check URL`: a synthetic conversation against a running deployment.
//!
//! Two users who exist for this run only (`jobline-check-<random>-a` and `-b`) share a job, write to each other, lose an
//! answer and repeat it, read, send a picture, and try what they may not. Every step says what it expected and what came
//! instead. Users and job are removed at the end, whatever happened in between; their few messages stay, in a
//! conversation that nobody can open any more.

mod client;
mod conversation;
mod deployment;
mod picture;
mod refusals;
mod step;
mod world;

use jobline_chat::{Clock, Random};
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};
use step::{Done, Stop};
use world::World;

/// What is checked, and with which keys.
#[derive(Clone)]
pub struct Target {
    /// Where the deployment is: `https://chat.example.com`.
    pub url: String,
    /// Its host key.
    pub host_key: Option<String>,
    /// Its HS256 secret: user tokens are made with it; without it the host API is asked for them.
    pub jwt_secret: Option<String>,
    /// The longest that one call may take.
    pub timeout: Duration,
}

/// How long one call may take unless told otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(10);

type Step = (&'static str, fn(&mut World) -> Done);

/// Everything that is checked, in this order. The last step cleans up and is never skipped.
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

/// Checks `target`, a line on `out` for each step, and answers whether all is well. Blocks.
pub fn run(target: &Target, clock: Arc<dyn Clock>, random: &dyn Random, out: &mut dyn Write) -> bool {
    let begun = Instant::now();
    let mut world = match World::new(target, clock, random) {
        Ok(world) => world,
        Err(why) => {
            let _ = writeln!(out, "FAILED  {why}");
            return false;
        }
    };
    let mut failed = 0;
    for (index, (name, step)) in STEPS.iter().enumerate() {
        let begun = Instant::now();
        let result = step(&mut world);
        let millis = begun.elapsed().as_secs_f64() * 1_000.0;
        failed += u32::from(result.is_err());
        let _ = match result {
            Ok(()) => writeln!(out, "ok      {name}  {millis:.1} ms"),
            Err(Stop::Failed(why)) => writeln!(out, "FAILED  {name}: {why}  {millis:.1} ms"),
            Err(Stop::Missing(what)) => writeln!(out, "skipped {name}: it needs {what}"),
            // Nobody there at all: everything else would only say the same again.
            Err(Stop::NoAnswer(why)) if index == 0 => {
                let _ = writeln!(out, "FAILED  {} cannot be reached: {why}", target.url);
                return false;
            }
            Err(Stop::NoAnswer(why)) => writeln!(out, "FAILED  {name}: expected an answer, got: {why}  {millis:.1} ms"),
        };
    }
    let total = begun.elapsed().as_secs_f64();
    let _ = match failed {
        0 => writeln!(out, "all {} steps are ok  {total:.2} s", STEPS.len()),
        _ => writeln!(out, "{failed} of {} steps are not ok  {total:.2} s", STEPS.len()),
    };
    failed == 0
}

//! `POST /host/import`: many users and jobs, one on each line, each under the rules of its own call.
//!
//! The body is read line by line, so that memory is bounded by a group of lines and the answers. The answer is sent when
//! the body was read: most clients read nothing before they have sent all.

use crate::app::App;
use crate::caller::{Caller, Host};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request};
use jobline_chat::{Error, JobId, UserId};
use jobline_http::{DRAINED_BYTES, Failure, Lines, Next, Served, from_json, is_ndjson, refuse_encoded};
use jobline_identity::Credential;
use jobline_wire::limits::{BODY_BYTES, IMPORT_BYTES, IMPORT_LINES};
use jobline_wire::{Code, HostJobInput, HostUserInput, ImportLine, ImportStatus, ImportedLine, LineError};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Its path.
pub const PATH: &str = "/host/import";
/// How long an import may take. Lines that were not read by then are refused.
pub const IMPORT_WITHIN: Duration = Duration::from_secs(60);
/// How long the next part of the body may take to come.
const STALL_WITHIN: Duration = Duration::from_secs(10);
/// How many imports may run at a time: each may hold some megabytes.
pub const AT_ONCE: usize = 2;
/// How many lines are worked on together.
const GROUP: usize = 64;

/// One line, ready to be carried out.
#[derive(Debug)]
enum Entry {
    User(UserId, HostUserInput),
    Job(JobId, HostJobInput),
}

/// What a line is about: two lines about the same are carried out one after the other.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Subject {
    User(UserId),
    Job(JobId),
}

/// A numbered line, or why it is none.
type Numbered = (u32, Result<Entry, Failure>);

/// An import that runs.
struct Import<'a> {
    app: &'a App,
    lines: Lines,
    /// When it has to end.
    until_ms: u64,
    /// The number of the last line that was read.
    number: u32,
    /// A line that was read and has to wait for those before it.
    held: Option<Numbered>,
    answer: Vec<u8>,
}

/// `POST /host/import`
pub async fn import(app: App, running: Arc<Semaphore>, request: Request<Body>) -> Response {
    let mut response = match run(&app, &running, request).await {
        Ok(answer) => {
            let mut response = Response::new(Body::from(answer));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
            response
        }
        Err(failure) => failure.into_response(),
    };
    response.extensions_mut().insert(Served { procedure: "import", frequent: false });
    response
}

async fn run(app: &App, running: &Semaphore, request: Request<Body>) -> Result<Vec<u8>, Failure> {
    let (parts, body) = request.into_parts();
    Host::authenticate(app, Credential::from(&parts.headers)).await?;
    check(&parts.headers)?;
    let busy = || Failure::unavailable("two imports run already");
    let _permit = running.try_acquire().map_err(|_| busy())?;
    let until_ms = app.clock.now_ms() + u64::try_from(IMPORT_WITHIN.as_millis()).unwrap_or(u64::MAX);
    let lines = Lines::new(body, BODY_BYTES, IMPORT_BYTES);
    let mut import = Import { app, lines, until_ms, number: 0, held: None, answer: Vec::new() };
    import.run().await;
    if import.number == 0 {
        return Err(Failure::new(Code::InvalidRequest, "The body has no lines. Send one JSON object on each."));
    }
    Ok(import.answer)
}

/// What the headers say before the body is read.
fn check(headers: &HeaderMap) -> Result<(), Failure> {
    if !headers.get(CONTENT_TYPE).is_some_and(|kind| is_ndjson(kind.as_bytes())) {
        let detail = "Send lines of JSON, with Content-Type: application/x-ndjson.";
        return Err(Failure::new(Code::UnsupportedMediaType, detail));
    }
    refuse_encoded(headers)?;
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > IMPORT_BYTES) {
        let detail = format!("The body is larger than {IMPORT_BYTES} bytes. Send it in parts; nothing of it was done.");
        return Err(Failure::new(Code::PayloadTooLarge, detail));
    }
    Ok(())
}

impl Import<'_> {
    /// Reads groups of lines and carries them out, to the end of the body or to what ends the import before it.
    async fn run(&mut self) {
        loop {
            let (group, end) = self.group().await;
            let app = self.app;
            let mut outcomes = stream::iter(group).map(|line| carry_out(app, line)).buffered(GROUP);
            while let Some((number, outcome)) = outcomes.next().await {
                write(&mut self.answer, number, outcome);
            }
            drop(outcomes);
            match end {
                None => {}
                Some(Ok(())) => return,
                Some(Err(why)) => {
                    let may_still_send = why.problem.code == Code::PayloadTooLarge;
                    write(&mut self.answer, self.number, Err(why));
                    if may_still_send {
                        self.drain().await;
                    }
                    return;
                }
            }
        }
    }

    /// The next lines, each about something else. With them, whether that is all: because the body ended, or why
    /// reading stops at the last line.
    async fn group(&mut self) -> (Vec<Numbered>, Option<Result<(), Failure>>) {
        let (mut group, mut subjects) = (Vec::new(), HashSet::new());
        while group.len() < GROUP {
            let line = match self.held.take() {
                Some(held) => held,
                None => match self.line().await {
                    Ok(Some(line)) => line,
                    Ok(None) => return (group, Some(Ok(()))),
                    Err(why) => return (group, Some(Err(why))),
                },
            };
            if let Ok(entry) = &line.1
                && !subjects.insert(entry.subject())
            {
                self.held = Some(line);
                break;
            }
            group.push(line);
        }
        (group, None)
    }

    /// The next line that is not empty; `None` at the end.
    async fn line(&mut self) -> Result<Option<Numbered>, Failure> {
        loop {
            let next = self.next().await;
            if next == Some(Next::End) {
                return Ok(None);
            }
            self.number += 1;
            if self.number > IMPORT_LINES {
                return Err(too_many());
            }
            match next {
                Some(Next::Line(line)) if line.trim_ascii().is_empty() => {}
                Some(Next::Line(line)) => return Ok(Some((self.number, parse(&line)))),
                Some(Next::TooLong) => return Ok(Some((self.number, Err(too_long())))),
                Some(Next::TooLarge) => return Err(too_large()),
                Some(Next::Broken | Next::End) => return Err(broken()),
                None => return Err(too_slow()),
            }
        }
    }

    /// The next part of the body; `None` when it does not come in time.
    async fn next(&mut self) -> Option<Next> {
        let left = Duration::from_millis(self.until_ms.saturating_sub(self.app.clock.now_ms()));
        if left.is_zero() {
            return None;
        }
        tokio::select! {
            biased;
            next = self.lines.next() => Some(next),
            () = self.app.clock.sleep(STALL_WITHIN.min(left)) => None,
        }
    }

    /// Reads some more of the body, so that the client sees the answer.
    async fn drain(&mut self) {
        tokio::select! {
            biased;
            () = self.lines.drain(DRAINED_BYTES) => {}
            () = self.app.clock.sleep(Duration::from_secs(1)) => {}
        }
    }
}

impl Entry {
    fn subject(&self) -> Subject {
        match self {
            Self::User(id, _) => Subject::User(id.clone()),
            Self::Job(id, _) => Subject::Job(*id),
        }
    }
}

fn too_long() -> Failure {
    Failure::new(Code::PayloadTooLarge, format!("This line is longer than {BODY_BYTES} bytes."))
}

fn too_many() -> Failure {
    let detail = "An import has at most 10,000 lines. Send this line and those after it in another one.";
    Failure::new(Code::PayloadTooLarge, detail)
}

fn too_large() -> Failure {
    let detail =
        format!("The body is larger than {IMPORT_BYTES} bytes. Send this line and those after it in another one.");
    Failure::new(Code::PayloadTooLarge, detail)
}

fn broken() -> Failure {
    Failure::new(Code::InvalidRequest, "The body broke off. Send it again from this line on.")
}

fn too_slow() -> Failure {
    let detail = "This line did not come in time: within 10 seconds, and within a minute for all. Send it again from this \
                  line on.";
    Failure::new(Code::Unavailable, detail)
}

fn parse(line: &[u8]) -> Result<Entry, Failure> {
    let line: ImportLine = from_json(line).map_err(|failure| match failure.problem.field {
        Some(_) => failure,
        None => not_a_line(),
    })?;
    match (line.user, line.job) {
        (Some(user), None) => {
            let (id, input) = user.split();
            Ok(Entry::User(UserId::parse("id", &id)?, input))
        }
        (None, Some(job)) => {
            let (id, input) = job.split();
            Ok(Entry::Job(JobId::parse(id).map_err(|error| error.at("id"))?, input))
        }
        _ => Err(not_a_line()),
    }
}

fn not_a_line() -> Failure {
    let detail =
        r#"This line is no JSON object with either user or job, such as {"user": {"id": "anna", "name": "Anna"}}."#;
    Failure::new(Code::InvalidRequest, detail)
}

/// Does what the call for one user or one job does.
async fn carry_out(app: &App, (number, line): Numbered) -> (u32, Result<(), Failure>) {
    let outcome: Result<(), Error> = match line {
        Ok(Entry::User(id, input)) => app.chat.put_user(&id, input).await.map(drop),
        Ok(Entry::Job(id, input)) => app.chat.put_job(id, input).await.map(drop),
        Err(failure) => return (number, Err(failure)),
    };
    (number, outcome.map_err(Failure::from))
}

fn write(answer: &mut Vec<u8>, line: u32, outcome: Result<(), Failure>) {
    let answered = match outcome {
        Ok(()) => ImportedLine { line, status: Some(ImportStatus::Ok), error: None },
        Err(Failure { problem, .. }) => {
            let error = LineError { code: problem.code, field: problem.field, detail: problem.detail };
            ImportedLine { line, status: None, error: Some(error) }
        }
    };
    // The shapes of `wire` always serialise.
    answer.extend(serde_json::to_vec(&answered).unwrap_or_default());
    answer.push(b'\n');
}

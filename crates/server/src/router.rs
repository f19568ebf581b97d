//! The whole API on one page.
//!
//! Each row of the table is a procedure: its routes, the methods its path allows, its description in OpenAPI and its name
//! in metrics and logs all come from here. Another face of the same API is another loop over the same table.

use crate::api::{Procedure, host, messages, operations};
use crate::app::App;
use crate::http::{Failure, Readiness, Representation};
use crate::openapi;
use axum::Router;
use axum::routing::{MethodFilter, get, on};
use http::{HeaderMap, Method};
use jobline_wire::Code;
use std::sync::{Arc, OnceLock};

const SEND_FAILS: &[Code] = &[
    Code::ContentEmpty,
    Code::ContentTooLong,
    Code::FileTypeMismatch,
    Code::FileNotUploaded,
    Code::NotJobParticipant,
    Code::JobClosed,
    Code::NotFound,
    Code::ClientIdReused,
    Code::FileAlreadyUsed,
    Code::RateLimited,
];

/// The user API.
#[must_use]
pub fn user_api() -> Vec<Procedure> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    vec![
        Procedure::user("send", POST, "/messages/send", messages::send)
            .does("Sends a message. Repeated with the same `clientId` it answers the first message and stores nothing.")
            .fails(SEND_FAILS),
        Procedure::user("list", GET, "/messages/list", messages::list)
            .does("The newest messages of a conversation, older ones, or what changed since a cursor.")
            .fails(&[Code::InvalidCursor, Code::NotFound])
            .polled(),
        Procedure::user("getConversations", GET, "/messages/conversations", messages::conversations)
            .does("My conversations, or those that changed since a cursor.")
            .fails(&[Code::InvalidCursor])
            .polled(),
        Procedure::user("markAsRead", POST, "/messages/markAsRead", messages::mark_as_read)
            .does("Marks what I was sent in a conversation as read, up to a message.")
            .fails(&[Code::NotFound]),
        Procedure::user("uploadFile", POST, "/messages/uploadFile", messages::upload_file)
            .does("A URL that accepts exactly this file, for five minutes. Put the bytes there, then send the message.")
            .fails(&[Code::InvalidFile, Code::NotJobParticipant, Code::JobClosed, Code::NotFound, Code::FileTooLarge]),
        Procedure::user("sync", GET, "/messages/sync", messages::sync)
            .does("All that changed for me, in every conversation, since a cursor.")
            .fails(&[Code::InvalidCursor])
            .polled(),
    ]
}

/// The host API.
#[must_use]
pub fn host_api() -> Vec<Procedure> {
    const GET: Method = Method::GET;
    const PUT: Method = Method::PUT;
    const DELETE: Method = Method::DELETE;
    vec![
        Procedure::host("putUser", PUT, "/host/users/{userId}", host::put_user)
            .does("Creates or replaces a user's display data."),
        Procedure::host("getUser", GET, "/host/users/{userId}", host::get_user)
            .does("A user's display data.")
            .fails(&[Code::NotFound]),
        Procedure::host("deleteUser", DELETE, "/host/users/{userId}", host::delete_user)
            .does("Forgets a user's display data; messages stay."),
        Procedure::host("mintToken", Method::POST, "/host/users/{userId}/token", host::mint_token)
            .does("Mints a user token. Needs the JWT secret."),
        Procedure::host("putJob", PUT, "/host/jobs/{jobId}", host::put_job).does("Creates or replaces a job."),
        Procedure::host("getJob", GET, "/host/jobs/{jobId}", host::get_job).does("A job.").fails(&[Code::NotFound]),
        Procedure::host("deleteJob", DELETE, "/host/jobs/{jobId}", host::delete_job)
            .does("Forgets a job; conversations stay, and can be read."),
    ]
}

/// Every procedure.
#[must_use]
pub fn procedures() -> Vec<Procedure> {
    let mut all = user_api();
    all.extend(host_api());
    all
}

/// Every route of the server.
pub fn build(app: &App) -> Router {
    static DOCUMENT: OnceLock<Vec<Representation>> = OnceLock::new();
    let document = || DOCUMENT.get_or_init(|| Representation::all_of(openapi::text()));
    let mut router = Router::new();
    for procedure in procedures() {
        router = rest(router, procedure, app.clone());
    }
    let (ready, metered, readiness) = (app.clone(), app.clone(), Arc::new(Readiness::default()));
    router
        .route("/healthz", get(operations::healthz))
        .route("/readyz", get(move || operations::readyz(ready.clone(), Arc::clone(&readiness))))
        .route("/metrics", get(move |headers: HeaderMap| operations::metrics(metered.clone(), headers)))
        .route("/openapi.json", get(move |headers: HeaderMap| operations::openapi(document(), headers)))
        .merge(app.beside.clone())
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
}

/// Adds the REST route of a procedure; routes of one path add up.
fn rest(router: Router, procedure: Procedure, app: App) -> Router {
    let (path, filter) = (procedure.path, MethodFilter::try_from(procedure.method.clone()));
    // Every method of the table has a filter: only exotic ones do not, and they are not in it.
    let filter = filter.unwrap_or(MethodFilter::GET);
    let procedure = Arc::new(procedure);
    router.route(
        path,
        on(filter, move |request: axum::extract::Request| {
            let (procedure, app) = (Arc::clone(&procedure), app.clone());
            async move { procedure.rest(app, request).await }
        }),
    )
}

async fn not_found() -> Failure {
    Failure::new(Code::NotFound, "There is nothing at this path. GET /openapi.json lists what there is.")
}

async fn method_not_allowed() -> Failure {
    Failure::new(Code::MethodNotAllowed, "This path does not take this method. The Allow header lists those it takes.")
}

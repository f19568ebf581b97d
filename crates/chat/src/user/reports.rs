//! Reports: messages that a member reports to the host, with those around them at that time.

use super::limits::Limits;
use crate::{
    base::{
        attempts::Attempts,
        clock::nanoid,
        error::{Error, Result},
        id::{ConversationId, MessageId, UserId},
        rows::{self, LAYOUT},
        text,
        time::iso,
    },
    context::Context,
    conversation::{access, read, row::ConversationRow},
    keys,
    log::{history, view::LogView},
    messages::{render, row::ListedMessage},
    outbox::reported::ReportedRow,
};
use jobline_store::{Condition, Consistency, Outcome};
use jobline_wire::{ListReports, Message, Report, ReportInput, Reported, Reports, limits::REPORT_CONTEXT};
use serde::{Deserialize, Serialize};

/// What the ids of reports begin with.
const PREFIX: &str = "report_";

/// `REPORTS` / `<id>`. The messages are kept here for the host, whatever is deleted or expires afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ReportRow {
    v: u8,
    report: Report,
}

/// `REPORTS` / `LAST`: when the last report was made.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct LastReportRow {
    v: u8,
    at: u64,
}

/// Reports a conversation, or one of its messages, to the host.
///
/// # Errors
/// `invalid_request`, `content_too_long`, `not_found`, `rate_limited`, `unavailable`.
pub(crate) async fn report(cx: &Context, me: &UserId, input: ReportInput) -> Result<Reported> {
    let (id, member) = access::of_member(cx, me, &input.conversation_id).await?;
    text::line("reason", &input.reason)?;
    let comment = input.comment.map(text::comment).transpose()?;
    let row = read::one(cx, &id, Consistency::Strong).await?.viewed_by(member);
    let messages = around(cx, &id, &row, member, input.message_id.as_deref()).await?;
    let report = Report {
        id: String::new(),
        reporter_id: me.to_string(),
        conversation_id: input.conversation_id,
        message_id: input.message_id,
        reason: input.reason,
        comment,
        messages,
        created_at: String::new(),
    };
    Ok(Reported { report_id: store(cx, me, &id, row.log.change, report).await? })
}

/// Stores a report after all others, and answers its id. `change`: the last change of the conversation that it shows. It counts against the reports that a user may make in a minute.
///
/// Ids are in the order of the commits, whatever clocks say, so that a host which reads from a cursor on misses none.
async fn store(cx: &Context, me: &UserId, about: &ConversationId, change: u64, report: Report) -> Result<String> {
    let keys = [keys::limits(me), keys::last_report()];
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let found = cx.db.get_many(&keys, Consistency::Strong).await?;
        let last: LastReportRow = found[1].as_ref().map(rows::decode).transpose()?.unwrap_or_default();
        let at = cx.now().max(last.at + 1);
        let id = format!("{PREFIX}{at:014}_{}", nanoid(&*cx.random));
        let report = Report { id: id.clone(), created_at: iso(at), ..report.clone() };
        let reported = ReportedRow::new(&report, change, at);
        let commit = Limits::new(me, found[0].as_ref())?
            .take_report(cx.now(), cx.db.begin())?
            .put(keys::report(&id), Condition::Any, rows::encode(&ReportRow { v: LAYOUT, report }), None)
            .put(
                keys[1].clone(),
                rows::as_read(found[1].as_ref()),
                rows::encode(&LastReportRow { v: LAYOUT, at }),
                None,
            );
        match cx.db.commit(reported.put(cx, about, commit)).await? {
            Outcome::Committed => {
                cx.webhook.set();
                return Ok(id);
            }
            Outcome::Conflict(keys) => attempts.after_conflict(&keys).await?,
        }
    }
}

/// The messages around the reported one, or the last ones, as the reporter sees them, without URLs of files.
async fn around(
    cx: &Context,
    id: &ConversationId,
    row: &ConversationRow,
    member: usize,
    message_id: Option<&str>,
) -> Result<Vec<Message>> {
    let log = LogView { id, row, viewer: member, now: cx.now() };
    let no_such_message = || Error::not_found("message").at("messageId");
    let listed = match message_id {
        None => history::page(cx, log, u64::MAX, 2 * REPORT_CONTEXT).await?.0,
        Some(text) => {
            let wanted = MessageId::new(text).ok_or_else(no_such_message)?;
            let mut listed = history::page(cx, log, wanted.at_ms() + 1, REPORT_CONTEXT + 1).await?.0;
            if listed.last().is_none_or(|last| last.row.id != wanted.as_str()) {
                return Err(no_such_message());
            }
            listed.extend(history::after(cx, log, wanted.at_ms(), REPORT_CONTEXT).await?);
            listed
        }
    };
    let listed: Vec<ListedMessage> = listed;
    let messages = render::of_log(cx, log, row.watermarks(), listed).await?;
    Ok(messages.into_iter().map(|message| Message { file_url: None, ..message }).collect())
}

/// The reports, the oldest first.
///
/// # Errors
/// `invalid_request`, `unavailable`.
pub(crate) async fn list(cx: &Context, input: ListReports) -> Result<Reports> {
    let limit = text::limit(input.limit)?;
    let since = input.since.as_deref().map(|since| text::since(since, PREFIX, is_report_id)).transpose()?;
    let mut found = cx.db.range(keys::reports(since.as_deref(), limit + 1)).await?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let reports: Vec<Report> =
        found.iter().map(|(_, row)| Ok(rows::decode::<ReportRow>(row)?.report)).collect::<Result<_>>()?;
    let cursor = reports.last().map(|report| report.id.clone()).or(input.since);
    Ok(Reports { reports, has_more, cursor })
}

/// Deletes a report. No error when there is none.
///
/// # Errors
/// `not_found` for what cannot be the id of a report, `unavailable`.
pub(crate) async fn delete(cx: &Context, id: &str) -> Result<()> {
    if !is_report_id(id) {
        return Err(Error::not_found("report"));
    }
    cx.db.commit_unconditionally(cx.db.begin().delete(keys::report(id), Condition::Any)).await
}

fn is_report_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    text.starts_with(PREFIX) && text.len() <= 64 && text.bytes().all(plain)
}

//! A report that the host gets as an event: it changes nothing in the log, so it has its own row beside it.

use super::channel::Channel;
use crate::{
    base::{
        id::ConversationId,
        rows::{self, LAYOUT},
    },
    context::Context,
    keys,
};
use jobline_store::{CommitBuilder, Condition};
use jobline_wire::Report;
use serde::{Deserialize, Serialize};

/// `CONVERSATION#<id>` / `REPORTED#<change>#<report id>`: deleted once it was delivered to the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReportedRow {
    pub v: u8,
    /// The id of the report.
    pub id: String,
    /// The change of the log after which it was made, as the reporter saw it.
    pub change: u64,
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    pub reason: String,
    pub at: u64,
}

impl ReportedRow {
    /// That of `report`, which was made at `at`, after the change `change` of its conversation's log.
    pub fn new(report: &Report, change: u64, at: u64) -> Self {
        let (id, by) = (report.id.clone(), report.reporter_id.clone());
        Self { v: LAYOUT, id, change, by, message: report.message_id.clone(), reason: report.reason.clone(), at }
    }

    /// Adds it to the commit that stores the report, if the host gets events.
    pub fn put(&self, cx: &Context, conversation: &ConversationId, commit: CommitBuilder) -> CommitBuilder {
        if !cx.settings.outbox {
            return commit;
        }
        let key = keys::reported(conversation, self.change, &self.id);
        let commit = commit.put(key, Condition::Any, rows::encode(self), None);
        commit.put(keys::outbox(Channel::Webhook, conversation), Condition::Any, rows::encode(&LAYOUT), None)
    }
}

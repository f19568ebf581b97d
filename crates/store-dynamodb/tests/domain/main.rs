//! The domain's whole suite, on DynamoDB.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod crew_units;
mod engine;
mod head;

#[path = "../../../chat/tests/domain/changes.rs"]
mod changes;
#[path = "../../../chat/tests/domain/conversation.rs"]
mod conversation;
#[path = "../../../chat/tests/domain/crew_leavers.rs"]
mod crew_leavers;
#[path = "../../../chat/tests/domain/crews/mod.rs"]
mod crews;
#[path = "../../../chat/tests/domain/cursors.rs"]
mod cursors;
#[path = "../../../chat/tests/domain/everything.rs"]
mod everything;
#[path = "../../../chat/tests/domain/faults.rs"]
mod faults;
#[path = "../../../chat/tests/domain/files.rs"]
mod files;
#[path = "../../../chat/tests/domain/inbox/mod.rs"]
mod inbox;
#[path = "../../../chat/tests/domain/jobs.rs"]
mod jobs;
#[path = "../../../chat/tests/domain/live.rs"]
mod live;
#[path = "../../../chat/tests/domain/meanwhile.rs"]
mod meanwhile;
#[path = "../../../chat/tests/domain/presence.rs"]
mod presence;
#[path = "../../../chat/tests/domain/properties.rs"]
mod properties;
#[path = "../../../chat/tests/domain/restores.rs"]
mod restores;
#[path = "../../../chat/tests/domain/retention.rs"]
mod retention;
#[path = "../../../chat/tests/domain/round_trips.rs"]
mod round_trips;
#[path = "../../../chat/tests/domain/support/mod.rs"]
mod support;

//! Tests of the domain through its public interface. They run on the engine of [`engine`]: in memory here; the crates of
//! other engines include these files with an `engine` of their own.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod calls;
mod changes;
mod contention;
mod conversation;
mod crew_bounds;
mod crew_calls;
mod crew_costs;
mod crew_leavers;
mod crews;
mod cursors;
mod engine;
mod everything;
mod faults;
mod files;
mod inbox;
mod jobs;
mod live;
mod mail;
mod meanwhile;
mod moderation;
mod outbox;
mod presence;
mod properties;
mod push;
mod restores;
mod retention;
mod round_trips;
mod support;
mod tasks;
mod unread_notices;
mod voice;

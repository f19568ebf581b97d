//! Every procedure, called by unauthorised users: over REST, tRPC and live connections, of the binary itself.
//!
//! [`entries`] has a request for every procedure in the table of the API. A procedure without an entry fails
//! `every_procedure_of_the_table_is_in_this_suite`. `SECURITY.md` says what these tests protect.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

#[allow(dead_code, reason = "the tests of live connections, which share this file, use more of it")]
#[path = "../live/client.rs"]
mod client;
mod cursors;
mod entries;
mod files;
mod live;
mod members;
#[allow(dead_code, reason = "the tests of live connections, which share this file, use more of it")]
#[path = "../live/program.rs"]
mod program;
mod scene;
mod strangers;
mod tokens;

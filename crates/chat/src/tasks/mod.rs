//! Work that follows a commit and may take longer than the call that caused it.
//!
//! A task is a row written in the commit that causes it, so neither is without the other. Its sort key begins with the
//! time from which any server may run it. A server that runs a task moves the row into the future: the lease. If it
//! crashes, the lease ends and another server continues from the position in the row. So a task is run at least once,
//! and what it does must be harmless to repeat. Where one server at a time has the store, its start ends the leases.

pub(crate) mod row;
pub(crate) mod run;

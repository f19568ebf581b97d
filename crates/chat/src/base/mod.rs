//! What all other modules use: ids and errors, clock and randomness, rows and their store, cursors and their seal.

pub(crate) use jobline_base::{error, id, rate, text, time};
pub(crate) use jobline_rows::{attempts, clock, db, encoding as rows, memo, slot};

pub(crate) mod announcer;
pub(crate) mod author;
pub(crate) mod clock_row;
pub(crate) mod cursor;
pub(crate) mod flag;
pub(crate) mod once;
pub(crate) mod polling;
pub(crate) mod push_key;
pub(crate) mod retention;
pub(crate) mod retention_row;
pub(crate) mod secrets;
pub(crate) mod settings;

//! What every room stands on: ids and errors, clock and randomness, rows and their store, cursors and their seal.

pub(crate) use jobline_base::{error, id, rate, text, time};

pub(crate) mod announcer;
pub(crate) mod attempts;
pub(crate) mod author;
pub(crate) mod clock;
pub(crate) mod clock_row;
pub(crate) mod cursor;
pub(crate) mod db;
pub(crate) mod flag;
pub(crate) mod memo;
pub(crate) mod once;
pub(crate) mod polling;
pub(crate) mod push_key;
pub(crate) mod retention;
pub(crate) mod retention_row;
pub(crate) mod rows;
pub(crate) mod secrets;
pub(crate) mod settings;
pub(crate) mod slot;
pub(crate) mod turns;

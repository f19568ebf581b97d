//! What every room stands on: ids, errors, clock and randomness, rows and their encoding.

pub(crate) mod clock;
pub(crate) mod cursor;
pub(crate) mod error;
pub(crate) mod id;
pub(crate) mod memo;
pub(crate) mod rows;
pub(crate) mod secrets;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod turns;

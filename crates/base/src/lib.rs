//! The terms of the domain, which need no row and no clock: ids, errors, times, and which texts are accepted.

pub mod error;
pub mod id;
pub mod text;
pub mod time;

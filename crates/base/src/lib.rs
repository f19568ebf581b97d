//! The terms of the domain, which need no row and no clock: ids, errors, times, rates, and which texts are accepted.

pub mod error;
pub mod id;
pub mod rate;
pub mod text;
pub mod time;

//! The commands of the `jobline` binary beside serving: [`bench`], [`check`], and [`transfer`], which is export and import.
//!
//! None of them knows an engine: what they work on is handed to them.

pub mod bench;
pub mod check;
pub mod transfer;

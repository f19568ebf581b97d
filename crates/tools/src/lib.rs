//! The commands of the `jobline` binary other than serving: [`mod@bench`], [`check`], [`doctor`] and [`transfer`] (export and import).
//!
//! None of them knows an engine: the caller passes in engines and servers.

pub mod bench;
pub mod check;
pub mod doctor;
pub mod transfer;

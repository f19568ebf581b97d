//! The API: one table of procedures, and the faces that are made of it.
//!
//! [`table`] is the API on one page. A [`procedure::Procedure`] is a row of it; [`routes`] makes the REST face of the
//! rows, [`openapi`] their description. This crate knows no engine, no socket and no command line.

pub mod answer;
pub mod app;
pub mod caller;
pub mod cors;
pub mod handlers;
pub mod metrics;
pub mod openapi;
pub mod procedure;
pub mod readiness;
pub mod routes;
pub mod service;
pub mod table;
pub mod target;

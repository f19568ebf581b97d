//! The API: one table of procedures, and the faces that are made from it.
//!
//! [`table`] is the API on one page, [`procedure`] what a row of it is. Faces are loops over the table: [`rest`] and
//! [`trpc`] make routes of it, [`openapi`] the description. [`routes`] lists every route of a server; [`service`] is what happens
//! around each request. This crate knows no engine, no socket and no command line.

pub mod answer;
pub mod app;
pub mod caller;
pub mod cors;
pub mod handlers;
pub mod ice;
pub mod live;
pub mod metrics;
pub mod openapi;
pub mod procedure;
pub mod push;
pub mod readiness;
pub mod rest;
pub mod route;
pub mod routes;
pub mod service;
pub mod table;
pub mod target;
pub mod trpc;

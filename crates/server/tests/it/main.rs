//! The server from outside: over its real router and, where it matters, over sockets.
//!
//! [`support`] has the vocabulary: a [`support::TestApp`] is a whole server with a clock that only moves when a test
//! moves it, a `user` makes requests with a user token, a `host` with the host key.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod around;
mod attacks;
mod binary;
mod compression;
mod config;
mod crash;
mod crews;
mod crowded;
mod doctor;
mod faces;
mod flow;
mod identity;
mod imports;
mod input;
mod links;
mod mail;
mod mistakes;
mod openapi;
mod operations;
mod push;
mod sockets;
mod support;
mod tls;
mod trpc;
mod unread;
mod voice;
mod web;
mod webhooks;

//! The server: the domain of `jobline-chat` over HTTP, and the commands of the `jobline` binary.

pub mod api;
pub mod app;
pub mod bench;
pub mod check;
pub mod cli;
pub mod commands;
pub mod config;
pub mod counted;
pub mod demo;
pub mod engines;
pub mod files;
pub mod http;
pub mod identity;
#[cfg(feature = "aws")]
pub mod lambda;
pub mod load;
pub mod metrics;
pub mod openapi;
pub mod router;
pub mod serve;
pub mod start;
pub mod system;
pub mod tls;
pub mod transfer;
pub mod upkeep;
pub mod web;

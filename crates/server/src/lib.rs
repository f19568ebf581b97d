//! The program: where settings, engines, API and web app become a server, and the commands of the `jobline` binary.

mod bus;
pub mod cli;
pub mod commands;
pub mod config;
pub mod counted;
pub mod demo;
pub mod doctor;
pub mod engines;
#[cfg(feature = "aws")]
pub mod lambda;
pub mod linked;
pub mod load;
pub mod log;
pub mod mail;
pub mod measured;
pub mod push;
pub mod push_renewal;
mod senders;
pub mod serve;
pub mod start;
pub mod system;
pub mod tls;
pub mod turn_config;
mod unread_texts;
pub mod unsubscribe;
pub mod upkeep;
pub mod web;
mod webhook;

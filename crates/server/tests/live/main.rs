//! Live connections to the binary itself, over its sockets.
#![allow(clippy::unwrap_used, reason = "a test fails where something is not as it should be")]

mod bus;
mod calls;
mod client;
mod cuts;
mod frames;
mod handshake;
mod offers;
mod presence;
mod program;
mod proxy;
mod pushes;
mod typing;
mod waiting;

//! Live connections: they make the polls' news arrive sooner, and nothing else.
//!
//! A [`Session`] runs the very same `sync` that a client polls with, on the client's behalf, and pushes its answer. It
//! is woken by the [`Hub`], which is notified of every commit. There is no queue between the two: a session has one
//! flag that says "something moved", and at most one answer on its way. Whatever a connection loses, the next `sync`
//! from the client's own cursor brings.
//!
//! Why no wake-up is missed: a session is in the hub *before* it reads for the first time, and the flag is cleared *before*
//! each read. A commit is announced after it happened, so either the read sees it, or the flag is set again afterwards.
//!
//! Where no server stays to hold connections, a gateway does, and `gateway/` tells over it that there is something to poll.
//!
//! Start with `session.rs` (what a connection does), then `flow.rs` (when it reads and pushes) and `hub.rs` (who is woken).
//! [`serve()`] drives a session over a [`Socket`]. HTTP, the store and the clock come in through the ports in `ports.rs`.

mod action;
mod bus;
mod calling;
mod closing;
mod departures;
mod expiry;
mod flood;
mod flow;
mod frame;
mod gateway;
mod hub;
mod lookup;
mod ports;
mod serve;
mod session;
mod started;
mod typing;

pub use action::Action;
pub use bus::{Bus, Heads, Servers};
pub use closing::Closing;
pub use departures::tell_departures;
pub use frame::FRAME_BYTES;
pub use gateway::{Connections, Gateway, GatewayApi, MovedUsers, Posted};
pub use hub::{Departure, Full, Hub, Kind, Limits, News, Seen, Ticket};
pub use ports::{
    Answer, Audiences, CallParticipants, Feed, Incoming, Meter, NoMeter, Ports, PresencePeers, Refusal, Socket, Token,
    Tokens,
};
pub use serve::{refuse, serve};
pub use session::{Event, HEARTBEAT_MS, Session};

//! For the tests of the engine and of everything above it (feature `testing`).
//!
//! [`Emulator`] is a DynamoDB of one test's own. [`Proxy`] stands between the SDK and an emulator and does what emulators
//! never do: it throttles, conflicts, loses answers and cuts pages, as its seed decides, and refuses whom a test says.

mod emulator;
mod proxy;
mod wire;

/// For tests that talk to an emulator by themselves.
pub use aws_sdk_dynamodb as sdk;
pub use emulator::Emulator;
pub use proxy::{FaultRates, Proxy};
pub use wire::Refusal;

//! For the tests of the engine and of everything above it (feature `testing`).
//!
//! [`Emulator`] is a DynamoDB for one test. [`Proxy`] stands between the SDK and an emulator and does what emulators never
//! do: it throttles, conflicts, loses answers and shortens pages, as its seed decides, and refuses callers on request.

mod emulator;
mod proxy;
mod wire;

/// For tests that talk to an emulator directly.
pub use aws_sdk_dynamodb as sdk;
pub use emulator::Emulator;
pub use proxy::{FaultRates, Proxy};
pub use wire::Refusal;

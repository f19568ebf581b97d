//! The addresses of the bus between several servers.

use super::{ConfigError, Result};

#[cfg(feature = "nats")]
pub use jobline_bus_nats::Addresses;

/// This build has no bus, so there are no addresses.
#[cfg(not(feature = "nats"))]
#[derive(Debug, Clone)]
pub enum Addresses {}

/// The addresses in `text`.
///
/// # Errors
/// The setting, and what is accepted.
#[cfg(feature = "nats")]
pub(super) fn addresses(text: &str) -> Result<Addresses> {
    // It may hold a password, so it is not repeated.
    let matter = "is no address of NATS; accepted are URLs such as nats://127.0.0.1:4222, \
                  nats://user:password@host:4222 or tls://host:4222, several with commas between them";
    text.parse().map_err(|()| ConfigError::new("bus", matter))
}

/// Refuses the setting.
#[cfg(not(feature = "nats"))]
pub(super) fn addresses(_: &str) -> Result<Addresses> {
    let matter = "is set, but this build does not know NATS; build with --features nats";
    Err(ConfigError::new("bus", matter))
}

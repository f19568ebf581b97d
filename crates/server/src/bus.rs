//! The bus of a configuration, over which several servers on one table notify each other of changes.

use crate::config::{Config, ConfigError};
use jobline_chat::Secrets;
use jobline_live::{Bus, Hub, Limits};
use std::sync::Arc;

/// The bus that `config` names. It does not wait for the connection.
///
/// # Errors
/// The setting to look at.
#[cfg(feature = "nats")]
pub(crate) async fn connect(config: &Config, secrets: &Secrets) -> Result<Option<Arc<dyn Bus>>, ConfigError> {
    let Some(addresses) = config.bus.clone() else { return Ok(None) };
    let name: String = secrets.derive("name on the bus").iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let bus = jobline_bus_nats::NatsBus::connect(addresses, &name).await;
    let bus = bus.map_err(|error| ConfigError::new("bus", format_args!("cannot be used: {error}")))?;
    Ok(Some(Arc::new(bus)))
}

/// There is none in this build.
#[cfg(not(feature = "nats"))]
#[expect(clippy::unused_async, reason = "as with a bus")]
pub(crate) async fn connect(_: &Config, _: &Secrets) -> Result<Option<Arc<dyn Bus>>, ConfigError> {
    Ok(None)
}

/// The hub of this server, with room for so many connections that a tenth is left to polls.
pub(crate) fn hub(config: &Config, secrets: &Secrets) -> Hub {
    let in_all = config.max_connections - config.max_connections / 10;
    let limits = Limits { in_all, ..Limits::default() };
    match config.bus {
        Some(_) => Hub::among_servers(limits, secrets.derive("bus")),
        None => Hub::new(limits),
    }
}

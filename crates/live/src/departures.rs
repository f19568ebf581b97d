//! Notifying people that a user whom they saw online has gone offline.

use crate::{hub::Hub, ports::Ports};
use std::time::Duration;

/// How often it is checked who has gone offline.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Announces departures for as long as it is polled. Who may learn of a departure is read at that time: a job may have
/// been closed, and a user blocked, since they came.
pub async fn tell_departures(hub: &Hub, ports: &Ports) {
    loop {
        ports.clock.sleep(LOOK_EVERY).await;
        for departure in hub.departures(ports.clock.now_ms()) {
            // If it cannot be read, nobody learns of it.
            let presence_peers = ports.presence_peers.of(departure.user()).await.unwrap_or_default();
            hub.tell_departure(departure, &presence_peers);
        }
    }
}
